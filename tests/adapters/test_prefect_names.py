"""Law L3 for Prefect: keys and names are legal there, distinct, stable and reversible."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import AssetId, identify, logical, scrub, uri_of
from transload.model.jobs import Flow, Job
from transload_prefect import names
from transload_prefect.codecs.deployments import is_name, legal_name

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
URIS = st.builds(
    lambda scheme, rest: f"{scheme}://{rest}",
    st.sampled_from(["s3", "x-dag", "postgresql+psycopg", "S3", "uri", "file", "12"]),
    st.text(st.characters(codec="utf-8") | st.sampled_from(list("~0A2F%? #/")), max_size=40),
)


def _judge() -> Callable[[str], str]:
    validate: Callable[[str], str] = pytest.importorskip("prefect.types.names").validate_valid_asset_key
    return validate


@pytest.mark.prefect
@given(URIS | TEXTS)
def test_prefect_takes_every_key(uri: str) -> None:
    key = names.key_of_uri(uri)

    assert _judge()(key) == key
    assert names.is_key(key)


@pytest.mark.prefect
@given(URIS | TEXTS)
def test_what_is_called_legal_is_what_prefect_takes(text: str) -> None:
    try:
        _judge()(text)
    except ValueError:
        assert not names.is_key(text)
    else:
        assert names.is_key(text)


@given(URIS | TEXTS)
def test_a_key_gives_its_uri_back(uri: str) -> None:
    assert names.uri_of_key(names.key_of_uri(uri)) == uri


@given(URIS, URIS)
def test_two_uris_have_two_keys(one: str, other: str) -> None:
    assert (names.key_of_uri(one) == names.key_of_uri(other)) == (one == other)


def test_a_long_key_is_cut_and_stays_distinct() -> None:
    long = "s3://b/" + "k" * 600

    keys = {names.key_of_uri(long), names.key_of_uri(long + "1")}

    assert len(keys) == 2
    assert all(names.is_key(key) for key in keys)


@pytest.mark.parametrize("key", ["s3://b/~ann/x", "s3://b/~FF", "s3://b/~41", "uri://b", "s3://b/~fa"])
def test_a_key_that_was_never_escaped_stays_as_it_is(key: str) -> None:
    assert names.uri_of_key(key) in (key, key.removeprefix("uri://"))
    assert names.uri_of_key(key) == key or names.key_of_uri(names.uri_of_key(key)) == key


@pytest.mark.parametrize(
    "identity",
    [
        identify("arn:aws:glue:eu-west-1:123:table/db/t"),
        identify("snowflake://acc/DB/S/T"),
        logical("dagster", "prod", ["a", "b/c", "d e"]),
        logical("airflow", "default", ["orders"]),
        identify("bigquery://p/d/t"),
        identify("x-dag://etl"),
    ],
)
def test_an_identity_survives_as_a_key(identity: AssetId) -> None:
    assert names.identity_of(names.key_of_uri(uri_of(identity))) == identity


@given(st.lists(TEXTS, unique=True, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_or_on_others(texts: list[str], random: object) -> None:
    flows = [Flow(name=text, jobs=(f"{text}.load",)) for text in texts]
    jobs = [Job(name=f"{text}.load") for text in texts]
    assets = [Asset(id=AssetId("s3://lake", text or "/")) for text in texts]
    whole = names.assign(graph_of({asset.id: asset for asset in assets}.values(), jobs, flows))
    random.shuffle(flows)  # type: ignore[attr-defined]

    again = names.assign(graph_of({asset.id: asset for asset in reversed(assets)}.values(), jobs[::-1], flows))
    alone = names.assign(graph_of([assets[0]], [], []))

    assert whole == again
    assert alone.assets[0].names == whole.asset[assets[0].id].names
    given_names = [flow.names["prefect"][0] for flow in whole.flows]
    assert len(set(given_names)) == len(given_names)
    assert all(is_name(name) for name in given_names)


@given(TEXTS, TEXTS)
def test_names_of_flows_are_legal_and_distinct(one: str, other: str) -> None:
    first, second = legal_name(one, "flow"), legal_name(other, "flow")

    assert is_name(first)
    assert (first == second) == (one == other) or first in (one, other)


def test_a_name_that_prefect_takes_stays() -> None:
    asset = Asset(id=identify("s3://b/k"), names={"prefect": ("s3a://b/k",), "airflow": ("k", "s3://b/k")})

    assert names.assign(graph_of([asset])).assets == (asset,)


def test_a_key_with_credentials_does_not_stay() -> None:
    asset = Asset(id=identify("postgres://h/d/s/t"), names={"prefect": ("postgres://u:pw@h/d/s/t",)})

    assert "pw" not in repr(names.assign(graph_of([asset])))


def test_a_job_is_named_by_its_first_flow() -> None:
    graph = names.assign(
        graph_of(jobs=[Job(name="b.load")], flows=[Flow(name="b", jobs=("b.load",)), Flow(name="a", jobs=("b.load",))])
    )

    assert graph.job["b.load"].names == {"prefect": ("a", "b.load")}
    assert names.job_name(graph.job["b.load"]) == "a/b.load"


@pytest.mark.parametrize("empty", [(), ("",), ("a", "b", "c"), ("", "")])
def test_a_native_name_of_another_form_counts_as_none(empty: tuple[str, ...]) -> None:
    graph = graph_of(
        [Asset(id=identify("s3://b/k"), names={"prefect": empty})],
        [Job(name="j", names={"prefect": empty})],
        [Flow(name="f", names={"prefect": empty})],
    )

    named = names.assign(graph)

    assert (named.assets[0].names, named.jobs[0].names, named.flows[0].names["prefect"]) == (
        {"prefect": ("s3://b/k",)},
        {"prefect": ("assets", "j")},
        ("f",),
    )


@pytest.mark.parametrize("uri", [":@", "x:a@b", ":;password=x", "//@"])
def test_a_text_without_credentials_gets_a_key_without_any(uri: str) -> None:
    """Behind the scheme that the key needs, the text would look as if it had a user."""
    key = names.key_of_uri(uri)

    assert (scrub(uri), scrub(key)) == (uri, key)
    assert names.uri_of_key(key) == uri
