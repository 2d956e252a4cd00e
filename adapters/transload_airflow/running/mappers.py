"""Partition mappers for DAGs, where Airflow's own have no words: offsets, sliding windows, tables, several dimensions.

Between a definition of the upstream keys and one of the downstream keys, Airflow asks these what transload's partition algebra answers.
Registered by `transload_airflow.running.plugin` wherever transload is installed beside Airflow 3.3 or later. Imports airflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, ClassVar, Final

from airflow.partition_mappers.base import PartitionMapper
from airflow.partition_mappers.wait_policy import MinimumCount, WaitForAll
from pydantic import JsonValue, TypeAdapter

from transload.forms import Form
from transload.model import partitions as model
from transload.partitioning import Known, Sides, downstream, exists, parse, upstream, window
from transload.partitioning.definitions import dimensions, split
from transload.partitioning.mappings import ITSELF
from transload_airflow.codecs import own_mappings

_MAPPING: Final[TypeAdapter[Any]] = TypeAdapter(model.PartitionMapping)
_DEFINITION: Final[TypeAdapter[Any]] = TypeAdapter(model.Partitions)

_EVER: Final = datetime(9000, 1, 1, tzinfo=timezone.utc)
"""By then every window has closed: a run waits for windows that are still to come, so that none may be missed for being early."""

_FIRST: Final = "1970-01-01T00:00:00"
"""The start of time windows that state none."""


@dataclass(frozen=True)
class _Definitions:
    """Both definitions, with starts."""

    upstream: model.Partitions
    downstream: model.Partitions

    def at(self, now: datetime) -> Sides:
        """The definitions at a time, which decides which windows there are."""
        return Sides(self.upstream, self.downstream, Known(now))


class PartitionsMapper(PartitionMapper):
    """A mapping between two definitions: a run of a downstream key waits for all upstream keys that it reads.

    `mapping` is one of `transload.model.partitions`, such as `StaticMapping(table={"de": ("emea",), "fr": ("emea",)})`; `wait_policy` one
    of Airflow's, WaitForAll() unless given. Raises `ValueError` where the keys cannot be computed, such as all keys of a definition
    without an end.
    """

    is_rollup: ClassVar[bool] = True

    def __init__(  # noqa: PLR0913 - the arguments of a mapper
        self,
        mapping: model.PartitionMapping,
        *,
        upstream: model.Partitions,
        downstream: model.Partitions,
        wait_policy: Any = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        super().__init__(max_downstream_keys=max_downstream_keys)
        reason = own_mappings.refusal(mapping, Sides(upstream, downstream))
        if reason is not None:
            raise ValueError(reason)
        self.mapping, self.upstream, self.downstream = mapping, upstream, downstream
        self.wait = model.WaitPolicy(minimum=getattr(wait_policy, "n", None))
        self._definitions = _Definitions(_started(upstream), _started(downstream))

    @property
    def wait_policy(self) -> WaitForAll | MinimumCount:
        """Airflow's policy, which the scheduler asks."""
        return WaitForAll() if self.wait.minimum is None else MinimumCount(self.wait.minimum)

    @property
    def _sides(self) -> Sides:
        """The definitions now, where the mapping depends on which key is the newest, else at the end of all times."""
        newest = isinstance(self.mapping, model.LastMapping)
        return self._definitions.at(datetime.now(timezone.utc) if newest else _EVER)

    def to_downstream(self, key: str) -> list[str]:
        """The downstream keys that an upstream key feeds.

        Raises `ValueError` for a text that is no key of the upstream definition, which Airflow puts into its audit log.
        """
        if not exists(self._definitions.upstream, key, Known(_EVER)):
            raise ValueError(f"{key!r} is no key of the upstream partitions.")
        return list(downstream(self.mapping, key, self._sides))

    def to_upstream(self, downstream_key: str) -> frozenset[str]:
        """The upstream keys that a run of this key waits for: also those that should be there and never are."""
        sources = upstream(self.mapping, downstream_key, self._sides)
        return frozenset((*sources.keys, *sources.missing))

    def to_partition_date(self, downstream_key: str) -> datetime | None:
        """The start of the key's window, of its only dimension of time if it has several; None for a key of no window."""
        definition = self._definitions.downstream
        segments = [(definition, downstream_key)]
        if isinstance(definition, model.MultiPartitions):
            parts = split(definition, downstream_key, Known(_EVER))
            segments = [(inner, part) for (_, inner), part in zip(dimensions(definition), parts, strict=True)]
        times = [(inner, part) for inner, part in segments if isinstance(inner, model.TimePartitions)]
        if len(times) != 1:
            return None
        inner, text = times[0]
        return window(inner, str(parse(inner, text)))[0]

    def as_form(self) -> Form:
        """The call that makes this mapper, as both readers of DAGs see it."""
        mapping = model.RollupMapping(
            upstream=self.mapping, window=ITSELF, wait=self.wait, limit=self.max_downstream_keys
        )
        form = own_mappings.to_form(mapping, Sides(self.upstream, self.downstream))
        if form is None:
            raise ValueError(f"{self.mapping!r} became one that cannot be computed.")
        return form

    def serialize(self) -> dict[str, Any]:
        """The JSON that Airflow stores."""
        definitions = {"upstream": _dumped(self.upstream), "downstream": _dumped(self.downstream)}
        waiting = {} if self.wait.minimum is None else {"minimum": self.wait.minimum}
        return {"mapping": _dumped(self.mapping), **definitions, **waiting, **super().serialize()}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PartitionMapper:
        """The mapper that `serialize` stored."""
        return cls(_MAPPING.validate_python(data["mapping"]), **_restored(data))


