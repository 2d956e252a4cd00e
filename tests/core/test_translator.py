"""Translation, step by step, on the toy: what it holds, what is carried, what is gone, and which adapters are refused."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.toys import toy
from transload import carry
from transload.declaration import Adapter
from transload.errors import AdapterError
from transload.loss import Code, Loss, Severity
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import AliasUpdated
from transload.testing.liars import liar as lying
from transload.translator import meaning, prepare, translate

ORDERS = identify("s3://lake/orders")


def graph(**fields: Any) -> AssetGraph:
    """One asset."""
    return graph_of([Asset(id=ORDERS, **fields)])


def loss_of(given: AssetGraph, field: str) -> Loss:
    """The one loss of a field."""
    (loss,) = [loss for loss in prepare(given, toy).losses if loss.field == field]
    return loss


def test_what_the_tool_holds_is_no_loss() -> None:
    """Neither is a default."""
    translation = prepare(graph(tags={"tier": "1"}, description="Short."), toy)

    assert translation.losses == ()
    assert translation.native.asset[ORDERS].tags == {"tier": "1"}


def test_what_it_does_not_know_is_carried() -> None:
    """And comes back."""
    translation = prepare(graph(owners=("ann",)), toy)
    whole, _ = carry.restore(translation.native, translation.carried, "toy")

    assert translation.native.asset[ORDERS].owners == ()
    assert whole.asset[ORDERS].owners == ("ann",)
    assert [(loss.field, loss.severity, loss.kept) for loss in translation.losses] == [
        ("owners", Severity.CARRIED, "transload.json")
    ]


def test_what_it_holds_in_part_is_carried_whole() -> None:
    """The rule tells the detail."""
    given = graph(description="More than twenty characters.")
    translation = prepare(given, toy)

    assert translation.native.asset[ORDERS].description == "More than twenty cha"
    assert translation.expected.asset[ORDERS].description == "More than twenty characters."
    assert loss_of(given, "description").message == "The description is cut after 20 characters."


def test_what_is_dropped_is_not_expected_back() -> None:
    """It is not carried either."""
    translation = prepare(graph(url="https://wiki.example.com"), toy)

    assert translation.expected.asset[ORDERS].url is None
    assert translation.graph.asset[ORDERS].url == "https://wiki.example.com"
    assert "url" not in str(translation.carried)
    assert [loss.severity for loss in translation.losses] == [Severity.DROPPED]


def test_residue_of_the_tool_is_written_and_of_others_carried() -> None:
    """What its writers do not know of its own is carried too."""
    translation = prepare(graph(native={"toy": {"colour": "red", "size": 1}, "prefect": {"by": "me"}}), toy)

    assert translation.native.asset[ORDERS].native == {"toy": {"colour": "red"}}
    assert translation.expected.asset[ORDERS].native == {"toy": {"colour": "red", "size": 1}, "prefect": {"by": "me"}}
    assert [(loss.field, loss.code) for loss in translation.losses] == [
        ("native.prefect.by", Code.ASSET_NATIVE),
        ("native.toy.size", Code.ASSET_NATIVE),
    ]


def test_entities_that_the_tool_cannot_hold_are_carried_whole() -> None:
    """With a loss of their own."""
    given = graph_of(flows=[Flow(name="f")], aliases=[Alias(name="late", group="g")])
    translation = prepare(given, toy)

    assert translation.carried.whole == {
        "flows": ({"name": "f", "names": {"toy": ["f"]}},),
        "aliases": ({"name": "late", "group": "g"},),
    }
    assert [(loss.subject, loss.field) for loss in translation.losses] == [("alias late", "*"), ("flow f", "*")]


def test_a_flow_that_listens_to_an_alias_can_be_left_out_with_it() -> None:
    """No reference to nothing remains."""
    flow = Flow(name="f", schedules=(Schedule(trigger=AliasUpdated(alias="late")),))
    translation = prepare(graph_of(flows=[flow], aliases=[Alias(name="late")]), toy)

    assert (translation.native.flows, translation.native.aliases) == ((), ())


def test_a_native_name_stays() -> None:
    """Where it is legal and free."""
    named = prepare(graph(names={"toy": ("my name",), "dagster": ("a", "b")}), toy)

    assert named.graph.asset[ORDERS].names == {"toy": ("my name",), "dagster": ("a", "b")}
    assert named.losses == ()


def test_a_native_name_that_cannot_stay_is_reported() -> None:
    """With both names."""
    loss = loss_of(graph(names={"toy": ("two", "parts")}), "names.toy")

    assert (loss.code, loss.severity) == (Code.NAME_CHANGED, Severity.APPROXIMATED)
    assert "['two', 'parts']" in loss.message


def test_meaning_leaves_out_where_things_were_read() -> None:
    """And nothing else."""
    read = prepare(graph(owners=("ann",)), toy).native

    assert meaning(read) == meaning(meaning(read))
    assert meaning(read).assets[0].names == read.assets[0].names


def test_an_unknown_tool_is_refused() -> None:
    """With the tools that there are."""
    with pytest.raises(AdapterError, match="no adapter for 'oozie'") as caught:
        translate(AssetGraph(), "oozie")

    assert caught.value.hint


class _Names:
    """The toy's names with one function replaced."""

    def __init__(self, **changes: Any) -> None:
        self.__dict__.update(
            {name: getattr(toy.names, name) for name in ("assign", "asset_id", "job_name", "flow_name")}
        )
        self.__dict__.update(changes)


def _nameless(given: AssetGraph) -> AssetGraph:
    return given


def _fickle(given: AssetGraph) -> AssetGraph:
    seen = any("toy" in asset.names for asset in given.assets)
    return given.replaced(assets=[asset.model_copy(update={"names": {"toy": (str(seen),)}}) for asset in given.assets])


@pytest.mark.parametrize(
    ("adapter", "says"),
    [
        (lying(toy, names=_Names(assign=_nameless)), "gives it no name"),
        (lying(toy, names=_Names(assign=_fickle)), "changes its name"),
        (lying(toy, support=replace(toy.support, asset={**toy.support.asset, "owners": None})), None),
    ],
)
def test_faults_of_an_adapter_are_its_own(adapter: Adapter, says: str | None) -> None:
    """They are told as such, and never pass as a loss. A table that says too much is for the round trip to find."""
    given = graph(owners=("ann",))
    if says is None:
        assert prepare(given, adapter).losses == ()
        return
    with pytest.raises(AdapterError, match=says) as caught:
        prepare(given, adapter)

    assert "fault of the adapter" in str(caught.value)


def test_a_long_chain_is_linear() -> None:
    """Ten times the assets take about ten times as long, and no stack."""
    small, large = (_seconds(length) for length in (2_000, 20_000))

    assert large < 30 * small


def _seconds(length: int) -> float:
    ids = [AssetId("s3://lake", f"{number:06}") for number in range(length)]
    jobs = [
        Job(name=f"{number:06}", reads=(Read(asset=ids[number - 1]),), writes=(Write(asset=ids[number]),))
        for number in range(1, length)
    ]
    given = graph_of([Asset(id=asset, owners=("ann",)) for asset in ids], jobs)
    start = time.perf_counter()
    translation = prepare(given, toy)
    carry.restore(translation.native, translation.carried, "toy")
    return time.perf_counter() - start
