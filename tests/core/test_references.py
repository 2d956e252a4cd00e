"""Renaming: everything that names an entity follows."""

from __future__ import annotations

from hypothesis import given

from transload.model.assets import Asset, Check, ColumnSource
from transload.model.conditions import AllDeps, AnyDeps, Both, NewlyTrue, Not, OfAsset, Since, State
from transload.model.graph import AssetGraph, checked, graph_of, referenced
from transload.model.identity import AssetId, identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.references import Renames, renamed, renamed_trigger
from transload.model.triggers import AllOf, Condition, Cron, Updated
from transload.testing.strategies import any_graphs
from transload.testing.subjects import effort

A, B, C = (identify(f"s3://lake/{name}") for name in "abc")


def test_every_reference_to_an_asset_follows() -> None:
    """In jobs, schedules, triggers, checks and column lineage."""
    graph = graph_of(
        [
            Asset(id=A),
            Asset(
                id=B,
                trigger=AllOf(parts=(Updated(asset=A), Cron(expression="@daily"))),
                checks=(Check(name="c", reads=(A,)),),
                column_lineage={"x": (ColumnSource(asset=A, column="x"),)},
            ),
        ],
        [Job(name="j", reads=(Read(asset=A),), writes=(Write(asset=B, reads=(A,)),))],
        [Flow(name="f", jobs=("j",), schedules=(Schedule(trigger=Updated(asset=A)),))],
    )

    new = renamed(graph, Renames(assets={A: C}))

    assert checked(new).asset.keys() == {B, C}
    assert {asset for asset, _ in referenced(new)} == {B, C}
    assert renamed(new, Renames(assets={C: A})) == graph


def test_jobs_and_flows_follow_too() -> None:
    """Names of jobs in flows and in the order of jobs."""
    graph = graph_of(jobs=[Job(name="a"), Job(name="b", after=("a",))], flows=[Flow(name="f", jobs=("a", "b"))])

    new = checked(renamed(graph, Renames(jobs={"a": "z"}, flows={"f": "g"})))

    assert (new.job["b"].after, new.flow["g"].jobs) == (("z",), ("z", "b"))


def test_names_can_be_swapped() -> None:
    """All renames happen at once."""
    graph = graph_of([Asset(id=A, title="a"), Asset(id=B, title="b")])

    swapped = renamed(graph, Renames(assets={A: B, B: A}))

    assert [asset.title for asset in swapped.assets] == ["b", "a"]
    assert renamed_trigger(None, {A: B}) is None


@given(graph=any_graphs())
@effort(50)
def test_there_and_back(graph: AssetGraph) -> None:
    """Renaming everything loses nothing."""
    there = {asset.id: AssetId("elsewhere", str(number)) for number, asset in enumerate(graph.assets)}
    jobs = {job.name: f"{number}" for number, job in enumerate(graph.jobs)}
    new = checked(renamed(graph, Renames(assets=there, jobs=jobs)))
    back = Renames(assets={new: old for old, new in there.items()}, jobs={new: old for old, new in jobs.items()})

    assert renamed(new, back) == graph


def test_a_condition_follows_with_its_whole_tree() -> None:
    parts = (
        OfAsset(asset=A, part=State(name="missing")),
        AnyDeps(part=NewlyTrue(part=State(name="missing")), only=(A,)),
    )
    tree = Since(part=Both(parts=parts), reset=Not(part=AllDeps(part=State(name="newly_updated"), ignored=(A, B))))

    new = renamed_trigger(Condition(predicate=tree), {A: C})

    assert isinstance(new, Condition)
    assert [asset for asset in (A, B, C) if repr(asset) in repr(new.predicate)] == [B, C]
    assert renamed_trigger(new, {C: A}) == Condition(predicate=tree)
