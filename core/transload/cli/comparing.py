"""`transload diff` and `transload check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from transload.cli import output
from transload.cli.options import Config, Format, FormatOption, Load, Python, Static, Timeout, reading_options
from transload.cli.translating import prepared
from transload.errors import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transload.difference import Change
    from transload.loss import Loss

_SOURCE = "TOOL:PATH, TOOL:module[:attribute], or a document (.json)."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("diff")(diff)
    app.command("check", short_help="Compare a generated project with what it should be.")(check)


def diff(  # noqa: PLR0913 - one parameter per option
    before: Annotated[str, typer.Argument(metavar="BEFORE", help=_SOURCE)],
    after: Annotated[str, typer.Argument(metavar="AFTER", help=_SOURCE)],
    *,
    load: Load = False,
    static: Static = False,
    python: Python = None,
    timeout: Timeout = 300.0,
    config: Config = None,
    form: FormatOption = Format.TABLE,
) -> int:
    """Compare two graphs. Exit code 2 when they differ."""
    from transload.difference import differences
    from transload.reader import read

    options = reading_options(load=load, static=static, python=python, timeout=timeout, config=config)
    with output.working(f"Reading {before} and {after}"):
        changes = differences(read(before, options).graph, read(after, options).graph)
    _print(changes, form)
    return 2 if changes else 0


def check(  # noqa: PLR0913 - one parameter per option
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="TOOL:PATH or TOOL:module[:attribute].")],
    *,
    against: Annotated[
        list[str],
        typer.Option("--against", metavar="SOURCE", help=f"What it was translated from: {_SOURCE} May be repeated."),
    ],
    static: Static = False,
    python: Python = None,
    timeout: Timeout = 300.0,
    config: Config = None,
    form: FormatOption = Format.TABLE,
) -> int:
    """Load a generated project in its real tool and compare it with what its sources promise. Exit code 2 when it differs.

    `--python` is the interpreter of the project's tool; the sources are read as they can be from here. `--static` checks without
    the tool.
    """
    from transload.difference import differences
    from transload.reader import read

    to = _tool_of(project)
    translation, _ = prepared(
        against, to, reading_options(load=False, static=static, python=None, timeout=timeout, config=config)
    )
    options = reading_options(load=not static, static=static, python=python, timeout=timeout, config=config)
    with output.working(f"Reading {project}"):
        result = read(project, options)
    changes = differences(translation.expected, result.graph)
    broken = [loss for loss in result.losses if loss.subject.startswith(("file ", "project "))]
    if form is not Format.TABLE:
        _print([*changes, *map(_not_loaded, broken)], form)
    elif changes or broken:
        _print(changes, form)
        output.print_losses(broken, title="What does not load", none="nothing")
    else:
        typer.echo(f"{project} is as promised: {output.size_of(result.graph)}.")
    return 2 if changes or broken else 0


def _not_loaded(loss: Loss) -> Change:
    from transload.difference import Change

    return Change(kind="removed", subject=loss.subject, after=loss.message)


def _tool_of(project: str) -> str:
    from transload.errors import SettingsError
    from transload.registry import tools

    tool, colon, _ = project.partition(":")
    if not colon or tool not in tools():
        hint = f"Write it as TOOL:FOLDER; the tools are {', '.join(tools())}."
        raise SettingsError(f"{project!r} is no project of a tool, so that it cannot be checked.", hint=hint)
    return tool


def _cells(change: Change) -> tuple[object, ...]:
    before, after = ("" if value is None else value for value in (change.before, change.after))
    return change.kind, change.subject, change.field or "", before, after


def _print(changes: Sequence[Change], form: Format) -> None:
    values = [change.model_dump(mode="json") for change in changes]
    if form is Format.JSON:
        output.print_json(values)
    elif form is Format.NDJSON:
        output.print_lines(values)
    elif changes:
        title = counted(len(changes), "difference")
        output.print_table(title, ["change", "what", "field", "before", "after"], map(_cells, changes), lead=2)
    else:
        typer.echo("No differences.")
