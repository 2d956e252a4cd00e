"""What becomes of a form of trigger in another tool, and how its firings then differ: computed from the records of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from transload.model.triggers import Trigger
from transload.triggering.conversions import Conversion, nothing
from transload.triggering.differences import difference
from transload.triggering.examples import FORMS, form_of
from transload.triggering.normal import normal
from transload.triggering.semantics import OPAQUE, Semantics
from transload.triggering.steps import Context

NOWHERE: Final = Context()


@dataclass(frozen=True)
class Equivalence:
    """What a form of trigger in `source` becomes in `target`.

    `written` names the form there in the target's words, None where there is none; `becomes` makes it. `difference` says in one
    sentence how the firings differ, and is empty where they are the same; `of_clock`: they do so only when the clock changes.
    """

    form: str
    source: str
    target: str
    written: str | None
    becomes: Conversion
    difference: str = ""
    of_clock: bool = False

    @property
    def exact(self) -> bool:
        """Whether the two fire at the same evaluations, each time equally often."""
        return not self.difference


def equivalence(trigger: Trigger, source: Semantics, target: Semantics, context: Context = NOWHERE) -> Equivalence:
    """What becomes of a trigger that `source` means, written to `target`: its sentence is what a loss says.

    A form that `source` itself does not have is told as code of one's own.
    """
    form = form_of(normal(trigger, source))
    return _equivalence(form if source.has(form) else OPAQUE, trigger, (source, target), context)


def _equivalence(form: str, trigger: Trigger, pair: tuple[Semantics, Semantics], context: Context) -> Equivalence:
    source, target = pair
    writing = target.forms.get(form)
    words, becomes = (writing.words, writing.becomes) if writing else (None, nothing)
    return Equivalence(form, source.tool, target.tool, words, becomes, *difference(form, pair, trigger, context))


def equivalences(tools: Iterable[Semantics]) -> tuple[Equivalence, ...]:
    """A row for the example of each form and each pair of tools of which the first has the form: forms as listed, tools as given."""
    pairs = [
        (source, target) for known in [list(tools)] for source in known for target in known if source is not target
    ]
    return tuple(
        _equivalence(name, form.example, pair, form.context)
        for name, form in FORMS.items()
        for pair in pairs
        if pair[0].has(name)
    )
