"""`transload adapters`: which tools there are, and which are installed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from transload.cli import output
from transload.cli.options import Format, FormatOption

if TYPE_CHECKING:
    from transload.declaration import Adapter


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

        written = (adapter for tool in tools() if "support" in (adapter := adapter_for(tool)).modules)
        typer.echo(markdown(list(written)), nl=False)
        return 0
    rows = [_row(adapter_for(tool)) for tool in tools()]
    if form is Format.JSON:
        output.print_json(rows)
    elif form is Format.NDJSON:
        output.print_lines(rows)
    else:
        output.print_table("Adapters", ["tool", "versions", "installed", "to install"], map(_cells, rows))
    return 0


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    installed = row["installed"] or ("no" if row["distribution"] else "not a Python package")
    return row["title"], row["versions"], installed, row["install"] or ""


def _row(adapter: Adapter) -> dict[str, Any]:
    return {
        "tool": adapter.tool,
        "title": adapter.title,
        "versions": adapter.versions,
        "installed": adapter.installed(),
        "distribution": adapter.distribution,
        "install": adapter.install,
        "modules": sorted(adapter.modules),
    }
