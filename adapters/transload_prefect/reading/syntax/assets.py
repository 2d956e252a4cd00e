"""Assets as tasks name them: a text, or an `Asset(…)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from transload.loss import Code
from transload.reading.values import Call, Place, Unknown
from transload_prefect.codecs.partitions import DEFINITIONS, MAPPINGS
from transload_prefect.reading.facts import AssetFact, Facts, RunFact
from transload_prefect.reading.syntax.arguments import CallKeywords
from transload_prefect.reading.syntax.call_forms import origin_of
from transload_prefect.reading.syntax.partitions import record_of
from transload_prefect.reading.syntax.symbols import short_name

_CLASSES: Final = ("Asset", "PartitionedAsset")
_PROPERTIES: Final = ("name", "url", "description", "owners")


class Assets:
    """Keys of the assets of a project; each `Asset(…)` becomes a fact once."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[int, str | None] = {}

    def keys(self, values: Iterable[Any], subject: str, place: Place) -> tuple[str, ...]:
        """The keys of several values; a value whose key is not known before run time is reported."""
        keys = []
        for value in values:
            key = self.key(value)
            if key is None:
                reason = f": {value.reason}" if isinstance(value, Unknown) else ""
                self._facts.add_loss(
                    subject,
                    "assets",
                    f"An asset of it is not known before run time{reason}.",
                    Code.UNRESOLVED,
                    origin_of(place),
                )
            else:
                keys.append(key)
        return tuple(keys)

    def key(self, value: Any) -> str | None:
        """The key of a text or an `Asset(…)`, which becomes a fact; None, for an `Asset(…)` reported, where it is not known."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Call):
            return None
        if short_name(value) == "mapped" and value.args:
            return self.key(value.args[0])
        if short_name(value) not in _CLASSES:
            return None
        if id(value) not in self._known:
            self._known[id(value)] = self._asset(value)
        return self._known[id(value)]

    def _asset(self, call: Call) -> str | None:
        key, origin = call.kwargs.get("key"), origin_of(call.place)
        if not isinstance(key, str):
            reason = f": {key.reason}" if isinstance(key, Unknown) else ""
            message = f"The key of an asset is not known before run time{reason}."
            self._facts.add_loss(f"asset at {call.place}", "key", message, Code.UNRESOLVED, origin)
            return None
        declared = call.kwargs.get("properties")
        symbolic = declared.kwargs if isinstance(declared, Call) else declared if isinstance(declared, dict) else {}
        arguments = CallKeywords(symbolic, f"asset {key}", origin, self._facts, ({}, frozenset(_PROPERTIES)), None)
        known = {name: arguments.plain(name, symbolic[name]) for name in _PROPERTIES if symbolic.get(name) is not None}
        properties = {name: value for name, value in known.items() if not isinstance(value, Unknown)}
        partitions = self.record(call.kwargs.get("partitions"), f"asset {key}", "partitions", call.place)
        if partitions is not None:
            properties["partitions"] = partitions
        self._facts.assets.append(AssetFact(key, properties, origin))
        return key

    def record(self, value: Any, subject: str, field: str, place: Place) -> Any:
        """The definition or mapping that a value makes; None, reported, where that is not known."""
        if value is None:
            return None
        kinds = MAPPINGS if field == "reads.mapping" else DEFINITIONS
        try:
            record = record_of(value)
            reason = "" if isinstance(record, kinds) else "it is something else"
        except ValueError as error:
            record, reason = None, "it is not valid" if isinstance(error, ValidationError) else str(error)
        if reason:
            self._facts.add_loss(subject, field, f"It cannot be read: {reason}.", Code.UNRESOLVED, origin_of(place))
        return None if reason else record

    def mappings(self, values: Iterable[Any], subject: str) -> dict[str, Any]:
        """The mappings by which partitions of several assets are read, by their keys."""
        mappings: dict[str, Any] = {}
        for value in values:
            key = self.key(value)
            if isinstance(value, Call) and short_name(value) == "mapped" and key is not None:
                mapping = value.kwargs.get("mapping", value.args[1] if len(value.args) > 1 else None)
                mappings.setdefault(key, self.record(mapping, subject, "reads.mapping", value.place))
        return {key: mapping for key, mapping in mappings.items() if mapping is not None}

    def run(self, call: Call, subject: str) -> RunFact | None:
        """The partitions of a flow, by its `PartitionedRun(…)`: those of a definition or an asset."""
        source = call.kwargs.get("partitions", call.args[0] if call.args else None)
        asset = source if isinstance(source, Call) and short_name(source) in _CLASSES else None
        definition = asset.kwargs.get("partitions") if asset else source
        partitions = self.record(definition, subject, "partitions", call.place)
        return None if partitions is None else RunFact(partitions, of_asset=asset is not None)


def as_list(value: Any) -> list[Any]:
    """One or several values as a list."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
