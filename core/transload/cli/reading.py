"""`transload read`: what a project says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transload.cli import output
from transload.cli.options import (
    Config,
    FailOn,
    FailOnOption,
    Format,
    FormatOption,
    Load,
    Python,
    Reports,
    Sources,
    Static,
    Timeout,
    reading_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from transload.model.assets import Asset
    from transload.model.graph import AssetGraph
    from transload.reader import ReadResult


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("read", short_help="Read projects into one graph; keep it as a document.")(read)


def read(  # noqa: PLR0913 - one parameter per option
    sources: Sources,
    *,
    output_file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the document here.")
    ] = None,
    load: Load = False,
    static: Static = False,
    python: Python = None,
    timeout: Timeout = 300.0,
    config: Config = None,
    form: FormatOption = Format.TABLE,
    fail_on: FailOnOption = FailOn.NEVER,
    report: Reports = None,
) -> int:
    """Read projects into one graph, and say what was not understood.

    As JSON the output is the document, which every other command takes as a source.
    """
    from transload.model import document
    from transload.reader import read_all
    from transload.writing.project import write_file

    output.check_reports(report or [])
    output.check_outputs(output_file)
    options = reading_options(load=load, static=static, python=python, timeout=timeout, config=config)
    with output.working(f"Reading {', '.join(sources)}"):
        result = read_all(sources, options)
    if output_file:
        write_file(output_file, document.dumps(result.graph))
    output.write_reports(result.losses, report or [])
    _print(result, form)
    return output.exit_code(result.losses, fail_on)


def _print(result: ReadResult, form: Format) -> None:
    from transload.model import document

    if form is Format.JSON:
        typer.echo(document.dumps(result.graph), nl=False)
        output.note_losses(result.losses)
    elif form is Format.NDJSON:
        output.print_lines(asset.model_dump(mode="json", exclude_defaults=True) for asset in result.graph.assets)
        output.note_losses(result.losses)
    else:
        print_graph(result.graph)
        output.print_losses(result.losses, title="What was not understood", none="nothing")


def print_graph(graph: AssetGraph, title: str = "Assets") -> None:
    """One line per asset: who writes it, who reads it, where it was defined."""
    columns = ["asset", "tools", "written by", "read by", "partitions", "where"]
    if graph.assets:
        output.print_table(title, columns, (_cells(asset, graph) for asset in graph.assets))
    typer.echo(output.size_of(graph))


def _cells(asset: Asset, graph: AssetGraph) -> Iterable[object]:
    from transload.model.identity import uri_of

    listeners = {edge.job: None for edge in graph.edges_from.get(asset.id, ()) if edge.kind == "trigger"}
    readers = dict.fromkeys([*(job.name for job in graph.readers.get(asset.id, ())), *listeners])
    return (
        uri_of(asset.id),
        " ".join(sorted(asset.names)),
        _names(job.name for job in graph.writers.get(asset.id, ())),
        _names(readers),
        asset.partitions.kind if asset.partitions else "",
        asset.origin or "",
    )


def _names(names: Iterable[str], limit: int = 3) -> str:
    every = list(names)
    more = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + more
