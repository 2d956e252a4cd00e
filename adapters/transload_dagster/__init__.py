"""The adapter of Dagster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transload.declaration import Adapter, Convention

if TYPE_CHECKING:
    import dagster as dg

adapter = Adapter(
    tool="dagster",
    title="Dagster",
    package="transload_dagster",
    versions="1.12-1.13",
    distribution="dagster",
    install="pip install 'transload[dagster]'",
    endings=(".py", ".toml", ".yaml", ".yml"),
    convention=Convention(unit="ASSET", job_per_asset=True, key_is_path=True),
    colour=1,
)


def definitions(source: str, *, executable: bool = False) -> dg.Definitions:
    """The assets of a graph for a code location of your own: `defs = transload_dagster.definitions("graph.json")`.

    `source` is a document, or whatever `transload.read` takes. The assets are external ones: Dagster shows them and what they are
    made from, and conditions can wait for them. With `executable` they are ops, jobs and schedules of Dagster's, still to be filled.
    Raises `TransloadError` for a source that cannot be read.
    """
    from transload.reader import read
    from transload.translator import prepare
    from transload_dagster import runtime

    translation = prepare(read(source).graph, adapter)
    if executable:
        built: dg.Definitions = runtime.build(translation).objects
        return built
    return runtime.external(translation)
