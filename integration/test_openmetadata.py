"""OpenMetadata's own parsers take every event of its dialect, and make one connected graph of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.lineage import openmetadata
from tests.core.lineage.estate import BEST, ORDERS, RAW, REPORT, REVENUE, estate

from transload.lineage.dialects import DIALECTS
from transload.lineage.events import Settings, serialised, static_events

pytestmark = openmetadata.where_it_is


def judged(dialect: str) -> list[dict[str, Any]]:
    """What both parsers say of each event of the estate."""
    settings = Settings(time="2026-01-01T00:00:00+00:00", dialect=DIALECTS[dialect])
    return openmetadata.judged(map(serialised, static_events(estate(), settings)))


@pytest.fixture(scope="module")
def verdicts() -> list[dict[str, Any]]:
    """Of the dialect made for it."""
    return judged("openmetadata")


def test_both_parsers_take_every_event_of_the_dialect(verdicts: list[dict[str, Any]]) -> None:
    assert verdicts
    for verdict in verdicts:
        assert (verdict.get("rest"), verdict.get("connector")) == (True, True), verdict


def test_both_parsers_refuse_the_static_events_that_the_dialect_replaces() -> None:
    for verdict in judged("plain"):
        assert {"refused", "malformed"} <= set(verdict)


def test_tables_are_looked_up_by_what_they_are_and_never_by_a_tools_own_name(verdicts: list[dict[str, Any]]) -> None:
    found = {(each[0], each[1]): each[2] for verdict in verdicts for each in (*verdict["inputs"], *verdict["outputs"])}

    assert found[ORDERS] == [["shop", "public", "orders"]]
    assert found[REVENUE] == [["shop", "analytics", "daily_revenue"]]
    assert found[BEST] == [["shop", "analytics", "best"]]


def test_three_projects_are_one_connected_graph(verdicts: list[dict[str, Any]]) -> None:
    assert openmetadata.reached(verdicts, RAW) == {RAW, ORDERS, REVENUE, BEST, REPORT}
