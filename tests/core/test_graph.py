"""Graphs: closed, in canonical order, and as large as they come."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from transload.errors import GraphError
from transload.model.assets import Alias, Asset, Check, ColumnSource
from transload.model.graph import AssetGraph, Edge, graph_of, subject_of
from transload.model.identity import AssetId, identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import AliasUpdated, Trigger, Updated

A, B, C = (identify(f"s3://lake/{name}") for name in "abc")
LENGTH = 100_000


def assets(*ids: AssetId) -> list[Asset]:
    return [Asset(id=asset) for asset in ids]


def scheduled(trigger: Trigger) -> Flow:
    return Flow(name="f", jobs=("j",), schedules=(Schedule(trigger=trigger),))


def test_order_of_arrival_does_not_matter() -> None:
    """Equal content, equal graph."""
    jobs = [Job(name="y"), Job(name="x")]

    assert graph_of(assets(B, A), jobs) == graph_of(assets(A, B), jobs[::-1])
    assert AssetGraph(assets=tuple(assets(B, A))).assets == tuple(assets(A, B))


@pytest.mark.parametrize(
    "make",
    [
        lambda: graph_of(assets(A, A)),
        lambda: graph_of(jobs=[Job(name="x"), Job(name="x")]),
        lambda: graph_of(flows=[Flow(name="x"), Flow(name="x")]),
        lambda: graph_of(aliases=[Alias(name="x"), Alias(name="x")]),
    ],
)
def test_a_name_used_twice_is_refused(make: Callable[[], AssetGraph]) -> None:
    """By kind: a job and a flow may share a name."""
    with pytest.raises(GraphError, match="defined twice"):
        make()


def test_a_job_and_a_flow_may_share_a_name() -> None:
    """Names are unique by kind only."""
    assert graph_of(jobs=[Job(name="x")], flows=[Flow(name="x")]).job["x"].name == "x"


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: graph_of(jobs=[Job(name="x", reads=(Read(asset=A),))]), "job x"),
        (lambda: graph_of(jobs=[Job(name="x", writes=(Write(asset=A),))]), "job x"),
        (lambda: graph_of(assets(B), [Job(name="x", writes=(Write(asset=B, reads=(A,)),))]), "job x"),
        (lambda: graph_of(jobs=[Job(name="x", after=("y",))]), "job x"),
        (lambda: graph_of(jobs=[Job(name="x", writes_aliases=("y",))]), "job x"),
        (lambda: graph_of(flows=[Flow(name="f", jobs=("y",))]), "flow f"),
        (lambda: graph_of(jobs=[Job(name="j")], flows=[scheduled(Updated(asset=A))]), "flow f"),
        (lambda: graph_of(jobs=[Job(name="j")], flows=[scheduled(AliasUpdated(alias="y"))]), "flow f"),
        (lambda: graph_of([Asset(id=B, trigger=Updated(asset=A))]), "asset s3://lake/b"),
        (lambda: graph_of([Asset(id=B, checks=(Check(name="c", reads=(A,)),))]), "asset s3://lake/b"),
        (
            lambda: graph_of([Asset(id=B, column_lineage={"x": (ColumnSource(asset=A, column="x"),)})]),
            "asset s3://lake/b",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused(make: Callable[[], AssetGraph], where: str) -> None:
    """Wherever one thing names another, and the error says where."""
    with pytest.raises(GraphError, match="named but not defined") as caught:
        make()

    assert caught.value.where == where
    assert caught.value.hint


def test_lookups() -> None:
    """By name, by writer, by reader, by flow."""
    load, clean = Job(name="load", writes=(Write(asset=A),)), Job(name="clean", reads=(Read(asset=A),))
    flow = Flow(name="f", jobs=("load", "clean"))
    graph = graph_of(assets(A), [load, clean], [flow])

    assert (graph.asset[A].id, graph.job["load"], graph.flow["f"]) == (A, load, flow)
    assert (graph.writers, graph.readers) == ({A: (load,)}, {A: (clean,)})
    assert graph.flows_of == {"load": (flow,), "clean": (flow,)}


def test_an_output_comes_from_its_own_inputs() -> None:
    """Where a job says so; else from all of them."""
    writes = (Write(asset=B, reads=(A,)), Write(asset=C))
    job = Job(name="j", reads=(Read(asset=A), Read(asset=B)), writes=writes)

    edges = graph_of(assets(A, B, C), [job]).edges

    assert edges == (Edge(A, B, "j", "data"), Edge(A, C, "j", "data"), Edge(B, C, "j", "data"))


def test_a_trigger_is_an_edge_only_where_no_data_flows() -> None:
    """What a flow or an asset listens to makes its outputs."""
    job = Job(name="j", reads=(Read(asset=A),), writes=(Write(asset=C),))
    by_flow = graph_of(assets(A, B, C), [job], [scheduled(Updated(asset=B))])
    by_asset = graph_of([*assets(A, B), Asset(id=C, trigger=Updated(asset=A))], [job])

    assert by_flow.edges == (Edge(A, C, "j", "data"), Edge(B, C, "j", "trigger"))
    assert by_asset.edges == (Edge(A, C, "j", "data"),)


def test_a_copy_is_checked_anew() -> None:
    """And forgets what the first one looked up."""
    graph = graph_of(assets(A, B), [Job(name="j", reads=(Read(asset=A),))])
    assert A in graph.asset

    assert graph.replaced(assets=assets(A)).asset.keys() == {A}
    with pytest.raises(GraphError):
        graph.replaced(assets=assets(B))


def test_a_changed_copy_looks_up_anew() -> None:
    """`model_copy` takes no old answers along."""
    graph = graph_of(assets(A))
    assert A in graph.asset

    assert graph.model_copy(update={"assets": ()}).asset == {}


def test_subjects_tell_entities_apart() -> None:
    """As reports show them."""
    assert [subject_of(entity) for entity in (Asset(id=A), Job(name="x"), Flow(name="x"), Alias(name="x"))] == [
        "asset s3://lake/a",
        "job x",
        "flow x",
        "alias x",
    ]


def chain(length: int) -> AssetGraph:
    """Each asset made from the one before."""
    ids = [AssetId("s3://lake", f"{number:06}") for number in range(length)]
    jobs = [
        Job(name=f"{number:06}", reads=(Read(asset=ids[number - 1]),), writes=(Write(asset=ids[number]),))
        for number in range(1, length)
    ]
    return graph_of([Asset(id=asset) for asset in ids], jobs)


def test_a_chain_of_100_000_assets_is_no_matter_of_depth() -> None:
    """Nothing recurses along the data."""
    graph = chain(LENGTH)

    assert len(graph.edges) == LENGTH - 1
    assert len(graph.edges_from) == LENGTH - 1
