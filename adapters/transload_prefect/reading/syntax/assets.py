"""Assets as tasks name them: a text, or an `Asset(…)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import ValidationError

from transload.loss import Code
from transload.reading.values import Call, Place, Unknown
from transload_prefect.codecs.partitions import DEFINITIONS, MAPPINGS
from transload_prefect.reading.facts import AssetFact, Facts, RunFact
from transload_prefect.reading.syntax.arguments import Sayings
from transload_prefect.reading.syntax.call_forms import origin_of
from transload_prefect.reading.syntax.partitions import record_of
from transload_prefect.reading.syntax.symbols import short_name

_CLASSES: Final = ("Asset", "PartitionedAsset")
_PROPERTIES: Final = ("name", "url", "description", "owners")


class Assets:
    """Keys of the assets of a project; each `Asset(…)` is taken in once."""

    def __init__(self, found: Facts) -> None:
        self._found = found
        self._known: dict[int, str | None] = {}

    def keys(self, values: Iterable[Any], subject: str, place: Place) -> tuple[str, ...]:
        """Those of several values; what has none before run time is reported."""
        keys = []
        for value in values:
            key = self.key(value)
            if key is None:
                reason = f": {value.reason}" if isinstance(value, Unknown) else ""
                self._found.lost(
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
        """The key of a text or an `Asset(…)`, which is taken in."""
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
            self._found.lost(f"asset at {call.place}", "key", message, Code.UNRESOLVED, origin)
            return None
        said = call.kwargs.get("properties")
        properties = said.kwargs if isinstance(said, Call) else said if isinstance(said, dict) else {}
        sayings = Sayings(properties, f"asset {key}", origin, self._found, ({}, frozenset(_PROPERTIES)), None)
        known = {
            name: sayings.plain(name, properties[name]) for name in _PROPERTIES if properties.get(name) is not None
        }
        properties = {name: value for name, value in known.items() if not isinstance(value, Unknown)}
        partitions = self.record(call.kwargs.get("partitions"), f"asset {key}", "partitions", call.place)
        if partitions is not None:
            properties["partitions"] = partitions
        self._found.assets.append(AssetFact(key, properties, origin))
        return key

    def record(self, value: Any, subject: str, field: str, place: Place) -> Any:
        """The definition or mapping that a value makes; None, reported, where that is not known."""
        if value is None:
            return None
        kinds = MAPPINGS if field == "reads.mapping" else DEFINITIONS
        try:
            found = record_of(value)
            reason = "" if isinstance(found, kinds) else "it is something else"
        except ValueError as error:
            found, reason = None, "it is not valid" if isinstance(error, ValidationError) else str(error)
        if reason:
            self._found.lost(subject, field, f"It cannot be read: {reason}.", Code.UNRESOLVED, origin_of(place))
        return None if reason else found

    def mappings(self, values: Iterable[Any], subject: str) -> dict[str, Any]:
        """The mappings by which partitions of several assets are read, by their keys."""
        found: dict[str, Any] = {}
        for value in values:
            key = self.key(value)
            if isinstance(value, Call) and short_name(value) == "mapped" and key is not None:
                said = value.kwargs.get("mapping", value.args[1] if len(value.args) > 1 else None)
                found.setdefault(key, self.record(said, subject, "reads.mapping", value.place))
        return {key: mapping for key, mapping in found.items() if mapping is not None}

    def run(self, call: Call, subject: str) -> RunFact | None:
        """What a `PartitionedRun(…)` says of its flow."""
        given = call.kwargs.get("partitions", call.args[0] if call.args else None)
        asset = given if isinstance(given, Call) and short_name(given) in _CLASSES else None
        partitions = self.record(asset.kwargs.get("partitions") if asset else given, subject, "partitions", call.place)
        return None if partitions is None else RunFact(partitions, of_asset=asset is not None)


def listed(value: Any) -> list[Any]:
    """One or several values as several."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
