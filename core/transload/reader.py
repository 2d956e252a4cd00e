"""Project or document → graph, joined names and everything that was not understood."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import reduce
from pathlib import Path

from transload import carry, loading
from transload.adapter import Failure, Reading, Target
from transload.cleansing import cleansed
from transload.declaration import Adapter
from transload.errors import AdapterError, ReadingError, SettingsError, alternatives, counted
from transload.gc_pause import paused_collection
from transload.joining import Joining
from transload.loss import Code, Loss, Severity, in_order
from transload.merging import merged
from transload.model import document
from transload.model.assets import Origin
from transload.model.graph import AssetGraph
from transload.model.references import Renames
from transload.reading.project import Project, read_project
from transload.registry import adapter_for, tools


class Way(str, Enum):
    """How to read: import the project, look at its syntax only, or import and fall back to the syntax file by file."""

    AUTO = "auto"
    LOAD = "load"
    STATIC = "static"


@dataclass(frozen=True)
class Options:
    """How to read. `python` is the interpreter of the tool, `timeout` in seconds."""

    way: Way = Way.AUTO
    python: str | None = None
    timeout: float = loading.DEFAULT_TIMEOUT
    joining: Joining = field(default_factory=Joining)


@dataclass(frozen=True)
class ReadResult:
    """A graph, and what the reader could not take in."""

    graph: AssetGraph
    losses: tuple[Loss, ...] = ()


@paused_collection()
def read(source: str, options: Options | None = None) -> ReadResult:
    """Read one source: `TOOL:PATH`, `TOOL:module`, `TOOL:module:attribute`, or the path of a document.

    Raises `TransloadError` subclasses for what cannot be read at all; everything less is in the losses.
    """
    chosen = options or Options()
    if _is_document(source):
        result = _clean(ReadResult(document.loads(_text(source), where=source)))
    else:
        target = target_of(source, chosen.joining)
        result = read_with(adapter_for(target.tool), target, chosen)
    return join(result, chosen.joining)


def read_with(adapter: Adapter, target: Target, options: Options) -> ReadResult:
    """Read one project with an adapter; its names are not joined with others. Raises `TransloadError` subclasses as `read` does."""
    return _not_empty(_clean(_read_project(adapter, target, options)), adapter, target)


@paused_collection()
def read_all(sources: Sequence[str], options: Options | None = None) -> ReadResult:
    """Read several sources into one graph: one real table is one node.

    Raises `TransloadError` subclasses for a source that cannot be read at all.
    """
    results = [read(source, options) for source in sources]
    graph, losses = merged([each.graph for each in results])
    return ReadResult(graph, in_order([*losses, *(loss for each in results for loss in each.losses)]))


def join(result: ReadResult, joining: Joining) -> ReadResult:
    """The same with the names that the rules of `transload.toml` give."""
    new = {asset.id: joining.resolve(asset.id, asset.names) for asset in result.graph.assets}
    renames = Renames(assets={old: name for old, name in new.items() if old != name})
    if not renames.assets:
        return result
    graph, losses = merged([result.graph], renames)
    return ReadResult(graph, in_order([*result.losses, *losses]))


def _clean(result: ReadResult) -> ReadResult:
    return ReadResult(*cleansed(result.graph, result.losses))


def target_of(source: str, joining: Joining) -> Target:
    """The target that a source names. Raises `SettingsError` for a source without a tool or with nothing behind it."""
    tool, _, rest = source.partition(":")
    if source.endswith(".json") and not rest:
        raise SettingsError("There is no such document.", where=source, hint="Check the path.")
    if not (tool and rest):
        raise SettingsError(
            f"{source!r} names no tool.",
            hint=f"Write TOOL:PATH or TOOL:module, TOOL being {alternatives(tools())}, or the path of a document.",
        )
    adapter_for(tool)
    deployment = joining.deployment(tool)
    path = Path(rest)
    if path.exists():
        return Target(tool, rest, path=path, deployment=deployment)
    place, colon, attribute = rest.rpartition(":")
    if colon and Path(place).exists():
        if not attribute.isidentifier():
            hint = "Write TOOL:PATH:attribute, or leave the attribute out."
            raise SettingsError(f"{attribute!r} cannot be an attribute there.", where=rest, hint=hint)
        return Target(tool, rest, path=Path(place), attribute=attribute, deployment=deployment)
    module = place if colon else rest
    if not all(part.isidentifier() for part in module.split(".")):
        raise ReadingError(
            "There is no such file or folder, and it is no module name either.", where=rest, hint="Check the path."
        )
    return Target(tool, rest, module=module, attribute=attribute if colon else None, deployment=deployment)


def _is_document(source: str) -> bool:
    return source.endswith(".json") and Path(source).is_file()


def _text(source: str) -> str:
    try:
        return Path(source).read_text(encoding="utf-8-sig")  # Windows puts a mark before what it redirects into a file.
    except OSError as error:
        message = f"The document cannot be read: {error.strerror or error}."
        raise ReadingError(message, where=source, hint="Check the path and its permissions.") from error
    except UnicodeDecodeError as error:
        hint = "Give a document that `transload read` wrote."
        raise ReadingError(f"The document cannot be read: {error}.", where=source, hint=hint) from error


def _import_roots(folder: Path, tool: str) -> tuple[Path, ...]:
    """The folder that the project's own imports start from, where the project is itself a package in a larger one.

    Not where the tool itself lies in that folder: its names must stay its own.
    """
    top = folder.resolve()
    while (top / "__init__.py").is_file() and top.parent != top:
        top = top.parent
    return (top,) if top != folder.resolve() and not (top / tool).exists() else ()


def _read_project(adapter: Adapter, target: Target, options: Options) -> ReadResult:
    _check_content(target, adapter.endings)
    if options.way is Way.STATIC or (options.way is Way.AUTO and "load" not in adapter.modules):
        return _whole(adapter, [_static(adapter, target)])
    try:
        loaded = loading.load(adapter, target, options.python, options.timeout)
    except (AdapterError, ReadingError) as error:
        if target.path is None:
            raise _of_module(target, error) from error
        misnamed = target.attribute is not None and isinstance(error, ReadingError)
        if options.way is Way.LOAD or misnamed:
            raise
        return _whole(adapter, [_static(adapter, target)], [_fallback(target, error)])
    failures = [_failed(target, failure) for failure in loaded.failures]
    files = [
        failure for failure in loaded.failures if target.path is not None and _file(target.path, failure).is_file()
    ]
    if options.way is Way.LOAD or not files:
        return _whole(adapter, [loaded], failures)
    return _whole(adapter, [loaded, _static(adapter, target, files)], failures)


def _file(path: Path, failure: Failure) -> Path:
    """What a failure is about, which may be a module that was not found."""
    return (path if path.is_dir() else path.parent) / failure.path


def _of_module(target: Target, error: AdapterError | ReadingError) -> AdapterError | ReadingError:
    """The same error, with what a slip in a path looks like."""
    hint = f"There is no file or folder {target.text}, so it was taken for a module. {error.hint or ''}".strip()
    return type(error)(error.message, where=error.where, hint=hint)


def _check_content(target: Target, endings: Sequence[str]) -> None:
    """Raises `ReadingError` for a path that cannot be listed, or that has no file of a project, which have these endings."""
    path = target.path
    if path is None:
        return
    if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
        raise ReadingError("The folder cannot be listed.", where=target.text, hint="Check its permissions.")
    if not _files(path, endings):
        message = f"There is no file here that ends in {alternatives(endings)}."
        raise ReadingError(message, where=target.text, hint="Check the path.")


def _files(path: Path, endings: Sequence[str]) -> list[Path]:
    """The files of a project: the path itself, or what lies below it."""
    return [each for each in (path.rglob("*") if path.is_dir() else [path]) if each.suffix in endings]


def _not_empty(result: ReadResult, adapter: Adapter, target: Target) -> ReadResult:
    """What was found. Raises `ReadingError` if that is nothing at all, with the tool that the files use instead."""
    graph = result.graph
    understood = [loss for loss in result.losses if loss.code is not Code.UNREADABLE]
    if graph.assets or graph.jobs or graph.flows or graph.aliases or understood:
        return result
    title = adapter.title
    if target.path is None:
        message = f"Nothing of {title} is defined here.{_unread(result)}"
        raise ReadingError(message, where=target.text, hint="Check the module's name.")
    project = _syntax(target, adapter)
    number = len(project.modules) if adapter.reads_python else len(_files(target.path, adapter.endings))
    raise ReadingError(
        f"Nothing of {title} is defined here, in {counted(number, 'file')} read.{_unread(result)}",
        where=target.text,
        hint=_other_tool(project, target),
    )


def _unread(result: ReadResult) -> str:
    """The first of what could not be read, which one file may be in two ways."""
    broken = [loss for loss in result.losses if loss.code is Code.UNREADABLE]
    files = dict.fromkeys(loss.subject for loss in broken if loss.subject.startswith("file "))
    if not files:
        return f" {broken[0].message}" if broken else ""
    return f" {counted(len(files), 'file')} could not be read, such as {broken[0].subject[5:]}: {broken[0].message}"


def _other_tool(project: Project, target: Target) -> str:
    """What to do about a project without definitions of its tool."""
    users = {tool: len(project.importers(tool)) for tool in tools() if adapter_for(tool).reads_python}
    others = {tool: number for tool, number in users.items() if number and tool != target.tool}
    if users.get(target.tool) or not others:
        return "Check the path: it should be the folder of the definitions."
    tool = max(sorted(others), key=others.__getitem__)
    uses = f"{counted(others[tool], 'file')} import{'s' if others[tool] == 1 else ''} {adapter_for(tool).title}"
    return f"{uses}: read them as {tool}:{target.text}"


def _static(adapter: Adapter, target: Target, failures: Iterable[Failure] = ()) -> Reading:
    if target.path is None:
        raise ReadingError(
            "Static reading needs a path, not a module name.", where=target.text, hint="Give the project's folder."
        )
    project = _syntax(target, adapter, failures)
    reading = adapter.static.read(project, target)
    broken = [
        Loss(
            subject=f"file {problem.place.path}",
            field="*",
            severity=Severity.DROPPED,
            code=Code.UNREADABLE,
            message=problem.reason,
            origin=Origin(tool=adapter.tool, path=problem.place.path, line=problem.place.line),
        )
        for problem in project.problems
    ]
    return replace(reading, losses=(*reading.losses, *broken))


def _syntax(target: Target, adapter: Adapter, failures: Iterable[Failure] = ()) -> Project:
    """The Python of a project: for a tool whose projects are written otherwise no more than its folder."""
    path = target.path or Path()
    root = path if path.is_dir() else path.parent
    only = [_file(path, failure) for failure in failures] or ([path] if path.is_file() else None)
    if not adapter.reads_python:
        return read_project(root, [])
    return read_project(root, only, search=_import_roots(root, adapter.tool))


def _whole(adapter: Adapter, readings: Sequence[Reading], losses: Sequence[Loss] = ()) -> ReadResult:
    """One graph of several readings of one project: what was carried belongs to all of them together."""
    native, clashes = merged([reading.graph for reading in readings])
    carried = reduce(carry.merge, (reading.carried for reading in readings))
    graph, orphans = carry.restore(native, carried, adapter.tool)
    reported = (loss for reading in readings for loss in reading.losses)
    return ReadResult(graph, in_order([*losses, *reported, *clashes, *orphans]))


def _failed(target: Target, failure: Failure) -> Loss:
    return Loss(
        subject=f"file {failure.path}",
        field="*",
        severity=Severity.DROPPED,
        code=Code.UNREADABLE,
        message=f"The file does not import: {failure.reason}",
        remedy="Install what it needs in that interpreter; the static reader's result is used where there is one.",
        origin=Origin(tool=target.tool, way="load", path=failure.path),
    )


def _fallback(target: Target, error: AdapterError | ReadingError) -> Loss:
    return Loss(
        subject=f"project {target.text}",
        field="*",
        severity=Severity.APPROXIMATED,
        code=Code.UNREADABLE,
        message=f"Read without importing it, since loading failed: {error.message}",
        remedy=error.hint,
        origin=Origin(tool=target.tool, way="static", path=target.text),
    )
