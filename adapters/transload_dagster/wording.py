"""How a person would write the forms: keys as plain text, and shared partition definitions as constants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from transload.forms import Constant, Form
from transload.model.partitions import DynamicPartitions, Partitions
from transload.writing.constants import WRITERS
from transload.writing.names import identifier
from transload_dagster import partitions
from transload_dagster.outline import Outline

_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_.-]+")

_TAKE_TEXT: Final = frozenset(
    {
        "dagster.AssetSpec",
        "dagster.AssetDep",
        "dagster.AssetIn",
        "dagster.asset_check",
        "dagster.asset",
        "dagster.AssetSelection.assets",
    }
)
"""What takes the text of a key of one part for the key."""


def shortened(value: Form) -> Form:
    """The form with keys of one part as text, where Dagster takes them so."""
    args = tuple([_shortened(argument, value.name) for argument in value.args])
    return Form(value.name, args, {key: _shortened(argument, value.name) for key, argument in value.kwargs.items()})


def _shortened(value: Any, within: str) -> Any:
    if type(value) in WRITERS:
        return value
    if isinstance(value, Form):
        return (_text(value) if within in _TAKE_TEXT else None) or shortened(value)
    if isinstance(value, list):
        return [_shortened(item, within) for item in value]
    return {key: _shortened(item, "") for key, item in value.items()} if isinstance(value, dict) else value


def _text(value: Form) -> str | None:
    if value.name != "dagster.AssetKey" or len(value.args[0]) != 1:
        return None
    (part,) = value.args[0]
    return part if _PLAIN_KEY.fullmatch(part) else None


class Constants:
    """The partition definitions of a project, each once, by the name of its constant in `module`."""

    def __init__(self, found: Outline, module: str) -> None:
        definitions = {repr(partitions.definition(each)): each for each in _definitions(found)}
        self._module = module
        self._names = _numbered({key: identifier(_wish(each)) for key, each in definitions.items()})
        self.forms: Mapping[str, Form] = {
            self._names[key]: partitions.definition(each) for key, each in definitions.items()
        }

    def put(self, form: Form) -> Form:
        """The form with constants for partition definitions."""
        kwargs = dict(form.kwargs)
        if "partitions_def" in kwargs:
            kwargs["partitions_def"] = Constant(f"{self._module}.{self._names[repr(kwargs['partitions_def'])]}")
        if "specs" in kwargs:
            kwargs["specs"] = [self.put(spec) for spec in kwargs["specs"]]
        return Form(form.name, form.args, kwargs)


def _definitions(found: Outline) -> list[Partitions]:
    return [asset.partitions for asset in found.graph.assets if asset.partitions is not None]


_WORDS: Final = {"Hourly": "hourly", "Daily": "daily", "Weekly": "weekly", "Monthly": "monthly", "TimeWindow": "window"}


def _wish(definition: Partitions) -> str:
    """`daily_partitions`, `static_partitions`; a dynamic definition brings its own name."""
    if isinstance(definition, DynamicPartitions):
        return f"{definition.name}_partitions"
    kind = partitions.definition(definition).name.removeprefix("dagster.").removesuffix("PartitionsDefinition")
    return f"{_WORDS.get(kind, kind.lower())}_partitions"


def _numbered(wishes: Mapping[str, str]) -> dict[str, str]:
    """Equal wishes are numbered in the order of the graph."""
    names: dict[str, str] = {}
    for key, wish in wishes.items():
        free, number = wish, 2
        while free in names.values():
            free, number = f"{wish}_{number}", number + 1
        names[key] = free
    return names
