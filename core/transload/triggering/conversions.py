"""What a trigger becomes in another tool, in the words of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import combinations
from math import comb
from typing import Final

from transload.model.identity import AssetId
from transload.model.moments import moment_of
from transload.model.triggers import (
    AllOf,
    AnyOf,
    AtLeast,
    Cron,
    InOrder,
    Interval,
    OnCron,
    Trigger,
    Updated,
)
from transload.triggering.steps import Context

Conversion = Callable[[Trigger, Context], "Trigger | None"]
"""The trigger that is written, None where there is none: then it is carried, and only a bridge can do the work."""


MOST_CHOICES: Final = 200
"""Of some of several parts, as one expression."""

_DAY: Final = 86400
_HOUR: Final = 3600
_MINUTE: Final = 60
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


def same(trigger: Trigger, _context: Context) -> Trigger | None:
    """The trigger itself."""
    return trigger


def nothing(_trigger: Trigger, _context: Context) -> Trigger | None:
    """No trigger."""
    return None


def all_of(trigger: Trigger, context: Context) -> Trigger | None:
    """All of the parts, or so many of them, whatever their order and times."""
    return AllOf(parts=trigger.parts) if isinstance(trigger, (InOrder, AllOf)) else choices(trigger, context)


def choices(trigger: Trigger, _context: Context) -> Trigger | None:
    """Any of all choices of so many parts; none where these are more than anybody could read."""
    if not isinstance(trigger, AtLeast) or comb(len(trigger.parts), max(trigger.count, 0)) > MOST_CHOICES:
        return None
    return AnyOf(parts=tuple(AllOf(parts=each) for each in combinations(trigger.parts, trigger.count)))


def any_upstream(_trigger: Trigger, context: Context) -> Trigger | None:
    """Any upstream asset is updated."""
    return any_of(_updated(context.upstream))


def all_upstream(trigger: Trigger, context: Context) -> Trigger | None:
    """All upstream assets are updated; without any, the tick alone."""
    parts = _updated(context.upstream)
    return AllOf(parts=parts) if len(parts) > 1 else any_of(parts) or cron(trigger, context)


def cron(trigger: Trigger, _context: Context) -> Trigger | None:
    """The tick alone."""
    return Cron(expression=trigger.expression, timezone=trigger.timezone) if isinstance(trigger, OnCron) else None


def either_day(trigger: Trigger, _context: Context) -> Trigger | None:
    """The cron expression as tools read it that take day and weekday as alternatives."""
    return trigger.model_copy(update={"day_or": True}) if isinstance(trigger, Cron) else None


def crons(trigger: Trigger, _context: Context) -> Trigger | None:
    """The cron expressions for an interval in UTC whose ticks are at the same whole minutes of every day."""
    offset = _offset(trigger) if isinstance(trigger, Interval) and _divides_the_day(trigger) else None
    if offset is None or not isinstance(trigger, Interval):
        return None
    hours: dict[int, list[int]] = {}
    for second in range(offset, _DAY, int(trigger.seconds)):
        hours.setdefault(second % _HOUR // _MINUTE, []).append(second // _HOUR)
    minutes: dict[tuple[int, ...], list[int]] = {}
    for minute, alike in sorted(hours.items()):
        minutes.setdefault(tuple(alike), []).append(minute)
    return any_of([_cron(group, alike) for alike, group in minutes.items()])


def _cron(minutes: list[int], hours: tuple[int, ...]) -> Cron:
    return Cron(expression=f"{_field(minutes, 60)} {_field(hours, 24)} * * *", timezone="UTC")


def _field(values: Sequence[int], size: int) -> str:
    return "*" if len(values) == size else ",".join(map(str, values))


def _divides_the_day(trigger: Interval) -> bool:
    whole = trigger.seconds >= _MINUTE and trigger.seconds % _MINUTE == 0
    return whole and _DAY % trigger.seconds == 0 and trigger.timezone in (None, "UTC")


def _offset(trigger: Interval) -> int | None:
    """The first tick of a day, in seconds; None where there is no anchor at a whole minute."""
    anchor = moment_of(trigger.anchor or "")
    if anchor is None:
        return None
    since = anchor - _EPOCH
    return (
        None if since % timedelta(minutes=1) else int(since % timedelta(seconds=trigger.seconds) / timedelta(seconds=1))
    )


def unanchored(trigger: Trigger, _context: Context) -> Trigger | None:
    """The interval without its anchor."""
    return Interval(seconds=trigger.seconds) if isinstance(trigger, Interval) else None


def unmapped(trigger: Trigger, _context: Context) -> Trigger | None:
    """The update of the asset, whatever the partition."""
    return Updated(asset=trigger.asset) if isinstance(trigger, Updated) else None


def _updated(assets: Iterable[AssetId]) -> tuple[Trigger, ...]:
    return tuple(Updated(asset=asset) for asset in assets)


def any_of(parts: Sequence[Trigger]) -> Trigger | None:
    """Any of several triggers, the only one, or none."""
    return AnyOf(parts=tuple(parts)) if len(parts) > 1 else next(iter(parts), None)