class TimeWindowMapper(PartitionsMapper):
    """The upstream windows that overlap a downstream one, widened by offsets that count downstream windows.

    With `start_offset=-1`, a day waits for itself and the day before; with `start_offset=-6` over daily partitions of both sides it is
    a window of seven days that slides. `allow_missing`: do not wait for windows before the upstream's start or after its end.
    """

    def __init__(  # noqa: PLR0913 - the arguments of a mapper
        self,
        *,
        upstream: model.TimePartitions,
        downstream: model.TimePartitions,
        start_offset: int = 0,
        end_offset: int = 0,
        allow_missing: bool = False,
        wait_policy: Any = None,
        max_downstream_keys: int | None = None,
    ) -> None:
        mapping = model.TimeMapping(start_offset=start_offset, end_offset=end_offset, allow_missing=allow_missing)
        super().__init__(
            mapping,
            upstream=upstream,
            downstream=downstream,
            wait_policy=wait_policy,
            max_downstream_keys=max_downstream_keys,
        )

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> PartitionMapper:
        """The mapper that `serialize` stored."""
        offsets = {name: value for name, value in data["mapping"].items() if name != "kind"}
        return cls(**offsets, **_restored(data))


def _dumped(record: Any) -> JsonValue:
    dumped: JsonValue = record.model_dump(mode="json", exclude_defaults=True)
    return dumped


def _restored(data: dict[str, Any]) -> dict[str, Any]:
    minimum = data.get("minimum")
    return {
        "upstream": _DEFINITION.validate_python(data["upstream"]),
        "downstream": _DEFINITION.validate_python(data["downstream"]),
        "wait_policy": None if minimum is None else MinimumCount(minimum),
        "max_downstream_keys": data.get("max_downstream_keys"),
    }


def _started(definition: model.Partitions) -> model.Partitions:
    """With a start for time windows that state none, which the algebra wants."""
    if isinstance(definition, model.MultiPartitions):
        inner = {name: _started(dimension) for name, dimension in definition.dimensions.items()}
        return definition.model_copy(update={"dimensions": inner})
    if isinstance(definition, model.TimePartitions) and definition.start is None:
        return definition.model_copy(update={"start": _FIRST})
    return definition
