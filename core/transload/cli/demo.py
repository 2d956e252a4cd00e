"""`transload demo`: the main job on a small estate of three projects that share tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transload.cli import output
from transload.errors import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transload.adapter import Translation
    from transload.model.graph import AssetGraph
    from transload.reader import ReadResult

ESTATE = {"airflow": "ingestion/dags", "dagster": "analytics", "prefect": "reporting"}
"""The projects of the estate: tool → folder in the package."""


_REPORT = "losses-{}.md"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", short_help="Translate three small projects, to see what transload does.")(demo)


def demo(
    *,
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the generated projects go.")
    ] = Path("transload-demo"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the projects of an earlier demo.")] = False,
) -> int:
    """Read three small projects without any tool, join them, and write them as one project of each tool."""
    from transload.cli.reading import print_graph
    from transload.translator import translate

    result = _estate()
    translations = {tool: translate(result.graph, tool) for tool in ESTATE}
    _write(translations, folder, force=force)
    typer.echo("Three projects, read without their tools:")
    print_graph(result.graph, "The joined graph")
    typer.echo(_crossings(result.graph))
    output.print_losses(result.losses, title="What was not understood", none="nothing")
    for tool, translation in translations.items():
        typer.echo(f"\n{folder / tool}: {output.size_of(translation.native, edges=False)} for {tool}.")
        output.print_losses(translation.losses, title=f"What {tool} cannot hold itself")
    typer.echo(f"\nEverything that did not carry over, with where it is kept: {folder / _REPORT.format('*')}")
    return 0


def _write(translations: Mapping[str, Translation], folder: Path, *, force: bool) -> None:
    """All of the projects and their reports, or nothing."""
    from transload.projects import generate
    from transload.report import as_markdown
    from transload.writing.project import write_project

    files = {f"{tool}/{path}": text for tool, each in translations.items() for path, text in generate(each).items()}
    reports = {_REPORT.format(tool): as_markdown(each.losses) for tool, each in translations.items()}
    write_project(folder, {**files, **reports}, force=force)


def _estate() -> ReadResult:
    from transload.reader import Options, Way, read_all

    root = Path(__file__).parent.parent / "demo"
    with output.working("Reading the estate"):
        return read_all([f"{tool}:{root / place}" for tool, place in ESTATE.items()], Options(way=Way.STATIC))


def _crossings(graph: AssetGraph) -> str:
    from transload.model.identity import uri_of

    shared = [uri_of(asset.id) for asset in graph.assets if len(asset.names) > 1]
    are = "is" if len(shared) == 1 else "are"
    return f"{counted(len(shared), 'asset')} {are} known to more than one tool: {', '.join(shared)}"
