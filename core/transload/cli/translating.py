"""`transload translate` and `transload plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    To,
    Triggers,
    TriggersOption,
    reading_options,
)
from transload.errors import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from transload.adapter import Translation
    from transload.loss import Loss
    from transload.reader import Options


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("translate", short_help="Write assets as a project of another tool.")(translate)
    app.command("plan", short_help="Show what would be written and lost; write nothing.")(plan)


def translate(  # noqa: PLR0913 - one parameter per option
    sources: Sources,
    *,
    to: To,
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the project goes.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are in the way.")] = False,
    load: Load = False,
    static: Static = False,
    python: Python = None,
    timeout: Timeout = 300.0,
    config: Config = None,
    triggers: TriggersOption = Triggers.NATIVE,
    form: FormatOption = Format.TABLE,
    fail_on: FailOnOption = FailOn.NEVER,
    report: Reports = None,
) -> int:
    """Write the sources' assets as a project of another tool, and report everything that did not carry over."""
    from transload.projects import write

    output.check_reports(report or [])
    options = reading_options(load=load, static=static, python=python, timeout=timeout, config=config)
    translation, losses = prepared(sources, to, options, bridge=triggers is Triggers.BRIDGE)
    code = output.exit_code(losses, fail_on)
    with output.working(f"Writing {folder}"):
        written = write(translation, folder, force=force)
    output.write_reports(losses, report or [])
    output.losses_as(losses, form)
    if form is Format.TABLE:
        what = output.size_of(translation.native, edges=False)
        typer.echo(f"{counted(len(written), 'file')} in {folder}: {what} for {translation.tool}.")
    return code


def plan(  # noqa: PLR0913 - one parameter per option
    sources: Sources,
    *,
    to: To,
    load: Load = False,
    static: Static = False,
    python: Python = None,
    timeout: Timeout = 300.0,
    config: Config = None,
    triggers: TriggersOption = Triggers.NATIVE,
    form: FormatOption = Format.TABLE,
    fail_on: FailOnOption = FailOn.NEVER,
    report: Reports = None,
) -> int:
    """Show what would be written and what would be lost. Nothing is written."""
    from transload.projects import generate

    output.check_reports(report or [])
    options = reading_options(load=load, static=static, python=python, timeout=timeout, config=config)
    translation, losses = prepared(sources, to, options, bridge=triggers is Triggers.BRIDGE)
    with output.working("Planning"):
        files = generate(translation)
    output.write_reports(losses, report or [])
    _print_plan(translation, losses, files, form)
    return output.exit_code(losses, fail_on)


def prepared(
    sources: Sequence[str], to: str, options: Options, *, bridge: bool = False
) -> tuple[Translation, tuple[Loss, ...]]:
    """The translation of the sources, and the losses of reading and translating together."""
    from transload.loss import in_order
    from transload.reader import read_all
    from transload.registry import adapter_for
    from transload.translator import translate as translated

    adapter_for(to)
    with output.working(f"Reading {', '.join(sources)}"):
        result = read_all(sources, options)
    with output.working(f"Translating to {to}"):
        translation = translated(result.graph, to, bridge=bridge)
    return translation, in_order([*result.losses, *translation.losses])


def _print_plan(translation: Translation, losses: Sequence[Loss], files: Mapping[str, str], form: Format) -> None:
    if form is Format.JSON:
        output.print_json(_plan_json(translation, losses, files))
    elif form is Format.NDJSON:
        output.losses_as(losses, form)
    else:
        _print_names(translation)
        _print_files(files)
        output.print_losses(losses)


def _plan_json(translation: Translation, losses: Sequence[Loss], files: Mapping[str, str]) -> dict[str, Any]:
    from transload.report import rows

    return {
        "tool": translation.tool,
        "files": {path: len(text.encode("utf-8", "surrogatepass")) for path, text in sorted(files.items())},
        "names": [{"asset": asset, "name": list(name)} for asset, name in _names(translation)],
        "losses": rows(losses),
    }


def _names(translation: Translation) -> Iterable[tuple[str, tuple[str, ...]]]:
    from transload.model.identity import uri_of

    return ((uri_of(asset.id), asset.names[translation.tool]) for asset in translation.native.assets)


def _print_names(translation: Translation) -> None:
    rows = [(asset, " · ".join(dict.fromkeys(name))) for asset, name in _names(translation)]
    if rows:
        output.print_table(f"Names in {translation.tool}", ["asset", "name"], rows)


def _print_files(files: Mapping[str, str]) -> None:
    rows = ((path, text.count("\n")) for path, text in sorted(files.items()))
    output.print_table("Files to write", ["file", "lines"], rows)
