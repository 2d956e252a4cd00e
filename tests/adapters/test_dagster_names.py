"""Names of assets, ops and asset jobs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import AssetId, identify, logical
from transload.model.jobs import Job, Write
from transload_dagster import names
from transload_dagster.codecs import legal


def _key(asset: Asset) -> tuple[str, ...]:
    return names.assign(graph_of(assets=[asset])).assets[0].names["dagster"]


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("s3://lake/raw/orders.parquet", ("raw", "orders")),
        ("snowflake://acc/DB/ANALYTICS/ORDERS", ("ANALYTICS", "ORDERS")),
        ("postgres://h/shop/public/orders", ("public", "orders")),
        ("file:///data/stock.csv", ("data", "stock")),
    ],
)
def test_a_place_gives_a_readable_key(uri: str, key: tuple[str, ...]) -> None:
    assert _key(Asset(id=identify(uri))) == key


def test_the_name_in_another_tool_is_the_key() -> None:
    asset = Asset(id=identify("s3://lake/x"), names={"airflow": ("sales/daily orders", "s3://lake/x")})

    assert _key(asset) == ("sales", "daily_orders")


def test_a_key_of_dagster_stays() -> None:
    asset = Asset(id=logical("dagster", "default", ("a-b", "c.d")), names={"dagster": ("a-b", "c.d")})

    assert _key(asset) == ("a-b", "c.d")


def test_assets_that_want_one_name_are_told_apart_whatever_else_is_there() -> None:
    first, second, other = (Asset(id=identify(uri)) for uri in ("s3://a/raw/x.csv", "s3://b/raw/x.parquet", "s3://c/y"))
    together = {
        asset.id: asset.names["dagster"] for asset in names.assign(graph_of(assets=[first, second, other])).assets
    }

    assert together[first.id] != together[second.id]
    assert {asset.id: asset.names["dagster"] for asset in names.assign(graph_of(assets=[second, first])).assets} == {
        asset.id: together[asset.id] for asset in (first, second)
    }


@given(
    st.lists(
        st.builds(AssetId, st.sampled_from(["s3://lake", "dagster://default", "file"]), st.text(min_size=1)),
        unique=True,
        max_size=8,
    )
)
def test_every_key_is_one_that_an_op_can_be_named_after(ids: list[AssetId]) -> None:
    graph = graph_of(
        assets=[Asset(id=each) for each in ids],
        jobs=[Job(name=f"job {place}", writes=(Write(asset=each),)) for place, each in enumerate(ids)],
    )
    named = names.assign(graph)
    ops = [job.names["dagster"][0] for job in named.jobs]

    assert all(legal.key(asset.names["dagster"]) for asset in named.assets)
    assert all(re.fullmatch(r"[A-Za-z0-9_]+", op) for op in ops)
    assert len({op.lower() for op in ops}) == len(ops)


@pytest.mark.dagster
@given(st.text(max_size=12))
def test_what_is_legal_here_is_legal_in_dagster(text: str) -> None:
    """Names, groups, owners and cron expressions, by the tool's own validators."""
    from dagster import AssetSpec
    from dagster._core.definitions.utils import check_valid_name, validate_group_name
    from dagster._utils.schedules import is_valid_cron_string

    if legal.name(text):
        check_valid_name(text)
    if legal.group(text):
        validate_group_name(text)
    if legal.owner(text):
        assert AssetSpec("a", owners=[text]).owners == [text]
    assert not legal.cron(text) or is_valid_cron_string(text)


FIELD = st.from_regex(r"\A(\*|[0-9]{1,2})(-[0-9]{1,2})?(/[0-9]{1,2})?\Z")


@pytest.mark.dagster
@given(st.tuples(FIELD, FIELD, FIELD, FIELD, FIELD))
def test_cron_expressions_that_are_legal_here_are_legal_in_dagster(fields: tuple[str, ...]) -> None:
    from dagster._utils.schedules import is_valid_cron_string

    text = " ".join(fields)

    assert not legal.cron(text) or is_valid_cron_string(text)
