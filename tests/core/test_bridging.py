"""Triggers that a tool has only something like: left to routes, and nothing of them lost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from transload.model.assets import Asset, FreshWithin, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.partitions import TimeMapping, TimePartitions
from transload.model.triggers import AllOf, AnyOf, Cron, Eager, Opaque, Trigger, Updated
from transload.projects import write
from transload.reader import read
from transload.registry import adapter_for
from transload.routing import Partitioned, parse
from transload.translator import bridged, meaning, translate

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ORDERS, RATES, REVENUE = (identify(f"s3://lake/{name}") for name in ("orders", "rates", "revenue"))
DAILY = TimePartitions(cron="0 0 * * *", start="2026-01-01T00:00:00", format="%Y-%m-%d")
NESTED = AnyOf(
    parts=(AllOf(parts=(Updated(asset=ORDERS), Updated(asset=RATES))), Cron(expression="0 5 * * *", timezone="UTC"))
)
CUSTOM = Opaque(tool="airflow", type="my.Timetable")
JOB = Job(
    name="finance.revenue",
    reads=(Read(asset=ORDERS, mapping=TimeMapping(start_offset=-1)), Read(asset=RATES)),
    writes=(Write(asset=REVENUE),),
)


def _flow(trigger: Trigger) -> AssetGraph:
    flow = Flow(name="finance", jobs=(JOB.name,), schedules=(Schedule(trigger=trigger),), origin=Origin(tool="airflow"))
    return graph_of([Asset(id=each) for each in (ORDERS, RATES, REVENUE)], [JOB], [flow])


def _asset(**said: object) -> AssetGraph:
    return graph_of(
        [Asset(id=ORDERS, partitions=DAILY), Asset(id=RATES), Asset.model_validate({"id": REVENUE, **said})], [JOB]
    )


@pytest.mark.parametrize("tool", ["dagster", "prefect"])
def test_a_route_says_what_the_tool_cannot(tool: str) -> None:
    translation = translate(_flow(NESTED), tool, bridge=True)
    (route,) = translation.routes
    (flow,) = translation.native.flows
    assert (route.when, route.like, route.start.flow) == (NESTED, "airflow", flow.names[tool][0])
    assert [schedule.trigger for schedule in flow.schedules if schedule.trigger] == []
    assert [asset.trigger for asset in translation.native.assets if asset.trigger] == []


def test_a_condition_of_an_asset_says_what_it_looks_at() -> None:
    translation = translate(_asset(trigger=Eager(), partitions=DAILY), "airflow", bridge=True)
    (route,) = translation.routes
    assert (route.when, route.like) == (Eager(), "dagster")
    assert route.reads == (Updated(asset=ORDERS, mapping=TimeMapping(start_offset=-1)), Updated(asset=RATES))
    assert route.partitions == (Partitioned(asset=ORDERS, keys=DAILY), Partitioned(asset=REVENUE, keys=DAILY))
    (flow,) = translation.native.flows
    assert (route.start.flow, flow.schedules) == (flow.names["airflow"][0], ())


def test_a_freshness_policy_becomes_a_target_of_a_route() -> None:
    (route,) = translate(_asset(freshness=FreshWithin(fail=3600)), "prefect", bridge=True).routes
    assert (route.fresh, route.when) == (FreshWithin(fail=3600), None)


def test_what_only_the_tool_itself_can_tell_is_left_alone() -> None:
    assert translate(_flow(CUSTOM), "dagster", bridge=True).routes == ()


def test_what_the_tool_holds_needs_no_route() -> None:
    assert bridged(_flow(Cron(expression="0 5 * * *", timezone="UTC")), adapter_for("airflow")).routes == ()


@pytest.mark.parametrize("tool", ["airflow", "dagster", "prefect"])
def test_the_written_project_reads_back_whole_with_its_routes(tool: str, tmp_path: Path) -> None:
    for number, graph in enumerate((_flow(NESTED), _asset(trigger=Eager(), freshness=FreshWithin(fail=60)))):
        translation = translate(graph, tool, bridge=True)
        root = tmp_path / str(number)
        write(translation, root)
        found = read(f"{tool}:{root}")
        assert meaning(found.graph) == meaning(translation.expected)
        settings = root / "transload.toml"
        given = tomllib.loads(settings.read_text(encoding="utf-8")) if settings.exists() else {}
        assert parse(given) == translation.routes
