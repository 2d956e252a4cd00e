"""What travels beside a tool, and how it is put back, in a project as it was written and in one that people changed since."""

from __future__ import annotations

import json
from typing import Any

import pytest

from transload import carry
from transload.carry import Carried, key_of
from transload.errors import DocumentError
from transload.loss import Code, Loss, Severity
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, identify, logical
from transload.model.jobs import Flow, Job, Read

ORDERS = identify("s3://lake/orders")
NAMED = logical("toy", "default", ["orders"])
KEY = key_of(["orders"])


def project(**fields: Any) -> AssetGraph:
    """What the toy's own words say of one asset, a job that reads it and a flow."""
    asset = Asset(id=NAMED, names={"toy": ("orders",)}, **fields)
    job = Job(name="load", names={"toy": ("load",)}, reads=(Read(asset=NAMED),))
    return graph_of([asset], [job], [Flow(name="etl", names={"toy": ("etl",)}, jobs=("load",))])


def restored(graph: AssetGraph, carried: Carried) -> AssetGraph:
    """The whole, where nothing is amiss."""
    whole, losses = carry.restore(graph, carried, "toy")
    assert losses == ()
    return whole


def only(losses: tuple[Loss, ...]) -> Loss:
    """The one loss, which is one of a contradiction."""
    (loss,) = losses
    assert (loss.severity, loss.code) == (Severity.DROPPED, Code.CONTRADICTION)
    return loss


def test_nothing_carried_changes_nothing() -> None:
    """An ordinary project of somebody who never heard of transload."""
    graph = project()

    assert not Carried()
    assert restored(graph, Carried()) is graph


def test_fields_come_back() -> None:
    """Over what the tool says itself."""
    whole = restored(project(title="cut"), Carried(assets={KEY: {"title": "Orders", "owners": ["ann"]}}))

    assert (whole.assets[0].title, whole.assets[0].owners) == ("Orders", ("ann",))


def test_an_identity_comes_back_everywhere() -> None:
    """The asset, and whoever reads it."""
    whole = restored(project(), Carried(assets={KEY: {"id": list(ORDERS)}}))

    assert whole.asset.keys() == {ORDERS}
    assert whole.job["load"].reads == (Read(asset=ORDERS),)


def test_names_of_jobs_and_flows_come_back() -> None:
    """In the flow that runs the job, too."""
    carried = Carried(jobs={key_of(["load"]): {"name": "etl.load"}}, flows={key_of(["etl"]): {"name": "ETL"}})

    assert restored(project(), carried).flow["ETL"].jobs == ("etl.load",)


def test_what_the_writer_made_up_goes() -> None:
    """And out of the flow that names it."""
    whole = restored(project(), Carried(made={"jobs": (key_of(["load"]),), "flows": (key_of(["gone already"]),)}))

    assert (whole.jobs, whole.flow["etl"].jobs) == ((), ())


def test_what_the_tool_cannot_hold_comes_back_whole() -> None:
    """Of any kind."""
    whole = restored(
        project(),
        Carried(
            whole={
                "assets": ({"id": list(ORDERS)},),
                "jobs": ({"name": "other", "after": ["load"]},),
                "flows": ({"name": "nightly", "jobs": ["other"]},),
                "aliases": ({"name": "late"},),
            }
        ),
    )

    assert (len(whole.assets), whole.job["other"].after, whole.flow["nightly"].jobs) == (2, ("load",), ("other",))
    assert whole.aliases == (Alias(name="late"),)


def test_a_whole_alias_replaces_what_the_tool_holds_of_it() -> None:
    """It was written in part."""
    graph = graph_of(aliases=[Alias(name="late")])

    assert restored(graph, Carried(whole={"aliases": ({"name": "late", "group": "g"},)})).aliases[0].group == "g"


