"""What stands in the arguments of `Definitions`, and what changes definitions afterwards, as far as the syntax tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from transload.forms import Constant, Form
from transload.reading.values import Call, Function, Item, Operation, Value
from transload_dagster.codecs.keywords import POSITIONAL
from transload_dagster.reading.fields import described
from transload_dagster.reading.syntax.functions import form_of
from transload_dagster.reading.syntax.keys import ASSETS, EDITS, SPECS, Keying
from transload_dagster.reading.syntax.vocabulary import LOADING, made_by

_DEFINITIONS: Final = "dagster.Definitions"
_FUNCTIONS: Final = ("dagster.define_asset_job", "dagster.build_schedule_from_partitioned_job")
_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "assets": frozenset({*ASSETS, *SPECS}),
    "asset_checks": frozenset({"dagster.asset_check", "dagster.multi_asset_check"}),
    "jobs": frozenset({"dagster.define_asset_job", "dagster.job"}),
    "schedules": frozenset({"dagster.schedule", "dagster.ScheduleDefinition", "dagster.build_schedule_from_partitioned_job"}),
    "sensors": frozenset({
        "dagster.sensor", "dagster.asset_sensor", "dagster.multi_asset_sensor", "dagster.run_status_sensor",
        "dagster.run_failure_sensor", "dagster.AutomationConditionSensorDefinition",
    }),
}  # fmt: skip
"""Argument of `Definitions` → what its elements are decorated or made with, if a reader knows what they are."""

_DECORATORS: Final = frozenset(
    name for names in _KINDS.values() for name in names if name.rpartition(".")[2].islower() and name not in _FUNCTIONS
)


def leaves(value: Any) -> Iterator[Value]:
    """The elements of a list, of lists in it, and of lists that are added up."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, (list, tuple)):
            pending.extend(reversed(item))
        elif isinstance(item, Operation) and item.operator == "+":
            pending.extend(reversed(item.operands))
        else:
            yield item


class Listing:
    """Reports elements that are not understood."""

    def __init__(self, keying: Keying) -> None:
        self._keying = keying
        self.listed: set[int] = set()
        """Ids of the values that stand in the arguments."""
        self.complete = True
        """Whether all that stands there is understood."""

    def check(self, call: Call, form: Form) -> None:
        """Report the elements of a `Definitions` of which the syntax does not tell what they are."""
        given = {**dict(zip(POSITIONAL[form.name], call.args, strict=False)), **call.kwargs}
        for field, names in _KINDS.items():
            for value in leaves(given.get(field)):
                self.listed.add(id(value))
                made = isinstance(value, Call) and not _is_loaded_by(value) and not _is_stated(value, names)
                self.complete = self.complete and not made
                if value is not None and not self._is_known(value, names):
                    self.complete = False
                    why = (
                        getattr(value, "reason", None) or f"What this makes is not known: {described(form_of(value))}."
                    )
                    self._keying.lose("definitions", field, why, getattr(value, "place", call.place))

    def _is_known(self, value: Value, names: Iterable[str]) -> bool:
        if isinstance(value, Function):
            decorators = [form_of(each) for each in value.decorators]
            made = [each.name for each in decorators if isinstance(each, (Form, Constant))]
            return any(name in names or made_by(name) is not None for name in made)
        form = form_of(_unpacked(value))
        if not isinstance(form, Form) or applied(value) is not None:
            return False
        return form.name in names or self.made_by(form) is not None or _is_loaded(form) or _is_edited(form)

    def made_by(self, form: Form) -> str | None:
        """What makes or changes definitions so that only running it tells which: the name of a function, or of a method of them."""
        if not form.name.startswith("."):
            return made_by(form.name)
        return form.name[1:] if form.args and not _is_edited(form) and self._is_definition(form.args[0]) else None

    def _is_definition(self, value: Any) -> bool:
        """Whether a value is definitions, or an asset that a function computes."""
        if isinstance(value, Function):
            return self._keying.decorator(value, {*ASSETS, "dagster.graph"}) is not None
        if not isinstance(value, Form):
            return False
        held = value.args[0] if value.name.startswith(".") and value.args else None
        return value.name in (*SPECS, _DEFINITIONS, f"{_DEFINITIONS}.merge") or (
            held is not None and self._is_definition(held)
        )


def applied(value: Value) -> str | None:
    """The decorator that is called as a function, if a value is what that gives: `asset(f)` and `asset(name="a")(f)`."""
    called = value.func if isinstance(value, Call) and isinstance(value.func, Call) else value
    form = form_of(called)
    return form.name.removeprefix("dagster.") if isinstance(form, Form) and form.name in _DECORATORS else None


def _unpacked(value: Value) -> Value:
    """What a value was taken out of."""
    while isinstance(value, Item):
        value = value.of
    return value


def _is_loaded_by(value: Call) -> bool:
    form = form_of(value)
    return isinstance(form, Form) and _is_loaded(form)


def _is_stated(value: Call, names: Iterable[str]) -> bool:
    """Whether a call tells all by itself."""
    form = form_of(value)
    return isinstance(form, Form) and (form.name in names or _is_edited(form))


def _is_loaded(form: Form) -> bool:
    return form.name.removeprefix("dagster.") in LOADING


def _is_edited(form: Form) -> bool:
    """Whether it is a spec that was edited in ways that a reader knows."""
    held: Any = form
    while isinstance(held, Form) and held.name in EDITS and held.args:
        held = held.args[0]
    return held is not form and isinstance(held, Form) and held.name in SPECS
