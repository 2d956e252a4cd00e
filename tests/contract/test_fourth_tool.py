"""A fourth tool is one record: with it, its triggers are compared with those of all others; without, each is told of as unknown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from transload import registry
from transload.bridging import REMEDY, routable
from transload.counterparts import known_tools, machine_of
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.triggers import AnyOf, Cron, Eager, Opaque, Trigger, Updated
from transload.registry import adapter_for
from transload.translator import prepare
from transload.triggering import Context, Equivalence, equivalences
from transload.triggering.examples import FORMS, A
from transload.triggering.witnesses import Evaluator, witness

from .starting import estate

TOYS: Final = Path(__file__).parents[1] / "toys"
THREE: Final = ("airflow", "dagster", "prefect")
CODES: Final = (Code.SCHEDULE_TRIGGER, Code.ASSET_TRIGGER)
FORMS_OF_TICKER: Final = ("updated", "all", "any", "nested", "cron", "changing")
DAILY: Final = Cron(expression="0 5 13 * 5", timezone="UTC")
UNKNOWN: Final = "Nothing is known of when Silent's triggers fire"


def _forget() -> None:
    for function in (registry._entry_points, registry.adapter_for, known_tools):
        function.cache_clear()


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two more tools, registered as any distribution registers its own."""
    for tool in ("ticker", "silent"):
        info = tmp_path / f"{tool}_toy-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {tool}-toy\nVersion: 1.0\n", encoding="utf-8")
        entry = f"[transload.adapters]\n{tool} = transload_{tool}:adapter\n"
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(TOYS), str(tmp_path), *sys.path])
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def rows() -> list[Equivalence]:
    return [row for row in equivalences(known_tools().semantics.values()) if "ticker" in (row.source, row.target)]


def row_of(form: str, source: str, target: str) -> Equivalence:
    return next(row for row in rows() if (row.form, row.source, row.target) == (form, source, target))


def evaluator(tool: str) -> Evaluator:
    return lambda trigger, context: machine_of(trigger, tool, context)


def losses(graph: AssetGraph, tool: str) -> list[Loss]:
    return [loss for loss in prepare(graph, adapter_for(tool)).losses if loss.code in CODES]


# With a record


def test_every_sentence_is_proved_by_a_witness_and_nothing_else_has_one() -> None:
    for row in rows():
        form = FORMS[row.form]
        if row.form not in ("event", "opaque"):
            tools = evaluator(row.source), evaluator(row.target)
            found = witness(row.form, tools, row.becomes(form.example, form.context), 4 if row.exact else 6)
            assert (found is None) == row.exact, row


def test_the_ticker_is_alike_where_it_does_the_same() -> None:
    assert {(row.form, row.source, row.target) for row in rows() if row.exact} == {
        (form, *pair)
        for form in ("updated", "all", "any", "nested")
        for pair in (("airflow", "ticker"), ("ticker", "airflow"))
    }


@pytest.mark.parametrize("tool", THREE)
@pytest.mark.parametrize("form", FORMS_OF_TICKER)
def test_the_report_from_the_ticker_quotes_the_row(form: str, tool: str) -> None:
    row = row_of(form, "ticker", tool)
    found = losses(estate(FORMS[form].example, "ticker"), tool)
    own = [loss.message for loss in found if loss.subject.startswith("flow")]
    assert own == ([] if row.exact else [row.difference])


@pytest.mark.parametrize("tool", THREE)
@pytest.mark.parametrize("form", FORMS_OF_TICKER)
def test_the_report_to_the_ticker_quotes_the_row(form: str, tool: str) -> None:
    row = row_of(form, tool, "ticker")
    found = [(loss.message, loss.severity) for loss in losses(estate(FORMS[form].example, tool), "ticker")]
    assert found == ([] if row.exact else [(row.difference, Severity.APPROXIMATED)])


# Without


@pytest.mark.parametrize("tool", THREE)
@pytest.mark.parametrize("trigger", [DAILY, Updated(asset=A), AnyOf(parts=(DAILY, Updated(asset=A)))], ids=str)
def test_a_trigger_of_a_silent_tool_is_told_of_once(trigger: Trigger, tool: str) -> None:
    (loss,) = [each for each in losses(estate(trigger, "silent"), tool) if each.subject.startswith("flow")]
    assert loss.message == f"{UNKNOWN}, and they are read as {known_tools().title(tool)}'s would be."
    assert (loss.code, loss.severity, loss.remedy) == (Code.SCHEDULE_TRIGGER, Severity.APPROXIMATED, REMEDY)


@pytest.mark.parametrize("source", THREE)
@pytest.mark.parametrize("trigger", [DAILY, Updated(asset=A)], ids=str)
def test_a_trigger_to_a_silent_tool_is_told_of_once(trigger: Trigger, source: str) -> None:
    (loss,) = losses(estate(trigger, source), "silent")
    assert loss.message == f"{UNKNOWN}, and they are read as {known_tools().title(source)}'s would be."
    assert (loss.code, loss.severity) == (Code.SCHEDULE_TRIGGER, Severity.APPROXIMATED)


def test_what_is_not_written_for_a_silent_tool_says_so_too() -> None:
    (loss,) = losses(estate(FORMS["once"].example, "silent"), "prefect")
    assert loss.message == (
        f"{UNKNOWN}, and they are read as Airflow's would be; Prefect has nothing like it, so that no run is started."
    )
    assert loss.severity is Severity.CARRIED


@pytest.mark.parametrize("tool", [*THREE, "ticker"])
def test_a_condition_of_a_silent_tool_is_told_of_once(tool: str) -> None:
    (loss,) = losses(estate(Eager(), "silent", on_asset=True), tool)
    assert loss.message.startswith(UNKNOWN)
    assert loss.code is Code.ASSET_TRIGGER


def test_a_silent_tool_means_what_it_means_itself() -> None:
    assert losses(estate(DAILY, "silent"), "silent") == []


def test_two_tools_of_which_nothing_is_known_are_both_named() -> None:
    (loss,) = losses(estate(DAILY, "kestra"), "silent")
    assert loss.message == "Nothing is known of when Kestra's and Silent's triggers fire."


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tool", [*THREE, "ticker", "silent", "nobody"])
def test_no_trigger_of_a_tool_without_an_adapter_is_an_error(form: str, tool: str) -> None:
    graph = estate(FORMS[form].example, "kestra")
    (flow,) = graph.flows
    (difference,) = known_tools().of_flow(FORMS[form].example, flow, graph, tool).differences
    assert "Nothing is known of when Kestra's" in difference
    assert difference.count(".") == difference.count("..") + 1 or form in ("eager", "event")
    asset = Asset(id=A, origin=flow.origin)
    (difference,) = known_tools().of_asset(Eager(), asset, tool, Context()).differences
    assert "Kestra" in difference


def test_what_nobody_says_anything_of_fires_by_the_rules_of_the_target() -> None:
    graph = estate(DAILY, "kestra")
    bare = graph_of(
        [asset.model_copy(update={"origin": None}) for asset in graph.assets],
        graph.jobs,
        [flow.model_copy(update={"origin": None}) for flow in graph.flows],
        graph.aliases,
    )
    assert all(losses(bare, tool) == [] for tool in (*THREE, "ticker", "silent"))


def test_code_of_ones_own_stays_so() -> None:
    (loss,) = losses(estate(Opaque(tool="silent", type="x"), "silent"), "airflow")
    assert loss.severity is Severity.CARRIED
    assert not routable(Opaque(tool="silent", type="x"))
