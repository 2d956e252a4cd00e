"""The adapter of Prefect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transload.declaration import Adapter, Convention

if TYPE_CHECKING:
    from transload_prefect.runtime import PrefectObjects

adapter = Adapter(
    tool="prefect",
    title="Prefect",
    package="transload_prefect",
    versions="3.4.7-3.8",
    distribution="prefect",
    install="pip install 'transload[prefect]'",
    endings=(".py", ".yaml", ".yml"),
    convention=Convention(unit="TASK"),
    colour=2,
)


def flows(source: str) -> PrefectObjects:
    """A graph as objects for a project of your own: `graph = transload_prefect.flows("graph.json")`.

    `source` is a document, or whatever `transload.read` takes. `graph.assets` are the assets by constant name (for `asset_deps` and
    `@materialize`), `graph.tasks` and `graph.flows` the tasks, still to be filled, and the flows by function name, `graph.deployments`
    what starts them. Raises `TransloadError` for a source that cannot be read.
    """
    from transload.reader import read
    from transload.translator import prepare

    built: PrefectObjects = adapter.runtime.build(prepare(read(source).graph, adapter)).objects
    return built
