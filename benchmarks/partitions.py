"""Keys and mappings of 100,000 partitions, over the same through Dagster's own classes; needs Dagster.

python benchmarks/partitions.py
"""

from __future__ import annotations

import tracemalloc
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timezone

from dagster import TimeWindowPartitionMapping, TimeWindowPartitionsDefinition
from measure import seconds, show

from transload.model.partitions import TimeMapping, TimePartitions
from transload.partitioning import Known, Sides, downstream, spelled, upstream

NUMBER = 100_000
MAPPED = 5_000
"""As many keys, evenly spread over all, are mapped one by one: Dagster needs minutes for all of them."""

START = "2014-01-01T00:00:00"
ZONE = "America/New_York"
NOW = datetime(2025, 6, 1, tzinfo=timezone.utc)
HOURLY = TimePartitions(cron="0 * * * *", start=START, timezone=ZONE, format="%Y-%m-%d-%H:%M")
QUARTERLY = HOURLY.model_copy(update={"cron": "*/15 * * * *", "start": "2022-07-20T00:00:00"})
DAILY = HOURLY.model_copy(update={"cron": "0 0 * * *", "format": "%Y-%m-%d"})


def theirs(definition: TimePartitions) -> TimeWindowPartitionsDefinition:
    """Dagster's object of a definition."""
    return TimeWindowPartitionsDefinition(
        start=datetime.fromisoformat(definition.start or START),
        fmt=definition.format,
        timezone=definition.timezone,
        cron_schedule=definition.cron,
    )


def exhaust(values: Iterable[object]) -> None:
    """Make all values and keep none."""
    deque(values, maxlen=0)


def compare_keys(definition: TimePartitions) -> None:
    """All keys, spelled."""
    judge = theirs(definition)
    ours = seconds(lambda: exhaust(spelled(definition, known=Known(NOW))))
    floor = seconds(lambda: judge.get_partition_keys(current_time=NOW))
    number = len(judge.get_partition_keys(current_time=NOW))
    show(f"{number} keys of {definition.cron}", ours, floor, 0.5)


def compare_mappings(up: TimePartitions, down: TimePartitions) -> None:
    """Keys of one side to those of the other, one by one, both ways."""
    sides, mapping, judge = (
        Sides(up, down, Known(NOW)),
        TimeMapping(start_offset=-1),
        TimeWindowPartitionMapping(start_offset=-1),
    )
    their_up, their_down = theirs(up), theirs(down)
    ups, downs = spread(up), spread(down)

    def their_upstream() -> None:
        for key in downs:
            subset = their_down.empty_subset().with_partition_keys([key])
            found = judge.get_upstream_mapped_partitions_result_for_partitions(
                subset, their_down, their_up, current_time=NOW
            )
            exhaust(found.partitions_subset.get_partition_keys())

    def their_downstream() -> None:
        for key in ups:
            subset = their_up.empty_subset().with_partition_keys([key])
            found = judge.get_downstream_partitions_for_partitions(subset, their_up, their_down, current_time=NOW)
            exhaust(found.get_partition_keys())

    label = f"{up.cron} -> {down.cron}"
    ours = seconds(lambda: exhaust(upstream(mapping, key, sides) for key in downs), 3)
    show(f"{len(downs)} keys to upstream, {label}", ours, seconds(their_upstream, 3), 0.5)
    ours = seconds(lambda: exhaust(downstream(mapping, key, sides) for key in ups), 3)
    show(f"{len(ups)} keys to downstream, {label}", ours, seconds(their_downstream, 3), 0.5)


def spread(definition: TimePartitions) -> list[str]:
    """Some keys, evenly spread."""
    keys = list(spelled(definition, known=Known(NOW)))
    return keys[1 :: max(1, len(keys) // MAPPED)]


def peak(definition: TimePartitions) -> int:
    """The most memory that listing the keys takes, in bytes."""
    tracemalloc.start()
    exhaust(spelled(definition, known=Known(NOW)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


if __name__ == "__main__":
    for each in (QUARTERLY, HOURLY, DAILY):
        compare_keys(each)
    compare_mappings(HOURLY, DAILY)
    compare_mappings(DAILY, HOURLY)
    print(
        f"memory of {NUMBER} keys: at most {peak(QUARTERLY) / 1e6:.2f} MB, of a few thousand {peak(DAILY) / 1e6:.2f} MB"
    )