def test_an_entry_without_its_entity_is_reported() -> None:
    """Somebody renamed or deleted it."""
    whole, losses = carry.restore(project(), Carried(assets={key_of(["gone"]): {"title": "Gone"}}), "toy")

    assert whole == project()
    assert only(losses).subject == 'asset ["gone"]'


def test_a_carried_reference_to_nothing_is_reported() -> None:
    """Of an asset: it comes back bare, since something does name it. Of a job: it goes."""
    reads = [{"asset": list(ORDERS)}]
    by_asset, first = carry.restore(project(), Carried(jobs={key_of(["load"]): {"reads": reads}}), "toy")
    by_job, second = carry.restore(project(), Carried(flows={key_of(["etl"]): {"jobs": ["load", "gone"]}}), "toy")
    by_alias, third = carry.restore(project(), Carried(jobs={key_of(["load"]): {"reads_aliases": ["late"]}}), "toy")

    assert by_asset.asset[ORDERS] == Asset(id=ORDERS)
    assert by_job.flow["etl"].jobs == ("load",)
    assert by_alias.aliases == (Alias(name="late"),)
    assert [
        "s3://lake/orders" in only(first).message,
        "'gone'" in only(second).message,
        "'late'" in only(third).message,
    ] == [
        True,
        True,
        True,
    ]


def test_the_project_wins_over_what_was_left_out() -> None:
    """Somebody wrote by hand what the tool could not hold then."""
    whole, losses = carry.restore(project(), Carried(whole={"jobs": ({"name": "load", "pool": "big"},)}), "toy")

    assert whole.job["load"].pool is None
    assert only(losses).subject == "job load"


@pytest.mark.parametrize(
    "carried",
    [
        Carried(assets={KEY: {"title": 1}}),
        Carried(assets={KEY: {"colour": "red"}}),
        Carried(assets={KEY: {"id": "s3://lake/orders"}}),
        Carried(assets={KEY: {"id": ["one"]}}),
        Carried(jobs={key_of(["load"]): {"name": ["load"]}}),
        Carried(whole={"assets": ({"title": "no id"},)}),
        Carried(whole={"pipelines": ({"name": "x"},)}),
    ],
)
def test_damage_is_an_error(carried: Carried) -> None:
    """With a place and a way out."""
    with pytest.raises(DocumentError, match="damaged") as caught:
        carry.restore(project(), carried, "toy")

    assert caught.value.where
    assert caught.value.hint


def test_the_manifest_comes_back() -> None:
    """Sorted, and with the version of its form."""
    carried = Carried(assets={KEY: {"title": "Größe \ud800"}}, whole={"jobs": ({"name": "x"},)}, made={"flows": (KEY,)})
    text = carry.dumps(carried, "toy")

    assert carry.loads(text, where="transload.json") == carried
    assert json.loads(text)["transload"] == 1
    assert text.encode("utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"transload": 2}', '{"transload": 1, "x": 1}', "[" * 100_000])
def test_another_manifest_is_refused(text: str) -> None:
    """With its name."""
    with pytest.raises(DocumentError) as caught:
        carry.loads(text, where="dags/transload.json")

    assert caught.value.where == "dags/transload.json"


def test_two_parts_make_one() -> None:
    """The later one wins; what both left out is left out once."""
    first = Carried(assets={KEY: {"title": "a"}}, whole={"jobs": ({"name": "x"},)})
    second = Carried(assets={KEY: {"title": "b"}}, whole={"jobs": ({"name": "x"},), "flows": ({"name": "y"},)})

    both = carry.merge(first, second)

    assert (both.assets[KEY], both.whole) == ({"title": "b"}, {"jobs": ({"name": "x"},), "flows": ({"name": "y"},)})


def test_identities_of_other_tools_are_kept_apart() -> None:
    """Two native names never get one key."""
    assert key_of(["a", "b"]) != key_of(["a/b"]) != key_of(['a", "b'])
    assert AssetId(*NAMED) == NAMED
