"""`transload lineage emit`: OpenLineage events from definitions."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transload.cli import output
from transload.cli.options import Config, Load, Python, Sources, Static, Timeout, known_tools, reading_options
from transload.errors import SettingsError, TransloadError

if TYPE_CHECKING:
    from transload.lineage.delivery import Outcome
    from transload.lineage.events import Settings
    from transload.lineage.ledger import Header, Ledger
    from transload.lineage.sinks import Sink
    from transload.reader import Options

LISTED = 10
"""Refused events that are shown one by one."""

app = typer.Typer(help="OpenLineage events of what is defined.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the group."""
    parent.add_typer(app, name="lineage")


@app.callback()
def _group() -> None:
    """OpenLineage events from definitions, that join across tools before anything has run."""


@app.command("emit")
def emit(  # noqa: PLR0913 - one parameter per option
    sources: Sources,
    *,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            help="file:PATH, a folder, http(s)://HOST, kafka://HOST/TOPIC or console. Default: openlineage.yml, OPENLINEAGE_URL.",
        ),
    ] = None,
    dialect: Annotated[
        str, typer.Option(metavar="DIALECT", help="What the backend needs: plain, marquez, openmetadata, datahub.")
    ] = "plain",
    namespace: Annotated[
        list[str] | None, typer.Option(metavar="TOOL=NAME", help="The namespace of a tool's jobs. May be repeated.")
    ] = None,
    event_time: Annotated[
        str | None, typer.Option(metavar="ISO", help="The time of all events. Default: SOURCE_DATE_EPOCH, else now.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the events; send nothing.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Send what an interrupted emission did not get through.")
    ] = False,
    ledger: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What has arrived is noted here. Default: a file in .transload.")
    ] = None,
    load: Load = False,
    static: Static = False,
    python: Python = None,
    timeout: Timeout = 300.0,
    config: Config = None,
) -> int:
    """Send a DatasetEvent for each asset, then a JobEvent for each job.

    All datasets come first, with their other names, so that a backend knows them before a job uses one.
    """
    from transload.lineage import targets

    options = reading_options(load=load, static=static, python=python, timeout=timeout, config=config)
    wanted = _Wanted(dialect, _pairs(namespace or []), event_time)
    if dry_run or to == "console":
        _print(_lines(sources, options, _settings(wanted, options, sources)))
        return 0
    if targets.is_disabled():
        typer.echo("OPENLINEAGE_DISABLED is true: nothing was sent.", err=True)
        return 0
    sink = targets.open_target(to, _echo)
    outcome = _emit(sources, options, wanted, _Place(sink, ledger, resume))
    return _report(outcome, sink)


@dataclass(frozen=True)
class _Wanted:
    """What the events shall be like."""

    dialect: str
    namespaces: dict[str, str]
    time: str | None


@dataclass(frozen=True)
class _Place:
    """Where the events go, and where that is noted."""

    sink: Sink
    named: Path | None
    resume: bool

    @property
    def ledger(self) -> Path:
        from transload.lineage.ledger import default_path

        return self.named or default_path(self.sink.name)


def _emit(sources: list[str], options: Options, wanted: _Wanted, place: _Place) -> Outcome:
    from transload.lineage.delivery import deliver
    from transload.lineage.ledger import Header, digest_of, header_of

    if place.resume:
        wanted = _as_noted(wanted, header_of(place.ledger).time)
    settings = _settings(wanted, options, sources)
    lines = list(_lines(sources, options, settings))
    header = Header(digest_of(lines), len(lines), settings.time, place.sink.name)
    ledger = _ledger(place, header)
    try:
        with _progress(len(lines) - len(ledger.accepted if ledger else ())) as advance:
            return deliver(lines, place.sink, ledger, advance)
    finally:
        if ledger:
            ledger.close()


