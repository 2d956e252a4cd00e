"""One rule for the partitions of what mappings make: Airflow's reader and shape, and Dagster's shape."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.mapper_pairs import OUT, PAIRS, SIDES, Pair, graph

from transload.adapter import Notes
from transload.model.graph import AssetGraph
from transload.model.partitions import Partitions
from transload.model.triggers import Trigger
from transload.partitioning.propagation import written_keys
from transload_airflow.shaping.partitions import partitions_of_assets
from transload_dagster import names as dagster_names
from transload_dagster.shaping.partitions import partitioned


def in_airflow(trigger: Trigger) -> Partitions | None:
    """The partitions of the written asset in a graph read from Airflow, where only flows have any."""
    found = graph(trigger)
    bare = [asset.model_copy(update={"partitions": None}) for asset in found.assets]
    return partitions_of_assets(found.replaced(assets=bare), ()).get(OUT)


def in_dagster(start: AssetGraph) -> tuple[Any, list[str]]:
    """The partitions of the written asset in Dagster's shape, and the sentences on them."""
    notes = Notes()
    shaped = partitioned(dagster_names.assign(start), notes)
    messages = [each.message for each in notes.losses if each.subject.endswith("/out") and each.field == "partitions"]
    return shaped.asset[OUT].partitions, messages


@pytest.mark.parametrize("clicks", SIDES)
def test_airflow_and_dagster_agree_on_every_pair_in_either_order(clicks: tuple[str, str]) -> None:
    """Dagster's shape makes of a graph without the partitions the same as of one where Airflow's reader has filled them in."""
    for pair in (pair for pair in PAIRS if pair.clicks == clicks):
        made = in_airflow(pair.trigger)

        assert in_airflow(pair.swapped) == made, pair
        assert in_dagster(graph(pair.trigger))[0] == in_dagster(graph(pair.trigger, made))[0], pair
        assert in_dagster(graph(pair.swapped)) == in_dagster(graph(pair.trigger)), pair


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (
            Pair(("hourly", "day"), ("daily", "month"), is_all=True),
            "Mappings make keys that are never equal, so that nothing starts for any; in Dagster there are no partitions.",
        ),
        (
            Pair(("hourly", "day"), ("daily", "month"), is_all=False),
            "Mappings make the keys of these partitions, those of several definitions; in Dagster there are none.",
        ),
        (
            Pair(("unknown", "identity"), ("unknown", "identity"), is_all=True),
            "Mappings make the keys of these partitions, and which cannot be told; in Dagster there are none.",
        ),
    ],
)
def test_partitions_without_a_definition_have_a_reason(pair: Pair, message: str) -> None:
    assert in_airflow(pair.trigger) is None
    assert in_dagster(graph(pair.trigger)) == (None, [message])


def test_what_flows_pass_on_does_not_depend_on_which_is_read_first() -> None:
    pair = Pair(("hourly", "day"), ("daily", "day"), is_all=True)
    found = graph(pair.trigger)

    assert written_keys(found.replaced(flows=list(reversed(found.flows))), {}) == written_keys(found, {})
