"""Symbolic values of a project → forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

from transload.forms import Constant, Form
from transload.reading.classes import member
from transload.reading.project import Construction
from transload.reading.values import (
    Attribute,
    Call,
    Class,
    Function,
    Item,
    Operation,
    Symbol,
    Unknown,
    Value,
    qualified_name,
)
from transload_airflow.codecs import keywords
from transload_airflow.codecs.classes import POSITIONAL, sdk
from transload_airflow.codecs.legal import is_zone
from transload_airflow.codecs.residue import Words

Known = Callable[[Value], Any]
"""What is known of a value from elsewhere, such as that it is the output of a task; None for nothing."""

_ENUMERATIONS: Final = re.compile(r".*\.(?:TriggerRule|WeightRule|DagRunType)\.(?P<member>[A-Z_]+)")
_PATHS: Final = frozenset({"ObjectStoragePath"})
_DATES: Final = frozenset({"datetime.datetime", "pendulum.datetime"})
_ZONES: Final = frozenset(
    {"pendulum.timezone", "pendulum.tz.timezone", "zoneinfo.ZoneInfo", "pytz.timezone", "pendulum.timezone.Timezone"}
)
_UTC: Final = frozenset({"datetime.timezone.utc", "datetime.UTC", "pendulum.UTC", "pytz.UTC", "pytz.utc"})
_UNITS: Final = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def decorator_of(function: Function, *names: str) -> Value | None:
    """The decorator of a function that is one of Airflow's of these names, given with or without arguments."""
    for decorator in function.decorators:
        name = qualified_name(decorator) or ""
        if name.startswith("airflow.") and _decorator_name(name) in names and not is_condition(decorator):
            return decorator
    return None


def is_condition(decorator: Value) -> bool:
    """Whether it is `task.skip_if(…)` or `task.run_if(…)`, which stand beside the decorator that makes a task."""
    name = qualified_name(decorator) or ""
    return name.startswith("airflow.") and name.endswith((".task.skip_if", ".task.run_if"))


def _decorator_name(name: str) -> str:
    """`task` of airflow.sdk.task and of airflow.decorators.task.branch."""
    parts = name.split(".")
    known = next((index for index, part in enumerate(parts) if index and part in _DECORATORS), len(parts) - 1)
    return parts[known]


_DECORATORS: Final = frozenset({"asset", "dag", "setup", "task", "task_group", "teardown"})


def decorator_path(decorator: Value) -> str:
    """`airflow.sdk.task.branch`, wherever it was imported from."""
    parts = (qualified_name(decorator) or "").split(".")
    known = next((index for index, part in enumerate(parts) if index and part in _DECORATORS), len(parts) - 1)
    return sdk(".".join(parts[known:]))


def given_to(decorator: Value) -> dict[str, Value]:
    """The keywords of a decorator."""
    return dict(decorator.kwargs) if isinstance(decorator, Call) else {}


def to_form(value: Value, known: Known) -> Any:
    """The form of a value; words for what is not known before the project runs."""
    if isinstance(value, Mapping):
        return _mapping(value, known)
    if isinstance(value, (list, tuple)):
        return [to_form(each, known) for each in value]
    if isinstance(value, (set, frozenset)):
        return [to_form(each, known) for each in sorted(value, key=repr)]
    found = known(value)
    if found is not None:
        return found
    read = _READERS.get(type(value))
    return value if read is None else read(value, known)


def _mapping(value: Mapping[Any, Any], known: Known) -> Any:
    if all(isinstance(key, str) for key in value):
        return {key: to_form(each, known) for key, each in value.items()}
    return [(to_form(key, known), to_form(each, known)) for key, each in value.items()]


def _call(value: Call, known: Known) -> Any:
    name = qualified_name(value) or ""
    moment = _moment(value, name)
    if moment is not None:
        return moment
    args = tuple(to_form(each, known) for each in value.args)
    kwargs = {**{key: to_form(each, known) for key, each in value.kwargs.items()}, **unresolved(value.unresolved)}
    if isinstance(value.func, Class):
        return _instance(value.func, args, kwargs)
    short = name.rpartition(".")[2]
    if short == "ref" and name.startswith("airflow."):
        kind = "AssetUriRef" if "uri" in kwargs else "AssetNameRef"
        return Form(sdk(kind), (), kwargs)
    if name in _ZONES or (name.startswith("airflow.") and short in _PATHS):
        return args[0] if args and isinstance(args[0], str) else Words(f"{name}(…)")
    if name.startswith("airflow.") and short in _KNOWN:
        return Form(sdk(short), args, kwargs)
    return Form(name, args, kwargs) if name else Words("the result of a call")


_KNOWN: Final = frozenset({*POSITIONAL, "AssetOrTimeSchedule", "DatasetOrTimeSchedule"})


