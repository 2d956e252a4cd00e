"""What the table of equivalences says of triggers in Dagster, held against what the written project is in Dagster itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from transload.adapter import Target
from transload.counterparts import known_tools
from transload.loss import Code, Loss, Severity
from transload.model.assets import Alias, Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import AliasUpdated, AnyOf, AtLeast, Cron, InOrder, Trigger, Updated, leaves
from transload.translator import translate
from transload.triggering import Equivalence, equivalences
from transload.triggering.examples import FORMS, OWN, A, B, C
from transload_dagster import adapter
from transload_dagster.codecs import triggers

INTO: Final = [row for row in equivalences(known_tools().semantics.values()) if row.target == "dagster"]


def _graph(trigger: Trigger, tool: str) -> AssetGraph:
    """One flow of a tool, which makes an asset of two others."""
    return graph_of(
        assets=[Asset(id=asset) for asset in (A, B, C, OWN)],
        jobs=[Job(name="etl.make", reads=(Read(asset=A), Read(asset=B)), writes=(Write(asset=OWN),))],
        flows=[
            Flow(name="etl", jobs=("etl.make",), schedules=(Schedule(trigger=trigger),), origin=Origin(tool=tool)),
        ],
        aliases=[Alias(name="daily")],
    )


def _in_dagster(graph: AssetGraph) -> tuple[Trigger | None, list[Trigger | None]]:
    """The condition and the schedules of what Dagster was given."""
    built = adapter.runtime.build(translate(graph, "dagster"))
    found = adapter.load.from_objects(built.objects, built.manifest, Target("dagster", "here")).graph
    flows = [schedule.trigger for flow in found.flows for schedule in flow.schedules]
    return found.asset[OWN].trigger, flows


def _expected(row: Equivalence) -> tuple[Trigger | None, list[Trigger | None]]:
    """What the row says: ticks are schedules, everything else a condition."""
    form = FORMS[row.form]
    found = row.becomes(form.example, form.context) if row.written else None
    if found is None or any(isinstance(leaf, AliasUpdated) for leaf in leaves(form.example)):
        return None, []
    parts = found.parts if isinstance(found, AnyOf) else (found,)
    clocks = [part for part in parts if isinstance(part, Cron)]
    rest = tuple(part for part in parts if not isinstance(part, Cron))
    schedules: list[Trigger | None] = [found] if not rest else [*clocks]
    whole = AnyOf(parts=rest) if len(rest) > 1 else rest[0] if rest else None
    return (triggers.expressible(found if whole and not clocks else whole) if whole else None), schedules


def _of_schedules(graph: AssetGraph) -> Iterator[Loss]:
    for loss in translate(graph, "dagster").losses:
        if loss.subject == "flow etl" and loss.field.startswith("schedules"):
            yield loss


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("row", INTO, ids=lambda row: f"{row.form}-{row.source}")
def test_dagster_holds_what_the_row_says(row: Equivalence) -> None:
    """Law L5: the project as Dagster loads it has the trigger that the row names, or none."""
    assert _in_dagster(_graph(FORMS[row.form].example, row.source)) == _expected(row)


@pytest.mark.parametrize("row", INTO, ids=lambda row: f"{row.form}-{row.source}")
def test_the_loss_is_the_sentence_of_the_row(row: Equivalence) -> None:
    """Law L5: one sentence, that of the table; approximated where something fires, carried where nothing does."""
    told = [
        (loss.message, loss.severity, loss.code) for loss in _of_schedules(_graph(FORMS[row.form].example, row.source))
    ]
    severity = Severity.APPROXIMATED if row.written else Severity.CARRIED

    assert told == ([] if row.exact else [(row.difference, severity, Code.SCHEDULE_TRIGGER)])


NESTED: Final[dict[str, tuple[Any, Any]]] = {
    "choices and orders in a group": (
        AnyOf(
            parts=(
                AtLeast(count=1, parts=(Updated(asset=A), Updated(asset=B))),
                InOrder(parts=(Updated(asset=B), Updated(asset=C)), within=60.0),
            )
        ),
        "A | B | (B & C)",
    ),
    "choices within a time": (
        AtLeast(count=2, parts=(Updated(asset=A), Updated(asset=B), Updated(asset=C)), within=60.0),
        "(A & B) | (A & C) | (B & C)",
    ),
}


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NESTED)
def test_rows_hold_inside_of_groups(name: str) -> None:
    """What a row makes of a form, it makes of it wherever it stands."""
    trigger, expected = NESTED[name]
    found, schedules = _in_dagster(_graph(trigger, "prefect"))

    assert schedules == []
    assert isinstance(found, AnyOf)
    assert " | ".join(map(_words, found.parts)) == expected


def _words(trigger: Trigger) -> str:
    letters = {A: "A", B: "B", C: "C"}
    if isinstance(trigger, Updated):
        return letters[trigger.asset]
    return f"({' & '.join(map(_words, trigger.parts))})"  # type: ignore[union-attr]
