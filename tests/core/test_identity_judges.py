"""Law L3 against its two judges: OpenLineage's own naming classes and the asset converters of Airflow's providers."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import warnings
from pathlib import Path

import pytest

from transload.model.identity import AssetId, identify, uri_of


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


ALL_HERE = "TRANSLOAD_JUDGES" in os.environ
"""Whether a judge that is missing is a failure, and not left out."""

needs_client = pytest.mark.skipif(not _installed("openlineage-python"), reason="openlineage-python is not installed")
needs_airflow = pytest.mark.skipif(
    not (ALL_HERE or (_installed("apache-airflow-core") and _installed("apache-airflow-providers-openlineage"))),
    reason="Airflow and its OpenLineage provider are not installed",
)

NAMING = [
    ("awsathena://athena.us-east-1.amazonaws.com/c/d/t", "Athena", ("us-east-1", "c", "d", "t")),
    ("glue://us-east-1:123/db/t", "AWSGlue", ("us-east-1", "123", "db", "t")),
    ("azurecosmos://h.documents.azure.com/dbs/db/colls/t", "AzureCosmosDB", ("h.documents.azure.com", "db", "t")),
    ("kusto://cluster/db/t", "AzureDataExplorer", ("cluster", "db", "t")),
    ("synapse://h:1433/s/t", "AzureSynapse", ("h", "1433", "s", "t")),
    ("bigquery://p/d/t", "BigQuery", ("p", "d", "t")),
    ("cassandra://h/ks/t", "Cassandra", ("h", "9042", "ks", "t")),
    ("mariadb://h/db/t", "MySQL", ("h", "3306", "db", "t")),
    ("crate://h/db/s/t", "CrateDB", ("h", "4200", "db", "s", "t")),
    ("db2://h/db/s/t", "DB2", ("h", "50000", "db", "s", "t")),
    ("oceanbase://h/db/t", "OceanBase", ("h", "2881", "db", "t")),
    ("oracle://h/svc/s/t", "Oracle", ("h", "1521", "svc", "s", "t")),
    ("postgresql+psycopg2://u:p@h/db/s/t", "Postgres", ("h", "5432", "db", "s", "t")),
    ("teradata://h/db/t", "Teradata", ("h", "1025", "db", "t")),
    ("redshift://c.r/db/s/t", "Redshift", ("c", "r", "5439", "db", "s", "t")),
    ("snowflake://org-acc/DB/S/T", "Snowflake", ("org", "acc", "DB", "S", "T")),
    ("trino://h/c/s/t", "Trino", ("h", "8080", "c", "s", "t")),
    ("abfs://c@acct.dfs.core.windows.net/p/q", "ABFSS", ("c", "acct", "p/q")),
    ("dbfs://w/p/q", "DBFS", ("w", "p/q")),
    ("gcs://b/k", "GCS", ("b", "k")),
    ("hdfs://nn:8020/p", "HDFS", ("nn", "8020", "p")),
    ("hive://h:10000/db/t", "Hive", ("h", "10000", "db", "t")),
    ("kafka://h:9092/topic", "Kafka", ("h", "9092", "topic")),
    ("file:/data/x", "LocalFileSystem", ("/data/x",)),
    ("file://h/x", "RemoteFileSystem", ("h", "/x")),
    ("s3a://b/k", "S3", ("b", "k")),
    ("wasb://c@acct.dfs.core.windows.net/k", "WASBS", ("c", "acct", "k")),
]


@needs_client
@pytest.mark.parametrize(("uri", "judge", "fields"), NAMING, ids=[judge for _, judge, _ in NAMING])
def test_identities_are_those_of_the_openlineage_naming_classes(uri: str, judge: str, fields: tuple[str, ...]) -> None:
    from openlineage.client.naming import dataset

    expected = getattr(dataset, judge)(*fields)

    assert identify(uri) == AssetId(expected.get_namespace(), expected.get_name())


@needs_client
@pytest.mark.parametrize(("kind", "word"), [("topics", "topic"), ("subscriptions", "subscription")])
def test_identities_are_those_of_the_openlineage_pubsub_naming(kind: str, word: str) -> None:
    from openlineage.client.naming.dataset import PubSubNaming, PubSubResourceType

    expected = PubSubNaming(PubSubResourceType(word), "p", "id")

    assert identify(f"pubsub://p/{kind}/id") == AssetId(expected.get_namespace(), expected.get_name())


@needs_client
def test_every_openlineage_naming_class_has_a_row() -> None:
    from openlineage.client.naming import dataset

    classes = {name for name, value in vars(dataset).items() if hasattr(value, "get_namespace")} - {
        "DatasetNaming",
        "PubSubNaming",
    }

    assert classes == {judge for _, judge, _ in NAMING}


AIRFLOW_AGREES = [
    "s3://bucket/raw/orders/", "S3://Bucket/Raw/", "s3://user:pw@bucket/x", "s3://bucket/raw?x=1#frag", "s3://bucket/a%20b", "s3://bucket",
    "s3://bucket/", "s3://bucket/a//b", "gs://bucket/k", "gs://bucket", "gs://Bucket/K%20x/", "postgres://h/db/public/orders",
    "postgresql://u:p@h.example.com/db/public/orders", "postgres://h:5433/db/s/t", "postgres://h/db//t", "postgres://h/db/s/t?x=1",
    "mysql://h/db/t", "mariadb://h/db/t", "mssql://h/db/s/t", "oracle://h/svc/s/t", "snowflake://acc/db/s/t", "snowflake://org-acc/DB/S/T",
    "trino://h/c/s/t", "redshift://c.r/db/s/t", "redshift://c.r:5439/db/s/t", "databricks://h/c/s/t", "databricks://h:1/c/s/t",
    "bigquery://p/d/t", "hive://h/db/t", "hive://h:10000/db/t", "teradata://h/db/t", "hdfs://nn:8020/p/q", "hdfs://nn/p", "hdfs://nn",
    "kafka://h:9092/topic", "kafka://h/topic", "ftp://h/p/q", "ftp://h:2121/p", "sftp://h/p/q", "sftp://h", "file:/data/x", "file:///data/x/",
    "file://h/x", "file:///",
]  # fmt: skip

AIRFLOW_DEVIATES = [
    ("postgres://H.Com/db/s/t", AssetId("postgres://H.Com:5432", "db.s.t")),
    ("postgres://u@h/db/s/t", AssetId("postgres://u@h:5432", "db.s.t")),
    ("postgres://h/a.b/c/d", AssetId("postgres://h:5432", "a.b.c.d")),
    ("s3://bucket//a", AssetId("s3://bucket", "a")),
    ("ftp://h//etc/x", AssetId("file://h:21", "etc/x")),
    ("file://h", AssetId("file", "/h")),
    ("file://localhost/x", AssetId("file://localhost", "/x")),
    ("snowflake://a.snowflakecomputing.com/d/s/t", AssetId("snowflake://a.snowflakecomputing.com", "d.s.t")),
    ("snowflake://a:443/d/s/t", AssetId("snowflake://a:443", "d.s.t")),
    ("mssql://h/inst/db/s/t", AssetId("mssql://h:1433", "db.s.t")),
]
"""Each is named in the docstring of `transload.model.identity`."""

PROVIDERS = "airflow.providers."
"""Where Airflow's own converters are; this project's own would agree with itself."""


class Converters:
    """Airflow's own converters, of the providers that are installed."""

    def __init__(self) -> None:
        manager = importlib.import_module("airflow.sdk.providers_manager_runtime").ProvidersManagerTaskRuntime()
        converters = manager.asset_to_openlineage_converters
        self.schemes = frozenset(name for name, each in converters.items() if each.__module__.startswith(PROVIDERS))
        self._asset = importlib.import_module("airflow.sdk").Asset
        self._translate = importlib.import_module(
            "airflow.providers.common.compat.openlineage.utils.utils"
        ).translate_airflow_asset

    def __call__(self, uri: str) -> AssetId | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow warns of the password that some of these URIs are about.
            dataset = self._translate(self._asset(name="n", uri=uri), None)
        return AssetId(dataset.namespace, dataset.name) if dataset else None


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Converters:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    return Converters()