def _instance(kind: Class, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Form:
    """An instance of a class of the project, its arguments by name where its initialiser tells their names."""
    initialiser = member(kind, "__init__")
    names = [each.name for each in initialiser.parameters[1:]] if isinstance(initialiser, Function) else []
    named = dict(zip(names, args, strict=False)) if len(args) <= len(names) else {}
    return Form(f"{kind.module}.{kind.qualname}", () if named else tuple(args), {**named, **kwargs})


_ASSETS: Final = frozenset({"Asset", "Dataset", "Model"})


def asset_made(kind: Class, made: Construction, known: Known) -> Form | None:
    """The asset that a class of the project makes, with the class on its label; None for a class of anything else."""
    short = (qualified_name(made.base) or "").rpartition(".")[2]
    if short not in _ASSETS:
        return None
    group = member(kind, "asset_type")
    grouped = {"group": group} if isinstance(group, str) else {}
    assigned = {key: value for key, value in made.assigned.items() if key in keywords.ASSET}
    given = {key: to_form(value, known) for key, value in {**grouped, **made.kwargs, **assigned}.items()}
    label = {"class": f"{kind.module}.{kind.qualname}", **unresolved(made.unresolved)}
    return Form(sdk(short), tuple(to_form(each, known) for each in made.args), {**given, **label})


def unresolved(unknown: Sequence[Unknown]) -> dict[str, Words]:
    """An argument that stands for those that cannot be told, such as `**settings`."""
    return {"**": Words(unknown[0].reason, unknown=True)} if unknown else {}


def _moment(call: Call, name: str) -> datetime | timedelta | None:
    if name == "pendulum.duration":
        spans = {key: each for key, each in call.kwargs.items() if isinstance(each, (int, float))}
        return timedelta(**spans) if len(spans) == len(call.kwargs) else None
    if name not in _DATES:
        return None
    parts = {
        **dict(zip(_UNITS, call.args, strict=False)),
        **{key: each for key, each in call.kwargs.items() if key in _UNITS},
    }
    zone = zone_of(call.kwargs.get("tz", call.kwargs.get("tzinfo", "UTC" if name.startswith("pendulum") else None)))
    if not all(isinstance(each, int) for each in parts.values()) or isinstance(zone, Words):
        return None
    try:
        return datetime(**{key: each for key, each in parts.items() if isinstance(each, int)}, tzinfo=zone)
    except (TypeError, ValueError):
        return None


def zone_of(value: Value) -> timezone | ZoneInfo | Words | None:
    """A time zone given by name or by a call that takes one."""
    if value is None:
        return None
    if isinstance(value, Symbol) and value.name in _UTC:
        return timezone.utc
    if isinstance(value, Call) and (qualified_name(value) or "") in _ZONES and value.args:
        value = value.args[0]
    if not isinstance(value, str) or not is_zone(value):
        return Words("a time zone that is not known")
    return timezone.utc if value == "UTC" else ZoneInfo(value)


def _symbol(value: Symbol, _known: Known) -> Any:
    match = _ENUMERATIONS.fullmatch(value.name)
    return match["member"].lower() if match else Constant(value.name)


def _function(value: Function, known: Known) -> Any:
    """A function decorated as an asset stands for it."""
    decorator = decorator_of(value, "asset")
    if decorator is None:
        return Words("a lambda") if value.name == "<lambda>" else Constant(function_name(value))
    outlets = given_to(decorator).get("outlets")
    if isinstance(outlets, (list, tuple)):
        return Form(sdk("AssetAll"), tuple(to_form(each, known) for each in outlets))
    return asset_of(value, decorator, known)


def asset_of(function: Function, decorator: Value, known: Known) -> Form:
    """The asset that `@asset` makes of a function. Airflow drops the watchers that are given there."""
    given = {
        key: to_form(each, known)
        for key, each in given_to(decorator).items()
        if key in {"name", "uri", "group", "extra"}
    }
    name = given.get("name") or function.name
    return Form(sdk("Asset"), (), {**given, "name": name, "uri": given.get("uri") or name})


def function_name(function: Function) -> str:
    """The qualified name of a function, by the path of its file."""
    module = function.place.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return f"{module}.{function.qualname}"


def _operation(value: Operation, known: Known) -> Any:
    operands = tuple(to_form(each, known) for each in value.operands)
    if value.operator in ("&", "|"):
        return Form(value.operator, operands)
    if value.operator == "/" and all(isinstance(each, str) for each in operands):
        return "/".join(operands)
    return Words(f"an operation with {value.operator}")


_READERS: Final[Mapping[type, Callable[[Any, Known], Any]]] = {
    Call: _call,
    Symbol: _symbol,
    Function: _function,
    Operation: _operation,
    Class: lambda value, _known: Constant(f"{value.module}.{value.qualname}"),
    Unknown: lambda value, _known: Words(value.reason, unknown=True),
    Attribute: lambda value, _known: (
        Constant(name) if (name := qualified_name(value)) else Words(f"the attribute {value.name}")
    ),
    Item: lambda value, _known: Words(f"an item of {qualified_name(value.of) or 'a value'}"),
}
