"""`--triggers bridge` over all forms of triggers and all pairs of tools: exact ones stay, others become routes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

from transload.bridging import routable
from transload.counterparts import known_tools
from transload.merging import merged
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.projects import write
from transload.reader import read
from transload.registry import adapter_for
from transload.routing import Route, parse
from transload.translator import meaning, translate
from transload.triggering import Equivalence, equivalences
from transload.triggering.examples import FORMS, OWN
from transload_prefect.support import deployment_names

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from transload.testing.laws import load_in_child, target

from .starting import ON_ASSETS, estate, place

HERE: Final = ("airflow", "prefect")
TOOLS: Final = known_tools().semantics
ROWS: Final = equivalences(TOOLS.values())
ALL: Final = [pytest.param(row, id=place(row)) for row in ROWS if row.target in HERE]


def graph_of_row(row: Equivalence, name: str = "finance") -> AssetGraph:
    return estate(FORMS[row.form].example, row.source, on_asset=row.form in ON_ASSETS, name=name)


def is_kept(row: Equivalence) -> bool:
    """Exact, but perhaps for the days on which the clock changes."""
    return row.exact or row.of_clock


def is_routed(row: Equivalence) -> bool:
    return not is_kept(row) and routable(FORMS[row.form].example)


@pytest.mark.parametrize("row", ALL)
def test_what_is_not_exact_becomes_a_route(row: Equivalence, tmp_path: Path) -> None:
    """The route has the trigger itself, the rules of its tool, and the flow of the target by its own name; nothing else starts it."""
    translation = translate(graph_of_row(row), row.target, bridge=True)
    (flow,) = translation.native.flows
    triggers = [each.trigger for each in flow.schedules if each.trigger is not None]
    if is_routed(row):
        (route,) = translation.routes
        assert (route.when, route.like) == (FORMS[row.form].example, row.source)
        assert route.start.flow == flow.names[row.target][0]
        assert triggers == []
    else:
        assert translation.routes == ()
        assert bool(triggers) == is_kept(row)

    write(translation, tmp_path / "project")
    assert meaning(read(f"{row.target}:{tmp_path / 'project'}").graph) == meaning(translation.expected)


@pytest.mark.parametrize("row", [each for each in ALL if "prefect" in str(each.id).rsplit("-", 1)[1]])
def test_a_route_names_a_deployment_that_there_is(row: Equivalence) -> None:
    translation = translate(graph_of_row(row), row.target, bridge=True)
    for route in translation.routes:
        assert route.start.schedule in deployment_names(translation.native.flow[flow_of(route, translation.native)])


def flow_of(route: Route, graph: AssetGraph) -> str:
    return next(flow.name for flow in graph.flows if flow.names["prefect"][0] == route.start.flow)


@pytest.mark.parametrize("tool", [pytest.param(tool, marks=getattr(pytest.mark, tool)) for tool in HERE])
def test_the_written_project_loads_and_starts_nothing_by_itself(tool: str, tmp_path: Path) -> None:
    """All rows in one project, read by the tool without what was carried; and the routes are those that were meant."""
    rows = {f"{row.form}_{row.source}": row for row in ROWS if row.target == tool}
    graph, _ = merged([graph_of_row(row, name) for name, row in rows.items()])
    adapter = adapter_for(tool)
    root = tmp_path / "project"
    translation = translate(graph, tool, bridge=True)
    write(translation, root)
    settings = tomllib.loads((root / "transload.toml").read_text(encoding="utf-8"))
    assert parse(settings) == translation.routes
    for manifest in root.rglob("transload.json"):
        manifest.unlink()
    reading = load_in_child(adapter, target(adapter, root))
    assert reading.failures == ()
    writers = reading.graph.writers
    started = {
        asset
        for asset, jobs in writers.items()
        for flow in reading.graph.flows_of[jobs[0].name]
        if any(each.trigger for each in flow.schedules)
    }
    assert started == {AssetId(OWN.namespace, name) for name, row in rows.items() if is_kept(row)}
    flows = {flow.names[tool][0]: flow for flow in reading.graph.flows}
    assert {route.start.flow for route in translation.routes} <= set(flows)
    if tool == "prefect":
        for route in translation.routes:
            assert route.start.schedule in {each.name for each in flows[route.start.flow or ""].schedules}
