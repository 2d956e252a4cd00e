"""The records of the model: immutable, closed to unknown fields, and each kind written as itself."""

from __future__ import annotations

import math
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from transload.model import assets, conditions, jobs, partitions, triggers
from transload.model.base import Record, Tagged
from transload.model.identity import identify

ORDERS = identify("s3://lake/orders")


def _records() -> list[type[Record]]:
    found: list[type[Record]] = []
    pending: list[type[Record]] = [Record]
    while pending:
        subclasses = pending.pop().__subclasses__()
        found += subclasses
        pending += subclasses
    return [record for record in found if record.__module__.startswith("transload.model")]


def test_nothing_changes_in_place() -> None:
    """A record can be shared."""
    asset = assets.Asset(id=ORDERS)
    with pytest.raises(ValidationError):
        asset.title = "Orders"  # type: ignore[misc]


@pytest.mark.parametrize("record", _records(), ids=lambda record: record.__name__)
def test_unknown_fields_are_refused(record: type[Record]) -> None:
    """A document of a newer version loses no field in silence."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        record.model_validate({"a field of tomorrow": 1})


@pytest.mark.parametrize("value", [math.nan, math.inf, {"deep": [math.nan]}])
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    """Not a number is not a value."""
    with pytest.raises(ValidationError):
        assets.Asset(id=ORDERS, metadata={"rows": value})


@pytest.mark.parametrize(
    "union", [partitions.Partitions, partitions.PartitionMapping, triggers.Trigger, assets.Freshness]
)
def test_kinds_are_distinct_and_tagged(union: Any) -> None:
    """`kind` tells the records of a union apart."""
    members = get_args(get_args(union)[0])

    assert all(issubclass(member, Tagged) for member in members)
    assert len({member.model_fields["kind"].default for member in members}) == len(members)


def test_the_kind_is_written_where_defaults_are_not() -> None:
    """Otherwise no reader could tell what it is."""
    trigger = triggers.AnyOf(parts=(triggers.Once(), triggers.Updated(asset=ORDERS)))

    written = trigger.model_dump(mode="json", exclude_defaults=True)

    assert written == {"kind": "any", "parts": [{"kind": "once"}, {"kind": "updated", "asset": list(ORDERS)}]}
    assert triggers.AnyOf.model_validate(written) == trigger


def test_nested_definitions_and_mappings_come_back() -> None:
    """Records that hold records of their own union."""
    definition = partitions.MultiPartitions(
        dimensions={
            "day": partitions.TimePartitions(cron="@daily"),
            "region": partitions.StaticPartitions(keys=("de",)),
        }
    )
    mapping = partitions.ChainMapping(
        steps=(
            partitions.RollupMapping(upstream=partitions.IdentityMapping(), window=partitions.Window()),
            partitions.ProductMapping(parts=(partitions.AllMapping(), partitions.FixedMapping(key="x"))),
        )
    )

    assert partitions.MultiPartitions.model_validate(definition.model_dump(mode="json")) == definition
    assert partitions.ChainMapping.model_validate(mapping.model_dump(mode="json", exclude_defaults=True)) == mapping


def test_leaves_come_in_the_order_of_writing() -> None:
    """Whatever the nesting."""
    first, second, third = triggers.Cron(expression="@daily"), triggers.Once(), triggers.Updated(asset=ORDERS)
    trigger = triggers.AnyOf(parts=(triggers.AllOf(parts=(first, second)), triggers.InOrder(parts=(third, first))))

    assert list(triggers.leaves(trigger)) == [first, second, third, first]
    assert triggers.updated_assets(trigger) == (ORDERS,)
    assert list(triggers.leaves(None)) == []


def test_the_assets_of_a_predicate_come_in_the_order_of_writing() -> None:
    first, second, third, fourth = (identify(f"s3://lake/{name}") for name in "abcd")
    state = conditions.State(name="missing")
    predicate = conditions.Both(
        parts=(
            conditions.Since(part=conditions.OfAsset(asset=first, part=state), reset=state),
            conditions.Not(part=conditions.AnyDeps(part=conditions.OfAsset(asset=second, part=state), only=(third,))),
            conditions.Either(parts=(state, conditions.AllDeps(part=state, ignored=(fourth,)))),
        )
    )

    assert list(conditions.assets_of(predicate)) == [first, third, second, fourth]
    assert list(conditions.assets_of(None)) == []


def test_an_origin_is_shown_as_a_place() -> None:
    """As compilers do."""
    assert str(assets.Origin(tool="airflow", path="dags/etl.py", line=3)) == "dags/etl.py:3"
    assert str(assets.Origin(tool="airflow", path="dags/etl.py")) == "dags/etl.py"
    assert str(assets.Origin(tool="airflow")) == "airflow"


def test_jitter_is_a_word_or_a_number() -> None:
    """Dagster has two words, Prefect a factor."""
    assert jobs.Retries(count=1, jitter="full").jitter == "full"
    assert jobs.Retries(count=1, jitter=0.5).jitter == 0.5
    with pytest.raises(ValidationError):
        jobs.Retries(count=1, jitter="sometimes")
