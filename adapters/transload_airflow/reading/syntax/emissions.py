"""The additions that the code of a task makes to the events of its assets at run time: assets of an alias, metadata, partitions."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from transload.errors import TransloadError
from transload.reading.project import Project, read_project
from transload.reading.values import Argument, Attribute, Call, Function, Item, Operation, Value, qualified_name
from transload_airflow.codecs.classes import arguments, kind_of
from transload_airflow.codecs.definitions import Emission, Kind
from transload_airflow.reading.syntax.values import decorator_of, to_form

EVENTS: Final = "outlet_events"
METADATA: Final = "Metadata"
_MOST_FUNCTIONS: Final = 1_000


def emitted(project: Project, function: Function) -> tuple[Emission, ...]:
    """The emissions of a function, each once; a single unknown one where they cannot be told with certainty."""
    names = _names(function.node)
    if not names & {EVENTS, METADATA}:
        return ()
    trace = project.trace(function)
    emissions = [emission for value in (*trace.calls, *trace.operations) for emission in _emissions(value)]
    if not emissions and EVENTS in names:
        return (Emission("unknown"),)
    return tuple(dict.fromkeys(emissions))


def emitted_by(code: Any, root: Path | None) -> tuple[Emission, ...]:
    """The same of the code object of a function that was imported, read from its file."""
    # A look at the code alone first: most functions emit nothing, and need not be parsed.
    if not _constants(code) & {EVENTS, METADATA}:
        return ()
    path = Path(code.co_filename)
    unknown = (Emission("unknown"),)
    if root is None or not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        return unknown
    project = _project(root, path)
    if project is None:
        return unknown
    for function in _functions(project):
        # The first line of a function is that of its first decorator, if it has any (CPython 3.8 and later).
        decorators = getattr(function.node, "decorator_list", [])
        if code.co_firstlineno in {function.node.lineno, *(decorator.lineno for decorator in decorators)}:
            return emitted(project, function)
    return unknown


def sentence(emission: Emission) -> str:
    """The sentence of a report on an emission."""
    return _SENTENCES[emission.kind].format(
        of=emission.of or "one that only running it would tell", added=emission.added
    )


_SENTENCES: Final = {
    "alias": "Its code adds to the alias {of} at run time: {added}.",
    "metadata": "Its code attaches metadata to the event of an asset at run time: {of}.",
    "partitions": "Its code gives keys of partitions to the event of an asset at run time: {of}.",
    "unknown": "Its code takes the events of its outlets at run time; what it adds to them only running it would tell.",
}


def _names(node: ast.AST) -> set[str]:
    """The names, attributes, parameters and texts in a function."""
    fields = ((getattr(inner, key, None) for key in ("id", "attr", "arg", "value")) for inner in ast.walk(node))
    return {name for names in fields for name in names if isinstance(name, str)}


def _constants(code: Any) -> set[str]:
    """The names and texts in the code of a function and of those within it."""
    pending, texts = [code], set[str]()
    while pending:
        inner = pending.pop()
        texts |= {*inner.co_names, *inner.co_varnames, *(text for text in inner.co_consts if isinstance(text, str))}
        # The names of keyword arguments are a tuple among the constants.
        tuples = (constant for constant in inner.co_consts if isinstance(constant, tuple))
        texts |= {text for constant in tuples for text in constant if isinstance(text, str)}
        pending.extend(constant for constant in inner.co_consts if hasattr(constant, "co_names"))
    return texts


def _emissions(value: Value) -> Iterator[Emission]:
    """Of a call or an assignment: `yield Metadata(…)`, `outlet_events[alias].add(…)`, `outlet_events[asset].extra = …`."""
    if isinstance(value, Operation) and value.operator == "setattr" and value.operands[1] == "extra":
        yield from _on_event("metadata", value.operands[0])
    elif isinstance(value, Operation) and value.operator == "setitem":
        yield from _extra(value.operands[0])
    elif isinstance(value, Call) and isinstance(value.func, Attribute):
        name, of = value.func.name, value.func.of
        if name == "add" and isinstance(of, Item) and _is_event(of):
            yield _added(of.key, next(iter([*value.args, *value.kwargs.values()]), None))
        elif name == "add_partitions":
            yield from _on_event("partitions", of)
        elif name == "update":
            yield from _extra(of)
    elif isinstance(value, Call):
        name = qualified_name(value) or ""
        if name.startswith("airflow.") and name.endswith(f".{METADATA}"):
            alias = value.kwargs.get("alias", value.args[2] if len(value.args) > _BEFORE_ALIAS else None)
            asset = value.kwargs.get("asset", value.args[0] if value.args else None)
            yield Emission("metadata", _text(asset))
            if alias is not None:
                yield _added(alias, asset)


_BEFORE_ALIAS: Final = 2
"""So many positional arguments of `Metadata` come before the alias."""


def _added(alias: Value, asset: Value) -> Emission:
    return Emission("alias", _text(alias), _text(asset) or "an asset that only running it would tell")


def _extra(value: Value) -> Iterator[Emission]:
    """Metadata that is put into the attribute `extra` of an event."""
    if isinstance(value, Attribute) and value.name == "extra":
        yield from _on_event("metadata", value.of)


def _on_event(kind: Kind, event: Value) -> Iterator[Emission]:
    if isinstance(event, Item) and _is_event(event):
        yield Emission(kind, _text(event.key))


def _is_event(item: Item) -> bool:
    """True of `outlet_events[…]`, wherever the task has these from."""
    events = item.of
    if isinstance(events, Call) and isinstance(events.func, Attribute) and events.func.name == "get":
        return EVENTS in events.args
    if isinstance(events, Argument):
        return events.parameter.name == EVENTS
    return isinstance(events, Item) and events.key == EVENTS


def _text(value: Value) -> str | None:
    """The URI or name of an asset, or the name of an alias."""
    form = to_form(value, lambda _: None)
    kwargs = {} if kind_of(form) is None else arguments(form)
    text = form if isinstance(form, str) else kwargs.get("uri") or kwargs.get("name")
    return text if isinstance(text, str) else None


@cache
def _project(root: Path, path: Path) -> Project | None:
    try:
        return read_project(root, [path])
    except TransloadError:
        return None


def _functions(project: Project) -> Iterable[Function]:
    """The functions of modules, and those within the functions that make DAGs and groups."""
    pending = [function for module in project.modules.values() for function in module.functions]
    for _ in range(_MOST_FUNCTIONS):
        if not pending:
            return
        function = pending.pop()
        yield function
        if decorator_of(function, "dag", "task_group"):
            pending.extend(project.trace(function).functions)
