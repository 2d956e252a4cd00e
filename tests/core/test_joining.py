"""Joining rules: which names mean the same dataset, and what is refused."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.errors import SettingsError
from transload.joining import Joining
from transload.model.identity import AssetId, identify, logical

TOML = """
[deployments]
dagster = "prod"

[[join]]
asset = { dagster = ["analytics", "{table}"] }
is = "snowflake://acc/DB/ANALYTICS/{table:upper}"

[[join]]
asset = "dagster://prod/lake/{key...}"
is = "s3://lake/{key}"

[[join]]
asset = { airflow = "orders" }
is = "postgresql://H/db/public/orders"

[[join]]
asset = "postgres://h/db/{schema}/{table}_{year}"
is = "s3://old/{year}/{schema}.{table:lower}"

[[join]]
asset = "snowflake://acc/{db}/{schema}/{table}"
is = "snowflake://acc/{db:upper}/{schema:upper}/{table:upper}"

[[same]]
assets = ["dagster://prod/a/b", "airflow://default/ab", "s3a://lake/b", "gs://lake/b"]
"""


@pytest.fixture
def joining(tmp_path: Path) -> Joining:
    path = tmp_path / "transload.toml"
    path.write_text(TOML, encoding="utf-8")
    return Joining.load(path)


JOINED = [
    (logical("dagster", "prod", ["analytics", "orders"]), "snowflake://acc/DB/ANALYTICS/ORDERS"),
    (logical("dagster", "prod", ["lake", "a", "b"]), "s3://lake/a/b"),
    (logical("airflow", "default", ["orders"]), "postgres://h:5432/db/public/orders"),
    (identify("postgresql://H:5432/db/s/T_2024"), "s3://old/2024/s.t"),
    (identify("snowflake://acc/db/s/t"), "snowflake://acc/DB/S/T"),
    (logical("dagster", "prod", ["a", "b"]), "s3://lake/b"),
    (logical("airflow", "default", ["ab"]), "s3://lake/b"),
    (identify("gs://lake/b"), "s3://lake/b"),
]


@pytest.mark.parametrize(("asset", "uri"), JOINED, ids=[f"{asset.namespace}/{asset.name}" for asset, _ in JOINED])
def test_a_rule_gives_the_identity_of_what_it_names(joining: Joining, asset: AssetId, uri: str) -> None:
    assert joining.resolve(asset) == identify(uri)


@pytest.mark.parametrize(
    "asset",
    [
        logical("dagster", "dev", ["analytics", "orders"]),
        logical("dagster", "prod", ["analytics", "a", "b"]),
        logical("dagster", "prod", ["analytics"]),
        logical("dagster", "prod", ["xanalytics", "orders"]),
        logical("airflow", "default", ["orders2"]),
        logical("prefect", "default", ["orders"]),
        identify("s3://b/k"),
    ],
    ids=str,
)
def test_what_no_rule_names_keeps_its_identity(joining: Joining, asset: AssetId) -> None:
    assert joining.resolve(asset) == asset


def test_another_tools_name_of_a_logical_asset_counts(joining: Joining) -> None:
    asset = logical("prefect", "default", ["orders"])

    assert joining.resolve(asset, {"airflow": ("orders", "orders"), "prefect": ("orders",)}) == identify(
        "postgres://h/db/public/orders"
    )


def test_a_native_name_does_not_move_an_asset_that_lies_somewhere_else(joining: Joining) -> None:
    asset = identify("s3://elsewhere/k")

    assert joining.resolve(asset, {"dagster": ("analytics", "orders")}) == asset


def test_a_part_with_a_slash_stays_one_segment(joining: Joining) -> None:
    assert joining.resolve(logical("dagster", "prod", ["analytics", "a/b"])) == AssetId(
        "snowflake://acc", "DB.ANALYTICS.A%2FB"
    )


def test_the_first_matching_rule_wins() -> None:
    rules = [{"asset": "x-a://h/{any...}", "is": "s3://first/{any}"}, {"asset": "x-a://h/k", "is": "s3://second/k"}]

    assert Joining.parse({"join": rules}).resolve(identify("x-a://h/k")) == identify("s3://first/k")


def test_a_placeholder_used_twice_stands_for_one_text() -> None:
    joining = Joining.parse({"join": [{"asset": "x-a://h/{t}/{t}", "is": "s3://b/{t}"}]})

    assert joining.resolve(identify("x-a://h/k/k")) == identify("s3://b/k")
    assert joining.resolve(identify("x-a://h/k/l")) == identify("x-a://h/k/l")


def test_literal_braces_and_marks_are_no_placeholders() -> None:
    joining = Joining.parse({"join": [{"asset": "x-a://h/{{day}}/tlhole0x{t}", "is": "s3://b/{{d}}/{t}"}]})

    assert joining.resolve(identify("x-a://h/{day}/tlhole0xk")) == identify("s3://b/{d}/k")


def test_deployments_have_names_and_a_default(joining: Joining) -> None:
    assert (joining.deployment("dagster"), joining.deployment("airflow")) == ("prod", "default")


def test_without_rules_nothing_changes() -> None:
    assert Joining().resolve(identify("s3://b/k")) == identify("s3://b/k")


def test_keys_that_others_read_are_left_to_them(tmp_path: Path) -> None:
    path = tmp_path / "transload.toml"
    path.write_text("[[route]]\nx = 1\n", encoding="utf-8")

    assert Joining.load(path, elsewhere={"route"}) == Joining()


_NAMES = st.lists(
    st.sampled_from(["a", "b", "ab", "orders", "analytics", "lake", "x/y", "T_1", ""]), min_size=1, max_size=3
)
_ASSETS = st.one_of(
    st.builds(
        logical, st.sampled_from(["dagster", "airflow", "prefect"]), st.sampled_from(["prod", "default"]), _NAMES
    ),
    _NAMES.map(lambda parts: identify(f"snowflake://acc/{'/'.join(parts)}")),
    _NAMES.map(lambda parts: identify(f"postgres://h/{'/'.join(parts)}")),
)


@given(_ASSETS, st.dictionaries(st.sampled_from(["dagster", "airflow", "prefect"]), _NAMES.map(tuple)))
def test_resolving_is_idempotent(asset: AssetId, names: dict[str, tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "transload.toml")
        path.write_text(TOML, encoding="utf-8")
        joining = Joining.load(path)
    resolved = joining.resolve(asset, names)

    assert joining.resolve(resolved, names) == resolved


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"joins": []}, "'joins' is unknown"),
    ({"join": [{"asset": "s3://a/b", "is": "s3://b/c", "name": "x"}]}, "join[1]: The key 'name' is unknown"),
    ({"join": [{"asset": "s3://a/b"}]}, "'is' is missing"),
    ({"join": {"asset": "s3://a/b"}}, "Write [[join]]"),
    ({"join": [{"asset": 1, "is": "s3://b/c"}]}, "join[1].asset: This is not a text"),
    ({"join": [{"asset": "orders", "is": "s3://b/c"}]}, "'orders' is not a URI"),
    ({"join": [{"asset": "s3://a/{x", "is": "s3://b/c"}]}, "is no placeholder"),
    ({"join": [{"asset": "s3://a/{x y}", "is": "s3://b/c"}]}, "is no placeholder"),
    ({"join": [{"asset": "s3://a/{x:upper}", "is": "s3://b/{x}"}]}, "where it is used only"),
    ({"join": [{"asset": "s3://a/{x...}/{y...}", "is": "s3://b/{x}"}]}, "one {name...} only"),
    ({"join": [{"asset": "s3://a/{x}", "is": "s3://b/{y}"}]}, "No placeholder of `asset` is named 'y'"),
    ({"join": [{"asset": "s3://a/k?x={x}", "is": "s3://b/{x}"}]}, "does not reach"),
    ({"join": [{"asset": {"dagster": ["a"], "airflow": "b"}, "is": "s3://b/c"}]}, "Name one tool"),
    ({"join": [{"asset": {"dagster": []}, "is": "s3://b/c"}]}, "not a list of texts"),
    ({"join": [{"asset": {"dag ster": "a"}, "is": "s3://b/c"}]}, "No asset can be named"),
    (
        {"join": [{"asset": "s3://a/{x}", "is": "s3://b/{x}"}, {"asset": "s3://b/{x}", "is": "s3://a/{x}"}]},
        "lead in a circle",
    ),
    ({"join": [{"asset": "s3://a/{x}", "is": "s3://a/b{x}"}]}, "lead in a circle"),
    (
        {"same": [{"assets": ["s3://b/k", "x-a://h/1"]}], "join": [{"asset": "s3://b/{k}", "is": "x-a://h/1"}]},
        "lead in a circle",
    ),
    ({"same": [{"assets": ["s3://a/b", "s3://b/c"]}, {"assets": ["s3://a/b", "s3://d/e"]}]}, "in two groups"),
    ({"same": [{"assets": ["orders"]}]}, "'orders' is not a URI"),
    ({"same": [{"assets": "s3://a/b"}]}, "not a list of texts"),
    ({"deployments": "prod"}, "not a table"),
    ({"deployments": {"dagster": ""}}, "deployments.dagster"),
]


@pytest.mark.parametrize(
    ("data", "message"), WRONG, ids=[f"{number} {message}" for number, (_, message) in enumerate(WRONG)]
)
def test_wrong_rules_are_refused_with_file_and_key(data: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Joining.parse(data, "rules.toml")

    assert message in str(caught.value)
    assert (caught.value.where or "").startswith("rules.toml")


@pytest.mark.parametrize("content", [b"[[join", b"\xff"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "transload.toml"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match="cannot be read"):
        Joining.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        Joining.load(tmp_path / "none.toml")
