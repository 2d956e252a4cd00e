"""`transload adapters`: which tools there are, and which are installed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from transload.cli import output
from transload.cli.options import Format, FormatOption

if TYPE_CHECKING:
    from transload.adapter import Adapter


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("adapters", short_help="List the tools: versions, and what is installed.")(adapters)


def adapters(
    *,
    form: FormatOption = Format.TABLE,
    capabilities: Annotated[
        bool, typer.Option("--capabilities", help="Print what each tool holds, as Markdown.")
    ] = False,
) -> int:
    """List the tools, the versions that are supported, and what is installed in this interpreter."""
    from transload.registry import adapter_for, tools

    if capabilities:
        from transload.capabilities import markdown

        typer.echo(markdown([adapter_for(tool) for tool in tools()]), nl=False)
        return 0
    rows = [_row(adapter_for(tool)) for tool in tools()]
    if form is Format.JSON:
        output.print_json(rows)
    elif form is Format.NDJSON:
        output.print_lines(rows)
    else:
        cells = ((row["title"], row["versions"], row["installed"] or "no", row["install"]) for row in rows)
        output.print_table("Adapters", ["tool", "versions", "installed", "to install"], cells)
    return 0


def _row(adapter: Adapter) -> dict[str, str | None]:
    return {
        "tool": adapter.tool,
        "title": adapter.title,
        "versions": adapter.versions,
        "installed": adapter.installed(),
        "install": f"pip install 'transload[{adapter.extra}]'",
    }
