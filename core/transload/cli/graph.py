"""`transload graph`: the joined graph to look at."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transload.cli import output
from transload.cli.options import Config, Load, Python, Sources, Static, Timeout, reading_options
from transload.errors import counted

if TYPE_CHECKING:
    from transload.drawing.picture import Picture


class Kind(str, Enum):
    """What is drawn."""

    MERMAID = "mermaid"
    DOT = "dot"
    HTML = "html"


ENDINGS = {
    ".mmd": Kind.MERMAID,
    ".mermaid": Kind.MERMAID,
    ".dot": Kind.DOT,
    ".gv": Kind.DOT,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
}
"""File ending → what is drawn."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("graph", short_help="Draw the joined graph: Mermaid, DOT or an HTML page.")(graph)


def graph(  # noqa: PLR0913 - one parameter per option
    sources: Sources,
    *,
    to: Annotated[Kind | None, typer.Option("--to", help="Default: by the file's ending, else mermaid.")] = None,
    output_file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write here: .mmd, .dot or .html. Default: print."),
    ] = None,
    load: Load = False,
    static: Static = False,
    python: Python = None,
    timeout: Timeout = 300.0,
    config: Config = None,
) -> int:
    """Draw the joined graph as Mermaid, DOT, or one HTML page that works offline.

    The page also shows what was not understood, asset by asset.
    """
    from transload.drawing.picture import picture_of
    from transload.reader import read_all
    from transload.writing.project import write_file

    kind = to or _kind_of(output_file)
    output.check_outputs(output_file)
    options = reading_options(load=load, static=static, python=python, timeout=timeout, config=config)
    with output.working(f"Reading {', '.join(sources)}"):
        result = read_all(sources, options)
    with output.working("Drawing"):
        picture = picture_of(result.graph, result.losses)
        text = _drawn(picture, kind)
    _warn(picture, kind)
    if kind is not Kind.HTML:
        output.note_losses(result.losses)
    if output_file is None:
        typer.echo(text, nl=False)
        return 0
    write_file(output_file, text)
    assets, links = counted(len(picture.nodes), "asset"), counted(len(picture.links), "link")
    typer.echo(f"{assets} and {links} in {output_file}")
    return 0


def _kind_of(path: Path | None) -> Kind:
    from transload.errors import SettingsError

    if path is None:
        return Kind.MERMAID
    if (kind := ENDINGS.get(path.suffix.lower())) is None:
        raise SettingsError(
            f"What to draw cannot be told from {path.suffix or 'a file without an ending'}.",
            where=str(path),
            hint=f"Give --to {', '.join(Kind)}, or end the file in one of: {', '.join(ENDINGS)}.",
        )
    return kind


def _drawn(picture: Picture, kind: Kind) -> str:
    from transload.drawing import dot, mermaid, page

    forms = {Kind.MERMAID: mermaid.mermaid, Kind.DOT: dot.dot, Kind.HTML: page.page}
    return forms[kind](picture)


def _warn(picture: Picture, kind: Kind) -> None:
    from transload.drawing.mermaid import MOST_LINKS

    if kind is Kind.MERMAID and len(picture.links) > MOST_LINKS:
        typer.echo(
            f"These are {len(picture.links)} links; Mermaid draws {MOST_LINKS} unless maxEdges is set. --to html has no limit.",
            err=True,
        )
