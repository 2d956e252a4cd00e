"""The keys of all, and of any, of several definitions: laws of sets, whichever is named first."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from itertools import chain, islice, permutations
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.model.partitions import (
    DynamicPartitions,
    MultiPartitions,
    Partitions,
    RuntimePartitions,
    StaticPartitions,
    TimePartitions,
)
from transload.partitioning import Known, exists, spelled
from transload.partitioning.keysets import NONE, UNKNOWN, Keys, in_all, in_any, keys_of

NOW: Final = datetime(2026, 4, 20, tzinfo=timezone.utc)
HOURS: Final = TimePartitions(cron="0 * * * *", start="2026-03-01T00:00:00")
DAYS: Final = TimePartitions(cron="0 0 * * *", start="2026-03-01T00:00:00", format="%Y-%m-%d")
MONTHS: Final = TimePartitions(cron="0 0 1 * *", start="2026-01-01T00:00:00", format="%Y-%m")
FIRSTS: Final = MONTHS.model_copy(update={"format": "%Y-%m-%d", "start": "2026-03-01T00:00:00"})
LATE: Final = DAYS.model_copy(update={"start": "2026-03-20T00:00:00", "end_offset": 1})
SHORT: Final = DAYS.model_copy(update={"end": "2026-03-15T00:00:00"})
LAND: Final = StaticPartitions(keys=("de", "us"))
WEST: Final = StaticPartitions(keys=("us", "fr"))
DATES: Final = StaticPartitions(keys=("2026-03-02", "us"))
GRID: Final = MultiPartitions(dimensions={"day": DAYS, "land": LAND})
RUNTIME: Final = RuntimePartitions()
LISTED: Final = (HOURS, DAYS, MONTHS, FIRSTS, LATE, SHORT, LAND, WEST, DATES)
EVERY: Final = (*LISTED, GRID, RUNTIME, DynamicPartitions(name="all"))

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
SETTINGS: Final = settings(
    max_examples=max(1, int(100 * EFFORT)), derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)

lists: Final = st.lists(st.sampled_from((*EVERY, None)), min_size=1, max_size=4)


def listed(definition: Partitions) -> set[str]:
    return set(islice(spelled(definition, (NOW - timedelta(days=60), NOW), Known(NOW)), 50))


def has(keys: Keys, key: str) -> bool:
    return keys.is_open or any(exists(each, key) for each in keys.definitions)


def parts(definitions: Iterable[Partitions | None]) -> list[Keys]:
    return [keys_of(each) for each in definitions]


@pytest.mark.parametrize("first", LISTED)
@pytest.mark.parametrize("second", LISTED)
def test_all_has_the_keys_that_both_have_and_any_those_that_one_has(first: Partitions, second: Partitions) -> None:
    common, union = in_all(parts([first, second])), in_any(parts([first, second]))
    every = listed(first) | listed(second)

    assert not common.is_open
    for key in every:
        in_both = exists(first, key) and exists(second, key)
        assert has(common, key) == in_both, key
        assert has(union, key), key


@SETTINGS
@given(lists)
def test_the_order_of_parts_tells_nothing(definitions: list[Partitions | None]) -> None:
    for combine in (in_all, in_any):
        first = combine(parts(definitions))
        assert all(combine(parts(each)) == first for each in permutations(definitions))


@SETTINGS
@given(lists)
def test_no_key_of_any_part_is_left_out_and_all_has_no_more_than_each(definitions: list[Partitions | None]) -> None:
    known = [each for each in definitions if isinstance(each, (TimePartitions, StaticPartitions))]
    common, union = in_all(parts(definitions)), in_any(parts(definitions))
    for key in chain.from_iterable(map(listed, known)):
        if all(exists(each, key) for each in known) and len(known) == len(definitions):
            assert has(common, key)
        assert has(union, key)
    if known and common.definition is not None:
        assert all(exists(each, key) for each in known for key in listed(common.definition))


@pytest.mark.parametrize(
    ("definitions", "common", "union"),
    [
        ((DAYS, MONTHS), NONE, Keys((DAYS, MONTHS))),
        ((DAYS, None), keys_of(DAYS), Keys((DAYS,), is_open=True)),
        ((DAYS, RUNTIME), keys_of(DAYS), Keys((RUNTIME, DAYS))),
        ((None, None), UNKNOWN, UNKNOWN),
        ((DAYS, SHORT, GRID), UNKNOWN, Keys((DAYS, GRID))),
        ((DAYS, MONTHS, None), NONE, Keys((DAYS, MONTHS), is_open=True)),
        ((LAND, WEST), keys_of(StaticPartitions(keys=("us",))), keys_of(StaticPartitions(keys=("de", "us", "fr")))),
        ((DAYS, FIRSTS), keys_of(FIRSTS), keys_of(DAYS)),
        (
            (LATE, SHORT),
            NONE,
            keys_of(DAYS.model_copy(update={"end_offset": 1})),
        ),
        ((DAYS, LATE), keys_of(LATE.model_copy(update={"end_offset": 0})), keys_of(DAYS.model_copy(update={"end_offset": 1}))),
    ],
)  # fmt: skip
def test_bounds_lists_and_keys_that_cannot_be_told(
    definitions: tuple[Partitions | None, ...], common: Keys, union: Keys
) -> None:
    assert in_all(parts(definitions)) == common
    whole = in_any(parts(definitions))
    assert whole.is_open == union.is_open
    assert sorted(map(str, whole.definitions)) == sorted(map(str, union.definitions))
