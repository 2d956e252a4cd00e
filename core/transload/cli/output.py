"""Printing: tables for people, JSON for programs, and a sign of life while work goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from transload.cli.options import FailOn, Format

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from transload.loss import Loss

MANY = 40
"""Rows of losses that a table shows one by one before it counts the rest."""


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show that work goes on, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def console() -> Console:
    """Standard output for tables: wide enough for a line of a table when it is no terminal."""
    from rich.console import Console

    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200)


def table(title: str, columns: Sequence[str]) -> Table:
    """An empty table."""
    from rich.table import Table
    from rich.text import Text

    result = Table(
        title=Text(title), title_justify="left", show_edge=False, pad_edge=False, box=None, header_style="bold"
    )
    for column in columns:
        result.add_column(column, overflow="fold")
    return result


def row(cells: Iterable[object]) -> list[Any]:
    """Cells that show their text as it is: no markup, no control characters."""
    from rich.text import Text

    from transload.report import one_line

    return [Text(one_line(str(cell))) for cell in cells]


def print_json(value: object) -> None:
    """A JSON value on standard output."""
    typer.echo(json.dumps(value, indent=2, sort_keys=True))


def print_lines(values: Iterable[object]) -> None:
    """One JSON value a line."""
    for value in values:
        typer.echo(json.dumps(value, sort_keys=True))


def print_losses(losses: Sequence[Loss], *, title: str = "What did not carry over") -> None:
    """The report as a table: the worst one by one, then counts by code."""
    from transload.loss import Severity, counts

    if not losses:
        typer.echo(f"{title}: nothing is lost.")
        return
    out = console()
    shown = [loss for loss in losses if loss.severity is not Severity.CARRIED][:MANY]
    if shown:
        out.print(_loss_table(title, shown))
    rest = (
        losses[len(shown) :] if list(losses[: len(shown)]) == shown else [loss for loss in losses if loss not in shown]
    )
    if rest:
        out.print(_count_table("In short" if shown else title, rest))
    out.print(", ".join(f"{number} {severity.value}" for severity, number in counts(losses).items()))


def _loss_table(title: str, losses: Iterable[Loss]) -> Table:
    result = table(title, ["severity", "code", "what", "field", "what differs", "what to do", "where"])
    for loss in losses:
        where = loss.origin or ""
        cells = (loss.severity.value, loss.code.value, loss.subject, loss.field, loss.message, loss.remedy or "", where)
        result.add_row(*row(cells))
    return result


def _count_table(title: str, losses: Iterable[Loss]) -> Table:
    groups: dict[tuple[str, str, str], int] = {}
    for loss in losses:
        group = (loss.severity.value, loss.code.value, loss.message)
        groups[group] = groups.get(group, 0) + 1
    result = table(title, ["severity", "code", "times", "what differs"])
    for (severity, code, message), number in groups.items():
        result.add_row(*row((severity, code, number, message)))
    return result


def write_reports(losses: Sequence[Loss], paths: Iterable[Path]) -> None:
    """Write the report to each file, in the form that its ending names. Raises `SettingsError` for another ending."""
    from transload.errors import SettingsError
    from transload.report import FORMATS

    for path in paths:
        form = FORMATS.get(path.suffix.removeprefix("."))
        if form is None:
            raise SettingsError(
                f"A report cannot be written as {path.suffix or 'a file without an ending'}.",
                where=str(path),
                hint=f"Use one of: {', '.join('.' + name for name in FORMATS)}.",
            )
        path.write_text(form(losses), encoding="utf-8")


def exit_code(losses: Iterable[Loss], fail_on: FailOn) -> int:
    """2 when some loss is at least as bad as `fail_on`, else 0."""
    from transload.loss import Severity, worse_or_equal

    if fail_on is FailOn.NEVER:
        return 0
    limit = Severity(fail_on.value)
    return 2 if any(worse_or_equal(loss.severity, limit) for loss in losses) else 0


def losses_as(losses: Sequence[Loss], form: Format) -> None:
    """Print the report in one of the CLI's forms."""
    from transload.report import as_json, as_ndjson

    if form is Format.TABLE:
        print_losses(losses)
    else:
        typer.echo(as_json(losses) if form is Format.JSON else as_ndjson(losses), nl=False)
