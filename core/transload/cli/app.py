"""The program: its commands, and how it ends."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn, cast

import typer

from transload import __version__
from transload.cli import adapters, comparing, demo, graph, lineage, reading, translating
from transload.errors import TransloadError

OK, ERROR, FINDINGS = 0, 1, 2
"""Exit codes: done; could not; done, and there is something to look at."""

_INTERRUPTED = 130
"""What typer makes of Ctrl-C."""

UsageProblem = cast(
    "type[typer.BadParameter]",
    next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"),
)
"""The base of every mistake in options. Reached through typer, which brings its own click since 0.26 and needed click's before."""

app = typer.Typer(
    name="transload",
    help="One asset graph across Airflow, Dagster and Prefect.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (demo, reading, graph, translating, comparing, lineage, adapters):
    _group.register(app)


def _version(value: bool) -> None:  # noqa: FBT001 - the signature that typer calls
    if value:
        typer.echo(f"transload {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """One asset graph across Airflow, Dagster and Prefect."""


def main() -> NoReturn:
    """Run the command line; every mistake of a user ends as one clear message and exit code 1."""
    _prepare_streams()
    signal.signal(signal.SIGTERM, _stopped)
    sys.exit(_run())


def _stopped(_: int, __: object) -> NoReturn:
    """A request to end is as good as Ctrl-C: what was begun is put back, and what was started is ended."""
    raise KeyboardInterrupt


def _prepare_streams() -> None:
    """Whatever a name holds can be printed; what goes into a file or pipe is UTF-8, which Windows must be told, as documents are.

    A stream that the caller closed is one that nobody reads.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            chosen = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=None if chosen else "utf-8", errors="backslashreplace")


def _run() -> int:
    try:
        code = int(app(standalone_mode=False) or OK)
        return _told_to_stop() if code == _INTERRUPTED else code
    except UsageProblem as error:
        error.show()
        return ERROR
    except (typer.Abort, KeyboardInterrupt):
        return _told_to_stop()
    except TransloadError as error:
        return _explain(error)
    except BrokenPipeError:
        _let_go()
        return ERROR
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        typer.echo(f"Error: {error.strerror or error}{place}", err=True)
        _let_go()
        return ERROR


def _let_go() -> None:
    """What standard output does not take is dropped: Python would try it once more as it ends, and end with a code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told_to_stop() -> int:
    typer.echo("Stopped.", err=True)
    return ERROR


def _explain(error: TransloadError) -> int:
    from transload.model.scrubbing import scrub_text
    from transload.report import plain

    lines = (
        f"Error: {error.message}",
        error.where and f"  where: {error.where}",
        error.hint and f"  next:  {error.hint}",
    )
    typer.echo("\n".join(plain(scrub_text(line)) for line in lines if line), err=True)
    return ERROR
