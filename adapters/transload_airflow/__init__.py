"""The adapter of Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transload.declaration import Adapter, Convention

if TYPE_CHECKING:
    from airflow.sdk import DAG, Asset

adapter = Adapter(
    tool="airflow",
    title="Airflow",
    package="transload_airflow",
    versions="3.1-3.3",
    distribution="apache-airflow-core",
    install="pip install 'transload[airflow]'",
    endings=(".py", ".zip"),
    # Of the native (name, uri) the name alone is the key: it is unique among active assets, and the URI is what the identity is made of.
    convention=Convention(unit="TASK", bare_namespace=True, key_parts=1),
    colour=0,
)


def assets(source: str) -> dict[str, Asset]:
    """The assets of a graph by name, for DAGs of your own: `orders = transload_airflow.assets("graph.json")["orders"]`.

    `source` is a document, or whatever `transload.read` takes. Airflow knows an asset once a DAG names it, as inlet or in its
    schedule; whoever makes it elsewhere has to tell Airflow of its updates, such as by its REST API. Raises `TransloadError` for a source
    that cannot be read.
    """
    from transload.reader import read
    from transload_airflow import runtime

    return runtime.external(read(source).graph)


def dags(source: str) -> dict[str, DAG]:
    """A graph as DAGs, whose tasks are still to be filled: `globals().update(transload_airflow.dags("graph.json"))` in a DAG file.

    `source` is a document, or whatever `transload.read` takes. Raises `TransloadError` for a source that cannot be read.
    """
    from transload.reader import read
    from transload.translator import prepare

    built: dict[str, DAG] = adapter.runtime.build(prepare(read(source).graph, adapter)).objects
    return built