def _needs_converter(converted: Converters, uri: str) -> None:
    scheme = uri.partition(":")[0].lower()
    if scheme not in converted.schemes:
        (pytest.fail if ALL_HERE else pytest.skip)(f"the Airflow provider of {scheme} is not installed")


@needs_airflow
@pytest.mark.airflow
@pytest.mark.parametrize("uri", AIRFLOW_AGREES)
def test_identities_are_those_of_airflows_converters(converted: Converters, uri: str) -> None:
    _needs_converter(converted, uri)

    assert identify(uri) == converted(uri)


@needs_airflow
@pytest.mark.airflow
@pytest.mark.parametrize(("uri", "airflow"), AIRFLOW_DEVIATES)
def test_deviations_from_airflows_converters_are_the_known_ones(
    converted: Converters, uri: str, airflow: AssetId
) -> None:
    _needs_converter(converted, uri)

    assert converted(uri) == airflow
    assert identify(uri) != airflow


@needs_airflow
@pytest.mark.airflow
@pytest.mark.parametrize("uri", AIRFLOW_AGREES)
def test_airflow_gives_our_canonical_uri_the_same_identity(converted: Converters, uri: str) -> None:
    canonical = uri_of(identify(uri))
    _needs_converter(converted, canonical)

    assert converted(canonical) == identify(uri)
