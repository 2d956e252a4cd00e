"""Static events: valid, complete, in order, and the same bytes for the same definitions (laws L6, L8, L9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.core.lineage import judges
from tests.core.lineage.estate import BEST, ORDERS, RAW, REPORT, REVENUE, estate
from tests.core.lineage.marquez import Marquez
from transload.lineage.dialects import DATAHUB, DIALECTS, MARQUEZ, OPENMETADATA, PLAIN, Dialect
from transload.lineage.events import Settings, serialised, static_events, static_run_id, unannounced
from transload.lineage.naming import JobId, Namespaces
from transload.model.assets import Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, identify
from transload.model.jobs import Job, Read, Write
from transload.testing.strategies import any_graphs

TIME = "2026-01-01T00:00:00+00:00"
EVERY_DIALECT = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())
Event = dict[str, Any]


def events_of(graph: AssetGraph, dialect: Dialect = PLAIN, **namespaces: str) -> list[Event]:
    chosen = Settings(time=TIME, dialect=dialect, namespaces=Namespaces(jobs=namespaces))
    return [json.loads(serialised(event)) for event in static_events(graph, chosen)]


def jobs_of(events: Iterable[Event]) -> dict[tuple[str, str], Event]:
    return {(event["job"]["namespace"], event["job"]["name"]): event for event in events if "job" in event}


def dataset(events: Iterable[Event], asset: AssetId) -> dict[str, Any]:
    facets: dict[str, Any] = next(
        event["dataset"]["facets"]
        for event in events
        if (event.get("dataset", {}).get("namespace"), event.get("dataset", {}).get("name")) == asset
    )
    return facets


def names(entities: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(entity["namespace"], entity["name"]) for entity in entities]


@EVERY_DIALECT
def test_every_event_of_the_estate_is_valid_and_every_facet_recognised(dialect: Dialect) -> None:
    for event in events_of(estate(), dialect):
        assert judges.problems(event) == []
        assert judges.unrecognised(event) == []


@EVERY_DIALECT
def test_every_event_of_the_estate_survives_the_clients_own_classes(dialect: Dialect) -> None:
    for event in events_of(estate(), dialect):
        assert judges.through_the_client(event) == judges.without_empty(event)


@EVERY_DIALECT
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(graph=any_graphs())
def test_every_event_of_any_graph_is_valid_and_survives_the_clients_own_classes(
    dialect: Dialect, graph: AssetGraph
) -> None:
    for event in events_of(graph, dialect):
        assert judges.problems(event) == []
        assert judges.unrecognised(event) == []
        assert judges.through_the_client(event) == judges.without_empty(event)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(graph=any_graphs())
def test_datasets_are_declared_before_a_job_uses_them_and_other_names_are_never_an_assets_own(
    graph: AssetGraph,
) -> None:
    declared: set[tuple[str, str]] = set()
    linked: list[tuple[str, str]] = []
    for event in events_of(graph):
        if "dataset" in event:
            declared.update(names([event["dataset"]]))
            linked += names(event["dataset"]["facets"].get("symlinks", {}).get("identifiers", ()))
        else:
            assert declared.issuperset(names(judges.datasets(event)))
    assert len(set(linked)) == len(linked)
    assert declared.isdisjoint(linked)


@EVERY_DIALECT
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(graph=any_graphs())
def test_no_run_is_shared_by_two_jobs_and_no_name_by_two_static_events(dialect: Dialect, graph: AssetGraph) -> None:
    runs: dict[str, tuple[str, str]] = {}
    jobs = [event for event in events_of(graph, dialect) if "job" in event]
    for event in jobs:
        if "run" in event:
            name = (event["job"]["namespace"], event["job"]["name"])
            assert runs.setdefault(event["run"]["runId"], name) == name
    distinct = jobs_of(jobs)
    assert len(jobs) == len(distinct) * (1 if dialect.static else 2)
    assert len(distinct) >= len(graph.jobs)


def test_equal_definitions_give_equal_bytes_in_every_process() -> None:
    code = (
        "import sys\n"
        "from tests.core.lineage.estate import estate\n"
        "from tests.core.lineage.test_events import TIME\n"
        "from transload.lineage.events import Settings, serialised, static_events\n"
        "sys.stdout.buffer.write(b'\\n'.join(map(serialised, static_events(estate(), Settings(time=TIME)))))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == len(events_of(estate()))


def test_a_dataset_event_says_all_that_the_definition_does() -> None:
    said = dataset(events_of(estate()), REVENUE)

    assert set(said) == {
        "symlinks",
        "schema",
        "ownership",
        "documentation",
        "tags",
        "hierarchy",
        "datasetType",
        "transload_partitions",
        "transload_freshness",
    }
    assert [field["name"] for field in said["schema"]["fields"]] == ["day", "revenue"]
    assert {"key": "pii", "value": "no", "source": "USER", "field": "day"} in said["tags"]["tags"]
    assert [level["name"] for level in said["hierarchy"]["hierarchy"]] == ["analytics", "daily_revenue"]
    assert said["transload_partitions"]["dimensions"][0]["definition"]["cron"] == "0 0 * * *"
    assert (said["transload_freshness"]["fail"], said["transload_freshness"]["warn"]) == (93600.0, 90000.0)


def test_storage_and_catalog_are_said_where_they_are_known() -> None:
    glue = AssetId("arn:aws:glue:eu-west-1:123", "table/sales/orders")
    unity = identify("unitycatalog://host/main/sales/orders")
    events = events_of(graph_of([Asset(id=glue), Asset(id=unity), Asset(id=RAW, kinds=("Iceberg", "parquet"))]))

    assert dataset(events, glue)["catalog"]["type"] == "glue"
    assert dataset(events, unity)["catalog"]["name"] == "main"
    assert dataset(events, RAW)["storage"]["storageLayer"] == "iceberg"
    assert dataset(events, RAW)["storage"]["fileFormat"] == "parquet"


def test_a_job_event_says_all_that_the_definition_does() -> None:
    event = jobs_of(events_of(estate()))["default", "load.load"]

    facets = event["job"]["facets"]
    assert set(facets) == {"jobType", "ownership", "documentation", "tags", "transload_trigger"}
    assert (facets["jobType"]["integration"], facets["jobType"]["jobType"], facets["jobType"]["processingType"]) == (
        "AIRFLOW",
        "TASK",
        "BATCH",
    )
    assert facets["transload_trigger"]["schedules"][0]["trigger"]["expression"] == "0 * * * *"
    assert {tag["key"] for tag in facets["tags"]["tags"]} == {"cost", "warehouse"}
    assert (names(event["inputs"]), names(event["outputs"])) == ([RAW], [ORDERS])


def test_where_the_specification_can_tell_outputs_apart_a_job_stays_one() -> None:
    event = jobs_of(events_of(estate()))["dagster://default", "revenue_op"]

    entries = event["job"]["facets"]["lineage"]["entries"]
    assert {entry["name"]: names(entry["inputs"]) for entry in entries} == {
        REVENUE.name: [ORDERS],
        BEST.name: [REVENUE],
    }
    assert set(names(entries)) <= set(names(event["outputs"]))
    used = {name for entry in entries for name in names(entry["inputs"])}
    assert used <= set(names(judges.datasets(event)))
    columns = next(
        output["facets"]["columnLineage"]["fields"] for output in event["outputs"] if output["name"] == REVENUE.name
    )
    assert columns["revenue"]["inputFields"] == [{**ORDERS._asdict(), "field": "amount"}]
    assert event["job"]["facets"]["transload_partitionMapping"]["mappings"][0]["mapping"]["start_offset"] == -1


@pytest.mark.parametrize("dialect", [MARQUEZ, OPENMETADATA, DATAHUB], ids=lambda each: each.name)
def test_where_a_consumer_links_each_input_to_each_output_a_job_of_several_is_one_for_each(dialect: Dialect) -> None:
    jobs = jobs_of(events_of(estate(), dialect))

    assert names(jobs["dagster://default", "analytics/daily_revenue"]["inputs"]) == [ORDERS]
    assert names(jobs["dagster://default", "analytics/best"]["inputs"]) == [REVENUE]
    assert all("lineage" not in event["job"]["facets"] for event in jobs.values())


def test_a_consumer_that_takes_no_static_events_gets_runs_with_everything_on_them() -> None:
    events = events_of(estate(), OPENMETADATA)

    assert {judges.kind_of(event) for event in events} == {"RunEvent"}
    assert [event["eventType"] for event in events[:2]] == ["START", "COMPLETE"]
    assert {
        link["type"]
        for event in events
        for each in judges.datasets(event)
        for link in each["facets"].get("symlinks", {}).get("identifiers", ())
    } == {"LOCATION"}


def test_assets_that_no_event_can_speak_of_are_named() -> None:
    graph = graph_of([Asset(id=RAW), Asset(id=ORDERS)], [Job(name="j", writes=(Write(asset=ORDERS),))])

    assert unannounced(graph, Settings(time=TIME, dialect=OPENMETADATA)) == (RAW,)
    assert unannounced(graph, Settings(time=TIME)) == ()


def test_a_run_id_is_that_of_the_clients_formula() -> None:
    assert (
        static_run_id(TIME, JobId("a", "b"))
        == static_run_id(TIME, JobId("a", "b"))
        != static_run_id(TIME, JobId("a", "c"))
    )


@pytest.mark.parametrize("dialect", [PLAIN, MARQUEZ], ids=lambda each: each.name)
def test_three_projects_are_one_connected_graph_in_marquez(dialect: Dialect) -> None:
    marquez = Marquez()
    for event in events_of(estate(), dialect):
        marquez.receive(event)

    reached = marquez.downstream(marquez.node(*RAW))
    assert {marquez.node(*asset) for asset in (ORDERS, REVENUE, BEST, REPORT)} <= reached


def test_run_events_of_other_integrations_land_on_the_same_datasets_and_jobs_in_marquez() -> None:
    """dagster-openlineage names a dataset in the namespace of its jobs; Airflow's SQL operators write Snowflake in capitals."""
    marquez = Marquez()
    for event in events_of(estate(), MARQUEZ, dagster="dagster_prod"):
        marquez.receive(event)
    before = set(marquez.inputs)
    run = {"run": {"runId": "r1", "facets": {}}, "eventType": "START"}

    marquez.receive(
        {**run, "job": {"namespace": "dagster_prod", "name": "analytics/daily_revenue"}, "inputs": [],
         "outputs": [{"namespace": "dagster_prod", "name": "analytics/daily_revenue"}]}
    )  # fmt: skip
    assert marquez.outputs["dagster_prod", "analytics/daily_revenue"] == {marquez.node(*REVENUE)}
    assert marquez.node("snowflake://acme", "SHOP.ANALYTICS.BEST") == marquez.node(*BEST)
    assert set(marquez.inputs) == before


