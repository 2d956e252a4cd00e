"""The demo estate, read from its three projects without any tool, is one graph in a lineage backend."""

from __future__ import annotations

import json

import pytest

from tests.core.lineage import judges
from tests.core.lineage.marquez import Marquez
from transload.cli.demo import _estate
from transload.lineage.dialects import DIALECTS, MARQUEZ, PLAIN, Dialect
from transload.lineage.events import Settings, serialised, static_events
from transload.model.identity import identify

SETTINGS = [Settings(time="2026-01-01T00:00:00+00:00", dialect=each) for each in DIALECTS.values()]


@pytest.mark.parametrize("settings", SETTINGS, ids=DIALECTS.keys())
def test_every_event_of_the_demo_is_valid_and_survives_the_clients_own_classes(settings: Settings) -> None:
    events = [json.loads(serialised(event)) for event in static_events(_estate().graph, settings)]

    assert events
    for event in events:
        assert judges.problems(event) == []
        assert judges.unrecognised(event) == []
        assert judges.through_the_client(event) == judges.without_empty(event)


@pytest.mark.parametrize("dialect", [PLAIN, MARQUEZ], ids=lambda each: each.name)
def test_the_demo_leads_from_the_lake_through_three_tools_to_the_report(dialect: Dialect) -> None:
    marquez = Marquez()
    for event in static_events(_estate().graph, Settings(time="2026-01-01T00:00:00+00:00", dialect=dialect)):
        marquez.receive(event)

    first, last = identify("s3://shop-lake/raw/orders"), identify("s3://shop-reports/revenue.pdf")
    assert marquez.node(*last) in marquez.downstream(marquez.node(*first))
