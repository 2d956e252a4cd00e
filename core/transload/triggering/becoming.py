"""What a trigger becomes in another tool, in the words of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

from transload.model.identity import AssetId
from transload.model.triggers import (
    AliasUpdated,
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

Becoming = Callable[[Trigger, Context], "Trigger | None"]
"""The trigger that is written, None where there is none: then it is carried, and only a bridge can do the work."""


def same(trigger: Trigger, _context: Context) -> Trigger | None:
    """The trigger itself."""
    return trigger


def nothing(_trigger: Trigger, _context: Context) -> Trigger | None:
    """No trigger."""
    return None


def all_of(trigger: Trigger, _context: Context) -> Trigger | None:
    """All of the parts, whatever their order and times."""
    return AllOf(parts=trigger.parts) if isinstance(trigger, (InOrder, AllOf)) else None


def choices(trigger: Trigger, _context: Context) -> Trigger | None:
    """Any of all choices of so many parts."""
    if not isinstance(trigger, AtLeast):
        return None
    return AnyOf(parts=tuple(AllOf(parts=each) for each in combinations(trigger.parts, trigger.count)))


def of_alias(trigger: Trigger, context: Context) -> Trigger | None:
    """Any of the assets that are known to be attached to the alias."""
    return _any(context.aliases.get(trigger.alias, ())) if isinstance(trigger, AliasUpdated) else None


def any_upstream(_trigger: Trigger, context: Context) -> Trigger | None:
    """Any upstream asset is updated."""
    return _any(context.upstream)


def all_upstream(trigger: Trigger, context: Context) -> Trigger | None:
    """All upstream assets are updated; without any, the tick alone."""
    return AllOf(parts=_updated(context.upstream)) if context.upstream else cron(trigger, context)


def cron(trigger: Trigger, _context: Context) -> Trigger | None:
    """The tick alone."""
    return Cron(expression=trigger.expression, timezone=trigger.timezone) if isinstance(trigger, OnCron) else None


def either_day(trigger: Trigger, _context: Context) -> Trigger | None:
    """The cron expression as all tools but Prefect read it."""
    return trigger.model_copy(update={"day_or": True}) if isinstance(trigger, Cron) else None


def unanchored(trigger: Trigger, _context: Context) -> Trigger | None:
    """The interval without its anchor."""
    return Interval(seconds=trigger.seconds) if isinstance(trigger, Interval) else None


def unmapped(trigger: Trigger, _context: Context) -> Trigger | None:
    """The update of the asset, whatever the partition."""
    return Updated(asset=trigger.asset) if isinstance(trigger, Updated) else None


def _updated(assets: Iterable[AssetId]) -> tuple[Trigger, ...]:
    return tuple(Updated(asset=asset) for asset in assets)


def _any(assets: Iterable[AssetId]) -> Trigger | None:
    parts = _updated(assets)
    return AnyOf(parts=parts) if parts else None