def test_a_symlink_that_came_late_would_not_join() -> None:
    """What the order of events is for; and a check that the double can tell."""
    marquez = Marquez()
    for event in reversed(events_of(estate(), dagster="dagster_prod")):
        marquez.receive(event)
    late = Marquez()
    late.receive(
        {"job": {"namespace": "j", "name": "j"}, "inputs": [{"namespace": "dagster_prod", "name": "analytics/best"}]}
    )
    for event in events_of(estate(), dagster="dagster_prod"):
        late.receive(event)

    assert late.node("dagster_prod", "analytics/best") != late.node(*BEST)


HOSTILE = "a\x00b\x1b[31m'); DROP TABLE x; --<script>\ud800"


def test_hostile_texts_stay_texts_and_names_can_be_stored() -> None:
    origin = Origin(tool="prefect", path=HOSTILE, line=1)
    asset = Asset(
        id=RAW, description=HOSTILE, owners=(HOSTILE,), tags={HOSTILE: HOSTILE}, names={"dagster": (HOSTILE,)}
    )
    lines = [
        serialised(event)
        for event in static_events(graph_of([asset], [Job(name=HOSTILE, origin=origin)]), Settings(time=TIME))
    ]

    assert all(b"\n" not in line and b"\\u0000" not in line for line in lines)
    event = json.loads(lines[1])
    assert event["job"]["name"] == "a%00b%1B[31m'); DROP TABLE x; --<script>%ED%A0%80"
    assert json.loads(lines[0])["dataset"]["facets"]["documentation"]["description"].startswith(
        "a\ufffdb\x1b[31m'); DROP"
    )


def test_credentials_reach_no_event() -> None:
    address = "postgres://ann:hunter2@warehouse/shop?password=hunter2"
    origin = Origin(tool="prefect", path="flows.py", line=1)
    asset = Asset(
        id=identify("s3://ann:hunter2@bucket/x"),
        description=f"{address} and s3://key:hunter2@b/x", owners=(address,), tags={"source": address}, names={"prefect": (address,)},
    )  # fmt: skip
    job = Job(name="j", description=address, tags={"t": address}, origin=origin, reads=(Read(asset=asset.id),))

    assert b"hunter2" not in b"".join(map(serialised, static_events(graph_of([asset], [job]), Settings(time=TIME))))
