"""Partition definitions that assets share, as constants of a module, as a person would write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from transload.forms import Constant, Form
from transload.model.partitions import DynamicPartitions, Partitions
from transload.writing.names import identifier
from transload_dagster.codecs import partitions
from transload_dagster.writing.outline import Outline


class Constants:
    """The partition definitions of a project, each once, by the name of its constant in `module`."""

    def __init__(self, outline: Outline, module: str) -> None:
        # Forms hold lists and cannot be hashed: their text stands for them.
        definitions = {
            repr(partitions.definition(asset.partitions)): asset.partitions
            for asset in outline.graph.assets
            if asset.partitions is not None
        }
        self._module = module
        self._names = _numbered({key: identifier(_wish(definition)) for key, definition in definitions.items()})
        self.forms: Mapping[str, Form] = {
            self._names[key]: partitions.definition(definition) for key, definition in definitions.items()
        }

    def put(self, form: Form) -> Form:
        """The form with constants for partition definitions."""
        if not self.forms:
            return form
        kwargs = dict(form.kwargs)
        if "partitions_def" in kwargs:
            kwargs["partitions_def"] = Constant(f"{self._module}.{self._names[repr(kwargs['partitions_def'])]}")
        if "specs" in kwargs:
            kwargs["specs"] = [self.put(spec) for spec in kwargs["specs"]]
        return Form(form.name, form.args, kwargs)


_WORDS: Final = {"Hourly": "hourly", "Daily": "daily", "Weekly": "weekly", "Monthly": "monthly", "TimeWindow": "window"}


def _wish(definition: Partitions) -> str:
    """`daily_partitions`, `static_partitions`; a dynamic definition brings its own name."""
    if isinstance(definition, DynamicPartitions):
        return f"{definition.name}_partitions"
    kind = partitions.definition(definition).name.removeprefix("dagster.").removesuffix("PartitionsDefinition")
    return f"{_WORDS.get(kind, kind.lower())}_partitions"


def _numbered(wishes: Mapping[str, str]) -> dict[str, str]:
    """The name for each key: equal wishes are numbered, in the order of the graph."""
    names: dict[str, str] = {}
    for key, wish in wishes.items():
        free, number = wish, 2
        while free in names.values():
            free, number = f"{wish}_{number}", number + 1
        names[key] = free
    return names
