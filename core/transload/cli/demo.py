"""`transload demo`: the main job on a small estate of three projects that share tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transload.cli import output

if TYPE_CHECKING:
    from transload.model.graph import AssetGraph
    from transload.reader import Found

ESTATE = {"airflow": "ingestion/dags", "dagster": "analytics", "prefect": "reporting"}
"""The projects of the estate: tool → folder in the package."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    *,
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the generated projects go.")
    ] = Path("transload-demo"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the projects of an earlier demo.")] = False,
) -> int:
    """Read three small projects without any tool, join them, and write them as one project of each tool."""
    from transload.cli.reading import print_graph
    from transload.loss import in_order
    from transload.projects import write
    from transload.translator import translate

    found = _estate()
    typer.echo("Three projects, read without their tools:")
    print_graph(found.graph, "The joined graph")
    typer.echo(_crossings(found.graph))
    losses = list(found.losses)
    for tool in ESTATE:
        translation = translate(found.graph, tool)
        files = write(translation, folder / tool, force=force)
        typer.echo(f"\n{tool}: {len(files)} files in {folder / tool}")
        output.print_losses(translation.losses, title=f"What {tool} cannot hold itself")
        losses.extend(translation.losses)
    report = folder / "report.md"
    output.write_reports(in_order(losses), [report])
    typer.echo(f"\nThe whole report: {report}")
    return 0


def _estate() -> Found:
    from transload.reader import Options, Way, read_all

    root = Path(__file__).parent.parent / "demo"
    with output.working("Reading the estate"):
        return read_all([f"{tool}:{root / place}" for tool, place in ESTATE.items()], Options(way=Way.STATIC))


def _crossings(graph: AssetGraph) -> str:
    from transload.model.identity import uri_of

    shared = [uri_of(asset.id) for asset in graph.assets if len(asset.names) > 1]
    return f"{len(shared)} assets are known to more than one tool: {', '.join(shared)}"
