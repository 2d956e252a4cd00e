"""The provider inside Airflow: what it registers, that it yields to Airflow's own, and that its datasets are the static reader's."""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transload.model.identity import AssetId, identify, uri_of
from transload.model.schemes import SCHEMES
from transload_airflow.codecs.uris import SCHEME, encoded, identity_of, sanitised
from transload_airflow.running import provider

OTHERS: Final = "pytest_transload_others"
"""A module that stands for another provider, put into `sys.modules`."""


def schemes_of(info: dict[str, Any]) -> list[str]:
    (uris,) = info["asset-uris"]
    return list(uris["schemes"])


def dataset_of(uri: str) -> AssetId | None:
    dataset = provider.to_openlineage(SimpleNamespace(uri=uri), None)
    return AssetId(dataset.namespace, dataset.name) if dataset else None


def point(name: str, value: str) -> importlib.metadata.EntryPoint:
    return importlib.metadata.EntryPoint(name, value, provider.GROUP)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets which providers are found besides this one, by what they tell of themselves."""

    def install(*infos: dict[str, Any]) -> None:
        functions = {f"info{number}": (lambda info=info: info) for number, info in enumerate(infos)}
        monkeypatch.setitem(sys.modules, OTHERS, SimpleNamespace(**functions))
        points = [point(name, f"{OTHERS}:{name}") for name in functions]
        own = point("transload", f"{provider.__name__}:get_provider_info")
        monkeypatch.setattr(provider, "entry_points", lambda group: [own, *points] if group == provider.GROUP else [])

    return install


def test_every_scheme_with_a_rule_is_registered_where_no_other_provider_is(installed: Any) -> None:
    installed()

    registered = schemes_of(provider.get_provider_info())

    assert {SCHEME, "s3", "s3a", "gcs", "abfs", "iceberg", "glue", "athena", "dagster", "prefect"} <= set(registered)
    assert set(SCHEMES) - provider.RESERVED <= set(registered)
    assert registered == sorted(set(registered))


def test_a_scheme_of_another_provider_is_left_to_it(installed: Any) -> None:
    installed(
        {"asset-uris": [{"schemes": ["s3"], "handler": None}, {"schemes": ["postgres", "gs"]}]}, {"name": "no uris"}
    )

    registered = schemes_of(provider.get_provider_info())

    assert not {"s3", "postgres", "gs"} & set(registered)
    assert {"s3a", "gcs", "postgresql+psycopg2"} <= set(registered)


def test_no_scheme_is_reserved_by_airflow(installed: Any) -> None:
    installed()

    assert "airflow" not in schemes_of(provider.get_provider_info())
    with pytest.raises(ValueError, match="airflow"):
        sanitised("airflow://prod/orders")


def test_being_found_imports_no_airflow() -> None:
    """Where there is no other provider, and so mostly no Airflow, nothing of Airflow is asked for."""
    program = "import sys, transload_airflow.running.provider; sys.exit('airflow' in sys.modules or 'openlineage' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    "uri", ["plain", "a/b", "Prod:Orders", "", "s3://", f"{SCHEME}:digest", "abfss://account/path"]
)
def test_a_uri_that_states_no_identity_gives_no_dataset(uri: str) -> None:
    assert dataset_of(uri) is None


@given(st.builds(AssetId, st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30)))
@example(AssetId("airflow://default", "orders"))
@example(AssetId("s3://b", "a//b?c#d"))
def test_an_identity_that_no_uri_can_spell_comes_back_from_the_scheme_for_it(asset: AssetId) -> None:
    assert dataset_of(encoded(asset)) == asset


def _uris() -> st.SearchStrategy[str]:
    schemes = st.sampled_from(
        sorted({*SCHEMES, *(alias for rules in SCHEMES.values() for alias in rules.aliases), SCHEME})
    )
    text = st.text("aB0./:@?&=#%+~;- ", max_size=24)
    return st.builds(
        "{}://{}{}".format, schemes, st.sampled_from(["h", "H.Com:5432", "b@acme.dfs.core.windows.net"]), text
    )


def _stored(uri: str) -> str | None:
    """What Airflow itself stores; None for what it refuses."""
    from airflow.sdk import Asset

    try:
        return str(Asset(name="n", uri=uri).uri)
    except ValueError:
        return None


def _if_contained(stored: str) -> AssetId | None:
    """None where Airflow took a container for user info, as 3.1 does, and where there was none."""
    contained = "@" in stored or not stored.startswith(("abfs", "wasb"))
    return identity_of(stored) if contained else None


@pytest.mark.airflow
@pytest.mark.filterwarnings("ignore:An Asset URI should not contain")
@given(_uris())
@example("https://h/p?q=a%20b&z=")
@example("dagster://prod/a?x=1")
@example("s3a://lake/raw/")
def test_a_run_event_names_the_dataset_that_the_static_reader_named(uri: str) -> None:
    """The reader has the URI as it was written, Airflow's provider as Airflow stored it."""
    stored = _stored(uri)
    if stored and stored.partition(":")[0] in schemes_of(provider.get_provider_info()):
        assert dataset_of(stored) in {identity_of(sanitised(uri)), _if_contained(stored)}


def _manager() -> Any:
    """What holds the converters: a class of its own since Airflow 3.2."""
    try:
        return importlib.import_module("airflow.sdk.providers_manager_runtime").ProvidersManagerTaskRuntime()
    except ModuleNotFoundError:
        return importlib.import_module("airflow.providers_manager").ProvidersManager()


@pytest.mark.airflow
def test_airflow_discovers_the_provider_and_converts_with_it() -> None:
    from airflow.sdk import Asset

    if not any(each.module == provider.__name__ for each in importlib.metadata.entry_points(group=provider.GROUP)):
        pytest.skip("this package is not installed, and so not found by Airflow")
    converters = _manager().asset_to_openlineage_converters

    own = schemes_of(provider.get_provider_info())
    assert {name for name, each in converters.items() if each is provider.to_openlineage} == set(own)
    uri = "s3a://lake/raw/orders"
    asset = Asset(name="orders", uri=uri)
    assert (asset.uri, asset.normalized_uri) == (uri, uri)
    made = converters["s3a"](asset, None)
    assert (made.namespace, made.name) == identify(uri) == identify(uri_of(identify(uri)))
