"""The arguments of `Definitions`, and later changes of definitions, as far as the syntax tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from transload.forms import Constant, Form
from transload.reading.values import Call, Function, Item, Operation, Value
from transload_dagster.codecs.keywords import POSITIONAL
from transload_dagster.reading.fields import described
from transload_dagster.reading.syntax.functions import form_of
from transload_dagster.reading.syntax.keys import ASSETS, EDITS, SPECS, KeyResolver
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

    def __init__(self, keys: KeyResolver) -> None:
        self._keys = keys
        self.listed: set[int] = set()
        """Ids of the values that stand in the arguments."""
        self.complete = True
        """True while all that stands there is understood."""

    def check(self, call: Call, form: Form) -> None:
        """Report the elements of a `Definitions` whose kind the syntax does not tell."""
        arguments = {**dict(zip(POSITIONAL[form.name], call.args, strict=False)), **call.kwargs}
        for field, names in _KINDS.items():
            for value in leaves(arguments.get(field)):
                self.listed.add(id(value))
                if isinstance(value, Call):
                    made = form_of(value)
                    stated = isinstance(made, Form) and (made.name in names or _is_loaded(made) or _is_edited(made))
                    self.complete = self.complete and stated
                if value is not None and not self._is_known(value, names):
                    self.complete = False
                    reason = getattr(value, "reason", None)
                    reason = reason or f"What this makes is not known: {described(form_of(value))}."
                    self._keys.lose("definitions", field, reason, getattr(value, "place", call.place))

    def _is_known(self, value: Value, names: Iterable[str]) -> bool:
        if isinstance(value, Function):
            decorators = [form_of(decorator) for decorator in value.decorators]
            makers = [decorator.name for decorator in decorators if isinstance(decorator, (Form, Constant))]
            return any(name in names or made_by(name) is not None for name in makers)
        # An item that is taken out of a call's result is as well known as the call.
        whole = value
        while isinstance(whole, Item):
            whole = whole.of
        form = form_of(whole)
        if not isinstance(form, Form) or applied(value) is not None:
            return False
        return form.name in names or self.made_by(form) is not None or _is_loaded(form) or _is_edited(form)

    def made_by(self, form: Form) -> str | None:
        """The name of the function, or of the method of definitions, that makes or changes them so that only running it tells which."""
        if not form.name.startswith("."):
            return made_by(form.name)
        return form.name[1:] if form.args and not _is_edited(form) and self._is_definition(form.args[0]) else None

    def _is_definition(self, value: Any) -> bool:
        """True for definitions, and for an asset that a function computes."""
        if isinstance(value, Function):
            return self._keys.decorator(value, {*ASSETS, "dagster.graph"}) is not None
        if not isinstance(value, Form):
            return False
        if value.name in (*SPECS, _DEFINITIONS, f"{_DEFINITIONS}.merge"):
            return True
        # A method of definitions gives definitions.
        subject = value.args[0] if value.name.startswith(".") and value.args else None
        return subject is not None and self._is_definition(subject)


def applied(value: Value) -> str | None:
    """The decorator that is called as a function, if a value is what that gives: `asset(f)` and `asset(name="a")(f)`."""
    called = value.func if isinstance(value, Call) and isinstance(value.func, Call) else value
    form = form_of(called)
    return form.name.removeprefix("dagster.") if isinstance(form, Form) and form.name in _DECORATORS else None


def _is_loaded(form: Form) -> bool:
    return form.name.removeprefix("dagster.") in LOADING


def _is_edited(form: Form) -> bool:
    """True for a spec that was edited in ways that a reader knows."""
    unedited: Any = form
    while isinstance(unedited, Form) and unedited.name in EDITS and unedited.args:
        unedited = unedited.args[0]
    return unedited is not form and isinstance(unedited, Form) and unedited.name in SPECS
