"""The table of equivalences, row by row: what a tool is given is what the row says, and the report quotes how it fires otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from transload.adapter import Reading, Translation
from transload.bridging import CLOCK, REMEDY, routable
from transload.counterparts import known_tools
from transload.loss import Code, Severity
from transload.merging import merged
from transload.model.identity import AssetId
from transload.model.triggers import AllOf, AnyOf, AtLeast, Cron, Eager, InOrder, Trigger, Updated
from transload.projects import write
from transload.reading.project import read_project
from transload.registry import adapter_for
from transload.testing.laws import load_in_child, target
from transload.translator import prepare
from transload.triggering import Equivalence, equivalence, equivalences, normal
from transload.triggering.examples import FORMS, OWN, A, B, C

from .starting import ON_ASSETS, estate, place

HERE: Final = ("airflow", "prefect")
TOOLS: Final = known_tools().semantics
ROWS: Final = equivalences(TOOLS.values())
ALL: Final = [pytest.param(row, id=place(row)) for row in ROWS if row.target in HERE]


def translated(row: Equivalence) -> Translation:
    graph = estate(FORMS[row.form].example, row.source, on_asset=row.form in ON_ASSETS)
    return prepare(graph, adapter_for(row.target))


def expected(row: Equivalence) -> list[Trigger]:
    found = row.becomes(FORMS[row.form].example, FORMS[row.form].context)
    return [] if found is None else [normal(found, TOOLS[row.target])]


def found(reading: Reading, tool: str) -> dict[AssetId, list[Trigger]]:
    """The triggers of the flow that makes each asset, as the tool alone tells them."""
    graph = reading.graph
    flows = {write.asset: flow for flow in graph.flows for name in flow.jobs for write in graph.job[name].writes}
    return {
        asset: [normal(each.trigger, TOOLS[tool]) for each in flow.schedules if each.trigger]
        for asset, flow in flows.items()
    }


def without_manifest(translation: Translation, root: Path) -> Path:
    write(translation, root)
    for manifest in root.rglob("transload.json"):
        manifest.unlink()
    return root


@pytest.mark.parametrize("row", ALL)
def test_what_is_written_is_what_the_row_says(row: Equivalence, tmp_path: Path) -> None:
    adapter = adapter_for(row.target)
    root = without_manifest(translated(row), tmp_path / "project")
    assert found(adapter.static.read(read_project(root), target(adapter, root)), row.target) == {
        AssetId(OWN.namespace, "finance"): expected(row)
    }


@pytest.mark.parametrize("tool", [pytest.param(tool, marks=getattr(pytest.mark, tool)) for tool in HERE])
def test_the_tool_itself_takes_it_for_what_the_row_says(tool: str, tmp_path: Path) -> None:
    """All rows in one project."""
    rows = {f"{row.form}_{row.source}": row for row in ROWS if row.target == tool}
    alone = [
        estate(FORMS[row.form].example, row.source, on_asset=row.form in ON_ASSETS, name=name)
        for name, row in rows.items()
    ]
    graph, _ = merged(alone)
    adapter = adapter_for(tool)
    root = without_manifest(prepare(graph, adapter), tmp_path / "project")
    reading = load_in_child(adapter, target(adapter, root))
    assert reading.failures == ()
    assert found(reading, tool) == {AssetId(OWN.namespace, name): expected(row) for name, row in rows.items()}


@pytest.mark.parametrize("row", ALL)
def test_the_report_quotes_the_row(row: Equivalence) -> None:
    """Approximated where something is written, else carried; what a route could do says so; nothing where the row is exact."""
    code = Code.ASSET_TRIGGER if row.form in ON_ASSETS else Code.SCHEDULE_TRIGGER
    losses = [loss for loss in translated(row).losses if loss.code is code]
    severity = Severity.CARRIED if row.written is None else Severity.APPROXIMATED
    remedy = CLOCK if row.of_clock else REMEDY if routable(FORMS[row.form].example) else None
    quoted = {(loss.message, loss.severity, loss.remedy) for loss in losses}
    assert quoted == (set() if row.exact else {(row.difference, severity, remedy)})


@pytest.mark.parametrize("tool", HERE)
def test_parts_that_become_others_are_told_of_too(tool: str) -> None:
    """A sequence and a condition in one expression: each has its own row, and all of them are quoted."""
    a, b, c = (Updated(asset=asset) for asset in (A, B, C))
    cron = Cron(expression="0 3 * * *", timezone="UTC")
    mixed = AnyOf(parts=(cron, AllOf(parts=(Eager(), c))))
    translation = prepare(estate(mixed, "dagster"), adapter_for(tool))
    (flow,) = translation.native.flows
    upstream = AnyOf(parts=(a, b))
    assert [normal(each.trigger, TOOLS[tool]) for each in flow.schedules if each.trigger] == [
        normal(AnyOf(parts=(cron, AllOf(parts=(upstream, c)))), TOOLS[tool])
    ]
    messages = {loss.message for loss in translation.losses if loss.code is Code.SCHEDULE_TRIGGER}
    assert equivalence(Eager(), TOOLS["dagster"], TOOLS[tool]).difference in messages


def test_so_many_choices_that_nobody_could_read_them_are_carried() -> None:
    many = tuple(Updated(asset=asset) for asset in (A, B, C) * 5)
    graph = estate(AtLeast(count=7, parts=many), "prefect")
    translation = prepare(graph, adapter_for("airflow"))
    assert [each.trigger for flow in translation.native.flows for each in flow.schedules if each.trigger] == []
    assert Severity.CARRIED in {loss.severity for loss in translation.losses if loss.code is Code.SCHEDULE_TRIGGER}


def test_a_group_of_another_tool_inside_a_group_is_said_in_airflows_words() -> None:
    a, b, c = (Updated(asset=asset) for asset in (A, B, C))
    nested = AnyOf(parts=(InOrder(parts=(a, b)), AtLeast(count=2, parts=(a, b, c))))
    translation = prepare(estate(nested, "prefect"), adapter_for("airflow"))
    (flow,) = translation.native.flows
    pairs = [AllOf(parts=pair) for pair in ((a, b), (a, b), (a, c), (b, c))]
    assert normal(flow.schedules[0].trigger or a, TOOLS["airflow"]) == normal(
        AnyOf(parts=tuple(pairs)), TOOLS["airflow"]
    )
