"""Options that several commands share, and what they mean together."""

from __future__ import annotations

import shutil
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transload.joining import Joining
    from transload.reader import Options


class Format(str, Enum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


class FailOn(str, Enum):
    """From which severity on losses make the exit code 2."""

    NEVER = "never"
    CARRIED = "carried"
    APPROXIMATED = "approximated"
    DROPPED = "dropped"


class Triggers(str, Enum):
    """What becomes of a trigger that the target has only something like."""

    NATIVE = "native"
    BRIDGE = "bridge"


Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help="TOOL:PATH, TOOL:module, TOOL:module:attribute, or a document (.json)."),
]
To = Annotated[
    str, typer.Option("--to", metavar="TOOL", help="The tool to translate to; `transload adapters` lists them.")
]
TriggersOption = Annotated[
    Triggers,
    typer.Option(
        "--triggers",
        help="What the tool has no exact trigger for: its nearest one, or a route of the bridge in transload.toml.",
    ),
]
Load = Annotated[bool, typer.Option("--load", help="Import the project; do not fall back to reading its syntax.")]
Static = Annotated[bool, typer.Option("--static", help="Read the syntax only; import nothing, need no tool.")]
Python = Annotated[
    str | None, typer.Option("--python", metavar="PATH", help="The interpreter that has the tool. Default: this one.")
]
Timeout = Annotated[float, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long loading may take.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Joining rules and deployments. Default: transload.toml, if it is there."
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How to print.")]
FailOnOption = Annotated[
    FailOn, typer.Option("--fail-on", help="Exit with 2 when something is lost at least this badly.")
]
Reports = Annotated[
    list[Path] | None,
    typer.Option(
        "--report", metavar="FILE", help="Also write the report: .json, .ndjson, .md or .sarif. May be repeated."
    ),
]


_PYTHON = "Name another with --python, such as a virtual environment's bin/python."


def reading_options(  # noqa: PLR0913 - one parameter per option
    *, load: bool, static: bool, python: str | None, timeout: float = 300.0, config: Path | None = None
) -> Options:
    """What the options of reading mean together. Raises `SettingsError` for a contradiction."""
    from transload.errors import SettingsError
    from transload.joining import Joining
    from transload.reader import Options, Way

    if load and static:
        raise SettingsError("--load and --static exclude one another.", hint="Give one of them, or neither.")
    if python is not None and shutil.which(python) is None:
        raise SettingsError(f"The interpreter {python!r} cannot be started: there is no such program.", hint=_PYTHON)
    way = Way.LOAD if load else Way.STATIC if static else Way.AUTO
    return Options(way=way, python=python, timeout=timeout, joining=_joining(config) or Joining())


def _joining(config: Path | None) -> Joining | None:
    from transload.joining import Joining
    from transload.routing import SECTION

    default = Path("transload.toml")
    path = config or (default if default.is_file() else None)
    if path is None:
        return None
    joining = Joining.load(path, elsewhere={SECTION})
    known_tools(joining.tools, str(path))
    return joining


def known_tools(places: Mapping[str, str], where: str | None = None) -> None:
    """`places`: tool → the key or option that names it. Raises `SettingsError` for one without an adapter, such as a slip of the pen."""
    from transload.errors import SettingsError
    from transload.registry import tools

    for tool, place in places.items():
        if tool not in tools():
            message = f"{place} names {tool!r}, for which there is no adapter."
            raise SettingsError(message, where=where, hint=f"Known tools: {', '.join(tools())}.")
