"""The partition of a run: keys that people pass, and the windows that close by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from itertools import islice
from typing import Final

from transload.errors import PartitionError
from transload.model.partitions import MultiPartitions, Partitions, StaticPartitions, TimePartitions
from transload.partitioning import Known, exists, spelled
from transload.partitioning.definitions import dimensions
from transload.partitioning.spelling import read_time, segments
from transload.partitioning.windows import windows_of

_COMPARED: Final = 10_000
"""Keys that a wrong one is compared with at most."""

_EARLY: Final = "1970-01-01T00:00:00"


def closed_last(definition: TimePartitions, now: datetime) -> str:
    """The key of the window that closed last at a time, `end_offset` and `run_offset` counted in.

    Raises `PartitionError` where none has.
    """
    if definition.run_offset is None:
        # Without a start there is no first window, which nothing here depends on.
        windows = windows_of(definition if definition.start else definition.model_copy(update={"start": _EARLY}))
        bounds = windows.bounds(now.timestamp())
        last = bounds.last if bounds else None
    else:
        # The offset counts ticks, of which the next one after the present is the tick that a run at this time belongs to.
        windows, offset = windows_of(definition), definition.run_offset
        tick = next(windows.clock.until(now.timestamp()))
        ticks = windows.clock.since(tick.epoch) if offset > 0 else windows.clock.until(tick.epoch)
        start = next(islice(ticks, abs(offset), None)).epoch
        last = next(windows.since(start))
    if last is None or not windows.has(last, None):
        raise PartitionError(f"No partition of {definition.cron!r} has closed by {now}.", hint="Pass `partition_key`.")
    return windows.spell(last.start)


def checked(definition: Partitions, key: str, now: datetime) -> str:
    """The key itself. Raises `PartitionError` for one that the definition does not have, where that is known before run time."""
    known = Known(now=now)
    if not _has_known_keys(definition) or exists(definition, key, known):
        return key
    raise PartitionError(
        f"{key!r} is no partition of {_named(definition)} at {now.isoformat(timespec='seconds')}.",
        hint=f"The nearest is {_nearest(definition, key, now)!r}.",
    )


def _has_known_keys(definition: Partitions) -> bool:
    """True for a definition whose keys follow from it alone."""
    if isinstance(definition, MultiPartitions):
        return all(map(_has_known_keys, definition.dimensions.values()))
    return isinstance(definition, (TimePartitions, StaticPartitions))


def _named(definition: Partitions) -> str:
    if isinstance(definition, MultiPartitions):
        return " and ".join(f"{name} ({_named(dimension)})" for name, dimension in dimensions(definition))
    return f"{definition.cron!r}, {definition.timezone}" if isinstance(definition, TimePartitions) else definition.kind


def _nearest(definition: Partitions, key: str, now: datetime) -> str | None:
    """The key of the window that holds the time in the text, if it is one, else the key that looks most alike."""
    if isinstance(definition, MultiPartitions):
        inner, parts = dimensions(definition), segments(key, definition.delimiter)
        if len(inner) == len(parts):
            keys = [_nearest(dimension, part, now) for (_, dimension), part in zip(inner, parts, strict=True)]
            return definition.delimiter.join(map(str, keys))
    holding = _key_of_time(definition, key) if isinstance(definition, TimePartitions) else None
    if holding is not None and exists(definition, holding, Known(now=now)):
        return holding
    return next(iter(get_close_matches(key, _listed(definition, now, _COMPARED), 1, 0)), None)


def _key_of_time(definition: TimePartitions, text: str) -> str | None:
    """The key of the window that holds the time in a text; None for a text that is no time."""
    windows = windows_of(definition)
    readers: tuple[Callable[[str], datetime], ...] = (
        lambda spelled_time: read_time(spelled_time, definition.format),
        datetime.fromisoformat,
    )
    for read in readers:
        try:
            moment = read(text.strip())
        except (PartitionError, ValueError):
            continue
        aware = moment if moment.tzinfo else moment.replace(tzinfo=windows.clock.zone)
        return windows.spell(windows.holding(aware.timestamp()).start)
    return None


def examples(definition: Partitions, now: datetime) -> str:
    """A few keys of a definition, as a text."""
    shown = _listed(definition, now, 3)
    return f"{', '.join(shown)}, …" if shown else "a key"


def _listed(definition: Partitions, now: datetime, count: int) -> list[str]:
    try:
        return list(islice(spelled(definition, known=Known(now=now)), count))
    except PartitionError:
        return []
