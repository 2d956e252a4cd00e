"""A provider of Airflow that gives datasets to the asset URIs that no other provider converts.

Without one, Airflow's OpenLineage provider drops an asset from its events. With this, its run events name the datasets that static events
name. Found by the entry point group `apache_airflow_provider`; imports Airflow nowhere, so that being found costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, Protocol

from transload.model.schemes import SCHEMES, scheme_of
from transload_airflow.codecs.uris import SCHEME, identity_of

if TYPE_CHECKING:
    from openlineage.client.event_v2 import Dataset

GROUP: Final = "apache_airflow_provider"

RESERVED: Final = frozenset({"airflow"})
"""Schemes that Airflow refuses (3.3, `_sanitize_uri`)."""

_DRIVERS: Final[Mapping[str, tuple[str, ...]]] = {
    "awsathena": ("arrow", "pandas", "rest"),
    "clickhouse": ("asynch", "http", "native"),
    "mariadb": ("mariadbconnector", "mysqldb", "pymysql"),
    "mssql": ("aioodbc", "pymssql", "pyodbc"),
    "mysql": ("aiomysql", "asyncmy", "mysqlconnector", "mysqldb", "pymysql"),
    "oracle": ("cx_oracle", "oracledb"),
    "postgres": ("psycopg2",),
    "postgresql": ("asyncpg", "pg8000", "psycopg", "psycopg2"),
    "redshift": ("psycopg2", "redshift_connector"),
}
"""Database → SQLAlchemy's drivers of it. Airflow looks a scheme up as it is written, driver and all."""


class _Asset(Protocol):
    """The part of an Airflow asset that is needed here."""

    uri: str


def get_provider_info() -> dict[str, Any]:
    """The description that Airflow's provider discovery wants (`airflow/provider_info.schema.json`, 3.3).

    No handler: a URI is stored exactly as it would be without this provider.
    """
    # Every scheme that has a rule of its own, in every spelling, and the one that spells what no URI can.
    spellings = {spelling for name, scheme in SCHEMES.items() for spelling in (name, *scheme.aliases)}
    drivers = {f"{name}+{driver}" for name, several in _DRIVERS.items() for driver in several}
    schemes = {SCHEME, *spellings, *drivers} - RESERVED
    uris = {
        "schemes": sorted(schemes.difference(_other_schemes())),
        "handler": None,
        "to_openlineage_converter": f"{__name__}.to_openlineage",
    }
    return {
        "package-name": "transload",
        "name": "transload",
        "description": "OpenLineage datasets for the asset URIs that no other provider converts.",
        "asset-uris": [uris],
    }


def to_openlineage(asset: _Asset, _context: object) -> Dataset | None:
    """The dataset that an asset's URI states; None for a URI that states none, which leaves the asset out as before."""
    from openlineage.client.event_v2 import Dataset

    identity = identity_of(asset.uri)
    if identity is None:
        return None
    scheme, _, location = identity.namespace.partition("://")
    if scheme_of(scheme).authority == "container" and "@" not in location:
        # Airflow 3.1 takes the container of `abfss://container@account/path` for user info; what it leaves is in any container.
        return None
    return Dataset(*identity)


def _other_schemes() -> Iterator[str]:
    """The schemes of the other providers: Airflow takes the last by name of package, which this one nearly always is."""
    for point in entry_points(group=GROUP):
        if point.module != __name__:
            for uris in point.load()().get("asset-uris", ()):
                yield from uris.get("schemes", ())
