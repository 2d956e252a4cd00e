"""Several graphs into one."""

from __future__ import annotations

from hypothesis import given

from transload.loss import Code
from transload.merging import merged
from transload.model.assets import Alias, Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify, logical
from transload.model.jobs import Flow, Job, Read, Write
from transload.model.references import Renames
from transload.testing.strategies import any_graphs
from transload.testing.subjects import effort

ORDERS, LOGICAL = identify("s3://lake/orders"), logical("dagster", "default", ["orders"])
AIRFLOW, DAGSTER = Origin(tool="airflow", path="dags/etl.py", line=3), Origin(tool="dagster", path="defs.py", line=9)


def test_one_table_is_one_node() -> None:
    """Whoever writes it; each side adds what the other does not say."""
    first = graph_of([Asset(id=ORDERS, names={"airflow": ("o", "s3://lake/orders")}, title="Orders", origin=AIRFLOW)])
    second = graph_of([Asset(id=ORDERS, names={"dagster": ("orders",)}, owners=("ann",), origin=DAGSTER)])

    graph, losses = merged([first, second])

    (asset,) = graph.assets
    assert (asset.title, asset.owners, set(asset.names), asset.origin) == (
        "Orders",
        ("ann",),
        {"airflow", "dagster"},
        AIRFLOW,
    )
    assert losses == ()


def test_a_disagreement_is_reported_at_both_places() -> None:
    """The first one is used."""
    first = graph_of([Asset(id=ORDERS, title="Orders", names={"toy": ("a",)}, origin=AIRFLOW)])
    second = graph_of([Asset(id=ORDERS, title="All orders", names={"toy": ("b",)}, origin=DAGSTER)])

    graph, losses = merged([first, second])

    assert graph.assets[0].title == "Orders"
    assert [(loss.field, loss.code) for loss in losses] == [
        ("names.toy", Code.CONTRADICTION),
        ("title", Code.CONTRADICTION),
    ]
    assert "dags/etl.py:3 and defs.py:9" in losses[1].message
    assert losses[1].origin == DAGSTER


def test_jobs_of_one_name_in_two_tools_are_two() -> None:
    """The later one is told apart by its tool, and its flow follows."""
    first = graph_of(
        jobs=[Job(name="etl.load", origin=AIRFLOW)], flows=[Flow(name="etl", jobs=("etl.load",), origin=AIRFLOW)]
    )
    second = graph_of(
        jobs=[Job(name="etl.load", origin=DAGSTER)], flows=[Flow(name="etl", jobs=("etl.load",), origin=DAGSTER)]
    )

    graph, losses = merged([first, second])

    assert {flow.name: flow.jobs for flow in graph.flows} == {
        "etl": ("etl.load",),
        "dagster:etl": ("dagster:etl.load",),
    }
    assert losses == ()


def test_a_third_job_of_the_name_is_told_apart_too() -> None:
    """Even where its new name is taken."""
    names = [Job(name="x", origin=AIRFLOW), Job(name="dagster:x", origin=AIRFLOW)]

    graph, _ = merged([graph_of(jobs=names), graph_of(jobs=[Job(name="x", origin=DAGSTER)])])

    assert [job.name for job in graph.jobs] == ["dagster:x", "dagster:x#2", "x"]


def test_the_same_job_of_one_tool_is_one() -> None:
    """Read twice."""
    graph = graph_of(jobs=[Job(name="x", origin=DAGSTER)])

    assert merged([graph, graph]) == (graph, ())


def test_rules_join_before_merging() -> None:
    """Two identities of one table, and everything that names them."""
    graph = graph_of(
        [Asset(id=ORDERS, title="Orders"), Asset(id=LOGICAL, owners=("ann",))],
        [Job(name="j", writes=(Write(asset=LOGICAL),)), Job(name="k", reads=(Read(asset=LOGICAL),))],
    )

    joined, losses = merged([graph], Renames(assets={LOGICAL: ORDERS}))

    assert [(asset.id, asset.title, asset.owners) for asset in joined.assets] == [(ORDERS, "Orders", ("ann",))]
    assert (set(joined.writers), set(joined.readers), losses) == ({ORDERS}, {ORDERS}, ())


def test_aliases_merge_by_name() -> None:
    """They have nothing else."""
    graph, losses = merged(
        [graph_of(aliases=[Alias(name="x", group="a")]), graph_of(aliases=[Alias(name="x", group="b")])]
    )

    assert graph.aliases == (Alias(name="x", group="a"),)
    assert [loss.subject for loss in losses] == ["alias x"]


@given(graph=any_graphs())
@effort(50)
def test_merging_with_nothing_or_itself_changes_nothing(graph: AssetGraph) -> None:
    """A graph of one source is that source's."""
    plain = graph.replaced(
        jobs=[job.model_copy(update={"origin": AIRFLOW}) for job in graph.jobs],
        flows=[flow.model_copy(update={"origin": AIRFLOW}) for flow in graph.flows],
    )

    assert merged([plain]) == (plain, ())
    assert merged([AssetGraph(), plain, plain]) == (plain, ())
