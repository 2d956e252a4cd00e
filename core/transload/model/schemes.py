"""What is known of each URI scheme, as data: how a URI of it becomes an OpenLineage namespace and name.

Sources: the OpenLineage naming specification (release 1.54, `website/docs/spec/naming.md`) and the asset URI handlers and converters
of the Airflow providers that go with Airflow 3.3.2. Default ports are added where one of the two asks for a port and Airflow's
handler does not leave it out (hive, kafka and hdfs stay as given).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal


@dataclass(frozen=True)
class Scheme:
    """The rules of one scheme.

    `form`: how authority and path become (namespace, name); see `transload.model.uri_forms`.
    `parts`: how many path segments name a table, for the forms with a dotted name.
    `schema` is what an empty schema segment stands for.
    `authority`: `dns` is a host, whose case does not matter; `exact` a bucket or the like, kept as it is; `container` is
    `container@host`; `opaque` is kept as it is and its colon starts no port.
    `port` is added where none is given; `implied` is dropped where it is given.
    `template` completes a host that has no dot; `suffix` is taken off a host.
    `query`: whether it is part of the name. Otherwise it holds options of the connection.
    `aliases`: other schemes for the same thing.
    """

    form: Literal[
        "path",
        "tree",
        "file",
        "transfer",
        "dotted",
        "bigquery",
        "synapse",
        "cosmos",
        "pubsub",
        "glue",
        "memory",
        "embedded",
        "site",
        "logical",
    ] = "path"
    parts: int = 0
    schema: str = ""
    authority: Literal["dns", "exact", "container", "opaque"] = "dns"
    port: int | None = None
    implied: int | None = None
    template: str = "{}"
    suffix: str = ""
    query: bool = False
    aliases: tuple[str, ...] = ()


SCHEMES: dict[str, Scheme] = {
    # Databases: {scheme}://{host}:{port}, names joined by dots.
    "awsathena": Scheme("dotted", parts=3, implied=443, template="athena.{}.amazonaws.com", aliases=("athena",)),
    "cassandra": Scheme("dotted", parts=2, port=9042),
    "clickhouse": Scheme("dotted", parts=2, aliases=("clickhousedb",)),
    "crate": Scheme("dotted", parts=3, port=4200, aliases=("cratedb",)),
    "databricks": Scheme("dotted", parts=3),
    "db2": Scheme("dotted", parts=3, port=50000, aliases=("ibm_db_sa",)),
    "fabric-warehouse": Scheme("dotted", parts=3, implied=1433),
    "hive": Scheme("dotted", parts=2, aliases=("hive2",)),
    "milvus": Scheme("dotted", parts=2, port=19530),
    "mssql": Scheme("dotted", parts=3, port=1433),
    "mysql": Scheme("dotted", parts=2, port=3306, aliases=("mariadb",)),
    "oceanbase": Scheme("dotted", parts=2, port=2881),
    "oracle": Scheme("dotted", parts=3, port=1521),
    "postgres": Scheme("dotted", parts=3, port=5432, schema="default", aliases=("postgresql",)),
    "redshift": Scheme("dotted", parts=3, port=5439),
    "snowflake": Scheme("dotted", parts=3, implied=443, suffix=".snowflakecomputing.com"),
    "teradata": Scheme("dotted", parts=2, port=1025, aliases=("teradatasql",)),
    "trino": Scheme("dotted", parts=3, port=8080),
    "unitycatalog": Scheme("dotted", parts=3, aliases=("unity",)),
    "sqlserver": Scheme("synapse", parts=2, port=1433, aliases=("synapse",)),
    # Tables behind something other than a host.
    "bigquery": Scheme("bigquery", parts=3, authority="opaque"),
    "glue": Scheme("glue", parts=2, authority="opaque"),
    "iceberg": Scheme("dotted", parts=2, authority="exact"),
    "spanner": Scheme("dotted", parts=3, authority="opaque"),
    "duckdb": Scheme("embedded", parts=3, authority="exact"),
    "sqlite": Scheme("embedded", parts=2, authority="exact"),
    "azurecosmos": Scheme("cosmos", implied=443, aliases=("cosmos", "cosmosdb")),
    "azurekusto": Scheme(implied=443, template="{}.kusto.windows.net", aliases=("kusto",)),
    # Object stores and file systems: {scheme}://{bucket}, the key or path.
    "s3": Scheme(authority="exact", aliases=("s3a", "s3n")),
    "gs": Scheme(authority="exact", aliases=("gcs",)),
    "abfss": Scheme(authority="container", aliases=("abfs",)),
    "wasbs": Scheme(authority="container", aliases=("wasb",)),
    "dbfs": Scheme("tree", authority="exact"),
    "hdfs": Scheme("tree"),
    "file": Scheme("file"),
    "ftp": Scheme("transfer", port=21),
    "sftp": Scheme("transfer", port=22),
    "box": Scheme("site"),
    "filenet": Scheme("site"),
    "mssharepoint": Scheme("site", aliases=("sharepoint",)),
    # The rest.
    "kafka": Scheme(),
    "pubsub": Scheme("pubsub", authority="opaque"),
    "http": Scheme(implied=80, query=True),
    "https": Scheme(implied=443, query=True),
    "inmemory": Scheme("memory", authority="opaque", query=True),
    "airflow": Scheme("logical", authority="opaque", query=True),
    "dagster": Scheme("logical", authority="opaque", query=True),
    "prefect": Scheme("logical", authority="opaque", query=True),
}

UNKNOWN = Scheme(authority="exact", query=True)
"""Any other scheme: nothing is assumed, so that nothing distinct becomes equal."""

LOGICAL_PREFIX = "logical+"
"""Before the name of a tool that is not in the table, in the scheme of its logical names."""

_LOGICAL = Scheme("logical", authority="opaque", query=True)
_BY_DRIVER = frozenset({"dotted", "bigquery", "synapse", "embedded"})
_CANONICAL = {alias: name for name, scheme in SCHEMES.items() for alias in (name, *scheme.aliases)}


@lru_cache(maxsize=1024)
def canonical_scheme(scheme: str) -> str:
    """The one spelling: lower case, aliases resolved, and without the driver that SQLAlchemy appends to a database's scheme.

    >>> canonical_scheme("PostgreSQL+psycopg2"), canonical_scheme("s3a"), canonical_scheme("x-lake")
    ('postgres', 's3', 'x-lake')
    """
    lower = scheme.lower()
    base = _CANONICAL.get(lower.partition("+")[0])
    if base is not None and SCHEMES[base].form in _BY_DRIVER:
        return base
    return _CANONICAL.get(lower, lower)


@lru_cache(maxsize=1024)
def scheme_of(scheme: str) -> Scheme:
    """The rules for a scheme in any spelling."""
    canonical = canonical_scheme(scheme)
    return _LOGICAL if canonical.startswith(LOGICAL_PREFIX) else SCHEMES.get(canonical, UNKNOWN)
