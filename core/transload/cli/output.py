"""Printing: tables for people, JSON for programs, and a sign of life while work goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from transload.cli.options import FailOn, Format
from transload.errors import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from transload.loss import Loss
    from transload.model.graph import AssetGraph

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


NARROW = 120
"""Characters: where a table does not fit on a narrower terminal, each of its rows becomes a paragraph."""


def print_table(title: str, columns: Sequence[str], rows: Iterable[Iterable[object]], *, lead: int = 1) -> None:
    """Rows under a title, without the columns that are empty in all of them; `lead` columns begin the paragraph of a row."""
    from transload.report import one_line

    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    widths = [max(len(columns[place]), *(len(row[place]) for row in cells)) + 2 for place in used]
    out = console()
    if out.width < NARROW and sum(widths) > out.width and len(used) > lead + 1:
        _print_paragraphs(title, columns, cells, lead)
        return
    result = _table(title, [columns[place] for place in used])
    for row in cells:
        result.add_row(*(_text(row[place]) for place in used))
    out.print(result)


def _print_paragraphs(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], lead: int) -> None:
    from rich.padding import Padding

    out = console()
    out.print(_text(title), style="italic")
    for row in rows:
        out.print(_text(" ".join(filter(None, row[:lead]))), style="bold", overflow="fold")
        for column, cell in zip(columns[lead:], row[lead:], strict=True):
            if cell:
                out.print(Padding(_text(f"{column}: {cell}"), (0, 0, 0, 4)), overflow="fold")


def _table(title: str, columns: Sequence[str]) -> Table:
    """An empty table."""
    from rich.table import Table
    from rich.text import Text

    result = Table(
        title=Text(title), title_justify="left", show_edge=False, pad_edge=False, box=None, header_style="bold"
    )
    for column in columns:
        result.add_column(column, overflow="fold")
    return result


def _text(text: str) -> Text:
    """A text as it is: no markup."""
    from rich.text import Text

    return Text(text)


def size_of(graph: AssetGraph, *, edges: bool = True) -> str:
    """How many assets, jobs, flows and edges a graph has."""
    parts = {"asset": graph.assets, "job": graph.jobs, "flow": graph.flows, **({"edge": graph.edges} if edges else {})}
    return ", ".join(counted(len(each), what) for what, each in parts.items())


def check_outputs(*files: Path | None) -> None:
    """Raises `OutputError` for a file that cannot be written where it should go: told before the work, not after it."""
    from transload.errors import OutputError

    for path in filter(None, files):
        if path.is_dir():
            raise OutputError("A folder is where the file should go.", where=str(path), hint="Give a file's name.")
        if not path.parent.is_dir():
            raise OutputError(
                "There is no such folder to write into.", where=str(path.parent), hint="Make it, or give another path."
            )


def note_losses(losses: Sequence[Loss]) -> None:
    """A line on standard error, where standard output has no place for the report."""
    if losses:
        what = counted(len(losses), "thing")
        were = "was" if len(losses) == 1 else "were"
        typer.echo(f"{what} {were} not understood or not kept; `transload read` lists them.", err=True)


def print_json(value: object) -> None:
    """A JSON value on standard output."""
    typer.echo(json.dumps(value, indent=2, sort_keys=True))


def print_lines(values: Iterable[object]) -> None:
    """One JSON value a line."""
    for value in values:
        typer.echo(json.dumps(value, sort_keys=True))


def print_losses(
    losses: Sequence[Loss], *, title: str = "What did not carry over", none: str = "nothing is lost"
) -> None:
    """The report as a table: the worst one by one, then counts by code."""
    from transload.loss import Severity, counts

    if not losses:
        typer.echo(f"{title}: {none}.")
        return
    shown = [loss for loss in losses if loss.severity is not Severity.CARRIED][:MANY]
    if shown:
        _print_each(title, shown)
    rest = (
        losses[len(shown) :] if list(losses[: len(shown)]) == shown else [loss for loss in losses if loss not in shown]
    )
    if rest:
        _print_counts("In short" if shown else title, rest)
    typer.echo(", ".join(f"{number} {severity.value}" for severity, number in counts(losses).items()))


def _print_each(title: str, losses: Iterable[Loss]) -> None:
    columns = ["severity", "code", "what", "field", "what differs", "what to do", "where"]
    print_table(title, columns, map(_loss_cells, losses), lead=3)


def _loss_cells(loss: Loss) -> tuple[object, ...]:
    where = loss.origin or ""
    return loss.severity.value, loss.code.value, loss.subject, loss.field, loss.message, loss.remedy or "", where


def _print_counts(title: str, losses: Iterable[Loss]) -> None:
    groups: dict[tuple[str, str, str], int] = {}
    for loss in losses:
        group = (loss.severity.value, loss.code.value, loss.message)
        groups[group] = groups.get(group, 0) + 1
    rows = ((severity, code, number, message) for (severity, code, message), number in groups.items())
    print_table(title, ["severity", "code", "times", "what differs"], rows, lead=3)


def write_reports(losses: Sequence[Loss], paths: Iterable[Path]) -> None:
    """Write the report to each file, in the form that its ending names. Raises `OutputError` where the system refuses."""
    from transload.report import FORMATS
    from transload.writing.project import write_file

    for path in paths:
        write_file(path, FORMATS[path.suffix.removeprefix(".")](losses))


def check_reports(paths: Sequence[Path]) -> None:
    """Raises `SettingsError` for an ending that no form of the report has, `OutputError` where no file can be written."""
    from transload.errors import SettingsError
    from transload.report import FORMATS

    for path in paths:
        if path.suffix.removeprefix(".") not in FORMATS:
            raise SettingsError(
                f"A report cannot be written as {path.suffix or 'a file without an ending'}.",
                where=str(path),
                hint=f"Use one of: {', '.join('.' + name for name in FORMATS)}.",
            )
    check_outputs(*paths)


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