def _as_noted(wanted: _Wanted, time: str) -> _Wanted:
    from transload.lineage.times import event_time

    if wanted.time is not None and event_time(wanted.time, {}) != time:
        raise SettingsError(f"The interrupted emission has the time {time}.", hint="Resume without --event-time.")
    return _Wanted(wanted.dialect, wanted.namespaces, time)


def _ledger(place: _Place, header: Header) -> Ledger | None:
    from transload.lineage.ledger import Ledger

    if not place.sink.keeps:
        return None
    return Ledger.resume(place.ledger, header) if place.resume else Ledger.begin(place.ledger, header)


def _settings(wanted: _Wanted, options: Options, sources: list[str]) -> Settings:
    from transload.lineage.dialects import dialect
    from transload.lineage.events import Settings
    from transload.lineage.naming import Namespaces
    from transload.lineage.repositories import Checkouts
    from transload.lineage.times import event_time

    projects = [
        (tool, Path(place)) for tool, _, place in (source.partition(":") for source in sources) if Path(place).exists()
    ]
    return Settings(
        time=event_time(wanted.time, os.environ),
        namespaces=Namespaces(options.joining.deployments, wanted.namespaces),
        dialect=dialect(wanted.dialect),
        checkouts=Checkouts.of((tool, place) for tool, place in projects if place.name),
    )


def _lines(sources: list[str], options: Options, settings: Settings) -> Iterator[bytes]:
    from transload.lineage.events import serialised, static_events, unannounced
    from transload.reader import read_all

    with output.working(f"Reading {', '.join(sources)}"):
        result = read_all(sources, options)
    output.note_losses(result.losses)
    if silent := unannounced(result.graph, settings):
        _note(
            f"{len(silent)} assets that no job reads or writes are left out: {settings.dialect.name} takes no DatasetEvents."
        )
    return map(serialised, static_events(result.graph, settings))


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for tool, _, name in pairs:
        if not tool or not name:
            raise SettingsError(f"--namespace {tool!r} is no pair.", hint="Write --namespace airflow=production.")
    known_tools({tool: "--namespace" for tool, _, _ in pairs})
    return {tool: name for tool, _, name in pairs}


def _print(lines: Iterator[bytes]) -> None:
    for line in lines:
        _echo(line.decode())


def _echo(line: str) -> None:
    from transload.model.hidden import visible_json

    typer.echo(visible_json(line))


def _note(text: str) -> None:
    typer.echo(text, err=True)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], object]]:
    """A bar with rate and time left, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: object) -> Text:
            return Text(f"{getattr(task, 'speed', None) or 0:.0f}/s")

    columns = (TextColumn("Sending events"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("", total=total)
        yield lambda: progress.advance(bar)


def _report(outcome: Outcome, sink: Sink) -> int:
    from transload.report import one_line

    for subject, reason in outcome.refused[:LISTED]:
        _note(f"Refused: {one_line(subject)}: {one_line(reason)}")
    if len(outcome.refused) > LISTED:
        _note(f"Refused: {len(outcome.refused) - LISTED} more")
    if outcome.complete:
        _note(f"{outcome.sent} events sent to {one_line(sink.name)}; all {outcome.total} have arrived.")
        return 0
    raise _incomplete(outcome, sink)


def _incomplete(outcome: Outcome, sink: Sink) -> TransloadError:
    counts = f"{outcome.accepted} of {outcome.total} events were accepted"
    if outcome.refused:
        counts += f", {len(outcome.refused)} refused"
    stopped = outcome.stopped
    why = f"; then it stopped: {stopped.message}" if stopped else "."
    advice = f"{stopped.hint} " if stopped and stopped.hint else ""
    return TransloadError(f"{counts}{why}", where=sink.name, hint=f"{advice}Send the rest with: {_again()}")


def _again() -> str:
    """The command that was typed, to be resumed; without the credentials of its URIs."""
    from transload.model.scrubbing import scrub

    words = [scrub(word) for word in sys.argv[1:] if word != "--resume"]
    return shlex.join(["transload", *words, "--resume"])
