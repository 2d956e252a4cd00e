"""Predicates over the state of an asset, of which Dagster's automation conditions are made, in a neutral form.

A predicate is true or false for each partition of the asset on which it stands (or for the asset, where it has none), at each tick.
Unlike a trigger it remembers nothing, but for `Since` and `NewlyTrue`. Names and meaning are those of Dagster 1.13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from transload.model.base import Tagged
from transload.model.identity import AssetId

StateName = Literal[
    "missing",
    "run_in_progress",
    "backfill_in_progress",
    "execution_failed",
    "newly_updated",
    "newly_requested",
    "will_be_requested",
    "initial_evaluation",
    "executed_with_root_target",
    "code_version_changed",
    "data_version_changed",
]


class State(Tagged):
    """What Dagster knows of an asset or a partition by itself, such as that it is missing."""

    kind: Literal["state"] = "state"
    name: StateName


class TickPassed(Tagged):
    """A tick of a cron expression was passed since the last look."""

    kind: Literal["tick_passed"] = "tick_passed"
    expression: str
    timezone: str = "UTC"


class InLatestWindow(Tagged):
    """The partition is in the latest time window, or ends at most `lookback` seconds before the end of that; true without time."""

    kind: Literal["in_latest_window"] = "in_latest_window"
    lookback: float | None = None


class Both(Tagged):
    """All of `parts`, at the same tick."""

    kind: Literal["both"] = "both"
    parts: tuple[Predicate, ...]


class Either(Tagged):
    """Any of `parts`, at the same tick."""

    kind: Literal["either"] = "either"
    parts: tuple[Predicate, ...]


class Not(Tagged):
    """`part` is false."""

    kind: Literal["not"] = "not"
    part: Predicate


class Since(Tagged):
    """`part` was true after `reset` was last true."""

    kind: Literal["since"] = "since"
    part: Predicate
    reset: Predicate


class NewlyTrue(Tagged):
    """`part` is true, and was false at the tick before."""

    kind: Literal["newly_true"] = "newly_true"
    part: Predicate


class OfAsset(Tagged):
    """`part` holds for another asset: for any of its partitions that belong to this one."""

    kind: Literal["of_asset"] = "of_asset"
    asset: AssetId
    part: Predicate


class AnyDeps(Tagged):
    """`part` holds for any upstream asset; `only` and `ignored` narrow down which count."""

    kind: Literal["any_deps"] = "any_deps"
    part: Predicate
    only: tuple[AssetId, ...] | None = None
    ignored: tuple[AssetId, ...] = ()


class AllDeps(Tagged):
    """`part` holds for every upstream asset; `only` and `ignored` narrow down which count."""

    kind: Literal["all_deps"] = "all_deps"
    part: Predicate
    only: tuple[AssetId, ...] | None = None
    ignored: tuple[AssetId, ...] = ()


Predicate = Annotated[
    State | TickPassed | InLatestWindow | Both | Either | Not | Since | NewlyTrue | OfAsset | AnyDeps | AllDeps,
    Field(discriminator="kind"),
]

for _record in (Both, Either, Not, Since, NewlyTrue, OfAsset, AnyDeps, AllDeps):
    _record.model_rebuild()


def assets_of(predicate: Predicate | None) -> Iterator[AssetId]:
    """Every asset that a predicate names, in order of writing."""
    pending = [] if predicate is None else [predicate]
    while pending:
        part = pending.pop()
        if isinstance(part, OfAsset):
            yield part.asset
        elif isinstance(part, (AnyDeps, AllDeps)):
            yield from (*(part.only or ()), *part.ignored)
        inner = part.parts if isinstance(part, (Both, Either)) else _INNER.get(type(part), lambda _: ())(part)
        pending.extend(reversed(inner))


_INNER: Final[Mapping[type, Callable[[Any], tuple[Predicate, ...]]]] = {
    Since: lambda predicate: (predicate.part, predicate.reset),
    **dict.fromkeys((Not, NewlyTrue, OfAsset, AnyDeps, AllDeps), lambda predicate: (predicate.part,)),
}
