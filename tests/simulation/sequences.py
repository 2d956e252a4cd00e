"""Random things that happen: updates of a few assets, and evaluations at ever later times."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from transload.model.identity import AssetId
from transload.triggering import Evaluate, Finished, Firing, Step, Update

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
ASSETS: Final = tuple(AssetId("s3://lake", name) for name in "abcd")
START: Final = datetime(2024, 3, 1, 11, 47, 30, tzinfo=timezone.utc)
PAUSES: Final = (20, 60, 7 * 60, 13 * 60, 3600, 26 * 3600)
"""Seconds between two evaluations: less than a minute, and more than a day."""


def examples(number: int) -> settings:
    """So many cases, the same ones every time."""
    return settings(
        max_examples=max(1, int(number * EFFORT)),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


def sequences(
    keys: Sequence[str | None] = (None,), *, pauses: Sequence[float] = PAUSES, finished: bool = True
) -> st.SearchStrategy[list[Step]]:
    """Some updates before each of up to six evaluations; `keys` are the partitions that are updated, None an asset as a whole."""
    updates: st.SearchStrategy[Step] = st.builds(Update, st.sampled_from(ASSETS), st.sampled_from(keys))
    happenings = st.one_of(updates, st.just(Finished())) if finished else updates
    turns = st.tuples(st.lists(happenings, max_size=4), st.sampled_from(pauses))
    return st.lists(turns, min_size=1, max_size=6).map(_laid_out)


def _laid_out(turns: Sequence[tuple[list[Step], float]]) -> list[Step]:
    steps: list[Step] = []
    now = START
    for happenings, pause in turns:
        now += timedelta(seconds=pause)
        steps += [*happenings, Evaluate(now)]
    return steps


Told = list[list[tuple[str, list[str]]]]


def told(found: Sequence[tuple[Firing, ...]]) -> Told:
    """Firings as a difference between them is read best; runs of one evaluation have no order."""
    return [
        sorted((str(firing.partition), sorted(asset.name for asset in firing.consumed)) for firing in runs)
        for runs in found
    ]
