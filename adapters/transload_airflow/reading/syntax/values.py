"""Symbolic values of a project → forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

from transload.forms import Constant, Form
from transload.partitioning.cron import is_zone
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
from transload_airflow.codecs.residue import Words

Known = Callable[[Value], Any]
"""The form of a value that is known from elsewhere, such as the output of a task; None for any other value."""

_ENUMERATIONS: Final = re.compile(r".*\.(?:TriggerRule|WeightRule|DagRunType)\.(?P<member>[A-Z_]+)")
_PATHS: Final = frozenset({"ObjectStoragePath"})
_DATES: Final = frozenset({"datetime.datetime", "pendulum.datetime"})
_ZONES: Final = frozenset(
    {"pendulum.timezone", "pendulum.tz.timezone", "zoneinfo.ZoneInfo", "pytz.timezone", "pendulum.timezone.Timezone"}
)
_UTC: Final = frozenset({"datetime.timezone.utc", "datetime.UTC", "pendulum.UTC", "pytz.UTC", "pytz.utc"})
_UNITS: Final = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def decorator_of(function: Function, *names: str) -> Value | None:
    """The decorator of a function that is one of Airflow's of these names, with or without arguments."""
    for decorator in function.decorators:
        name = qualified_name(decorator) or ""
        if name.startswith("airflow.") and _decorator_parts(name)[0] in names and not is_condition(decorator):
            return decorator
    return None


def is_condition(decorator: Value) -> bool:
    """True of `task.skip_if(…)` and `task.run_if(…)`, which stand beside the decorator that makes a task."""
    name = qualified_name(decorator) or ""
    return name.startswith("airflow.") and name.endswith((".task.skip_if", ".task.run_if"))


def _decorator_parts(name: str) -> list[str]:
    """`task` of airflow.sdk.task, `task` and `branch` of airflow.decorators.task.branch."""
    parts = name.split(".")
    # The first part may be a module of the project that is called like a decorator.
    first = next((index for index, part in enumerate(parts) if index and part in _DECORATORS), len(parts) - 1)
    return parts[first:]


_DECORATORS: Final = frozenset({"asset", "dag", "setup", "task", "task_group", "teardown"})


def decorator_path(decorator: Value) -> str:
    """`airflow.sdk.task.branch`, wherever it was imported from."""
    return sdk(".".join(_decorator_parts(qualified_name(decorator) or "")))


def keywords_of(decorator: Value) -> dict[str, Value]:
    """The keywords of a decorator."""
    return dict(decorator.kwargs) if isinstance(decorator, Call) else {}


def to_form(value: Value, known: Known) -> Any:
    """The form of a value; words for what is not known before the project runs."""
    if isinstance(value, Mapping):
        return _mapping(value, known)
    if isinstance(value, (list, tuple)):
        return [to_form(item, known) for item in value]
    if isinstance(value, (set, frozenset)):
        # In one order: that of a set of texts differs from run to run.
        return [to_form(item, known) for item in sorted(value, key=repr)]
    form = known(value)
    if form is not None:
        return form
    read = _READERS.get(type(value))
    return value if read is None else read(value, known)


def _mapping(value: Mapping[Any, Any], known: Known) -> Any:
    """A dictionary; a list of pairs where keys are no text, as in `reading.objects.values`."""
    if all(isinstance(key, str) for key in value):
        return {key: to_form(item, known) for key, item in value.items()}
    return [(to_form(key, known), to_form(item, known)) for key, item in value.items()]


def _call(value: Call, known: Known) -> Any:
    name = qualified_name(value) or ""
    moment = _moment(value, name)
    if moment is not None:
        return moment
    args = tuple(to_form(argument, known) for argument in value.args)
    kwargs = {key: to_form(argument, known) for key, argument in value.kwargs.items()} | unresolved(value.unresolved)
    if isinstance(value.func, Class):
        # An instance of a class of the project: its arguments by name, where its initialiser tells their names.
        initialiser = member(value.func, "__init__")
        parameters = initialiser.parameters[1:] if isinstance(initialiser, Function) else ()
        if len(args) <= len(parameters):
            kwargs = {**{parameter.name: form for parameter, form in zip(parameters, args, strict=False)}, **kwargs}
            args = ()
        return Form(f"{value.func.module}.{value.func.qualname}", args, kwargs)
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


_ASSETS: Final = frozenset({"Asset", "Dataset", "Model"})


def asset_of_class(kind: Class, construction: Construction, known: Known) -> Form | None:
    """The asset that a class of the project makes, with the class on its label; None for a class of anything else."""
    short = (qualified_name(construction.base) or "").rpartition(".")[2]
    if short not in _ASSETS:
        return None
    group = member(kind, "asset_type")
    grouped = {"group": group} if isinstance(group, str) else {}
    assigned = {key: value for key, value in construction.assigned.items() if key in keywords.ASSET}
    kwargs = {key: to_form(value, known) for key, value in {**grouped, **construction.kwargs, **assigned}.items()}
    label = {"class": f"{kind.module}.{kind.qualname}", **unresolved(construction.unresolved)}
    return Form(sdk(short), tuple(to_form(argument, known) for argument in construction.args), {**kwargs, **label})


def unresolved(unknown: Sequence[Unknown]) -> dict[str, Words]:
    """An argument that stands for those that cannot be told, such as `**settings`."""
    return {"**": Words(unknown[0].reason, unknown=True)} if unknown else {}


def _moment(call: Call, name: str) -> datetime | timedelta | None:
    """The point or span of time that a call makes; None for a call of anything else, or with parts that are not known."""
    if name == "pendulum.duration":
        spans = {key: value for key, value in call.kwargs.items() if isinstance(value, (int, float))}
        return timedelta(**spans) if len(spans) == len(call.kwargs) else None
    if name not in _DATES:
        return None
    parts = {
        **dict(zip(_UNITS, call.args, strict=False)),
        **{key: value for key, value in call.kwargs.items() if key in _UNITS},
    }
    # Without a zone, pendulum's are in UTC, Python's in none.
    zone = zone_of(call.kwargs.get("tz", call.kwargs.get("tzinfo", "UTC" if name.startswith("pendulum") else None)))
    numbers = {key: value for key, value in parts.items() if isinstance(value, int)}
    if len(numbers) != len(parts) or isinstance(zone, Words):
        return None
    try:
        return datetime(**numbers, tzinfo=zone)
    except (TypeError, ValueError):
        return None


def zone_of(value: Value) -> timezone | ZoneInfo | Words | None:
    """The time zone that a name stands for, or a call that takes one; words for one that is not known."""
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
    """A function; one that is decorated as an asset stands for that."""
    decorator = decorator_of(value, "asset")
    if decorator is None:
        return Words("a lambda") if value.name == "<lambda>" else Constant(function_name(value))
    outlets = keywords_of(decorator).get("outlets")
    if isinstance(outlets, (list, tuple)):
        return Form(sdk("AssetAll"), tuple(to_form(outlet, known) for outlet in outlets))
    return asset_of(value, decorator, known)


def asset_of(function: Function, decorator: Value, known: Known) -> Form:
    """The asset that `@asset` makes of a function. Airflow drops the watchers of the decorator (3.1 to 3.3)."""
    kwargs = {
        key: to_form(value, known)
        for key, value in keywords_of(decorator).items()
        if key in {"name", "uri", "group", "extra"}
    }
    name = kwargs.get("name") or function.name
    return Form(sdk("Asset"), (), {**kwargs, "name": name, "uri": kwargs.get("uri") or name})


def function_name(function: Function) -> str:
    """The qualified name of a function, by the path of its file."""
    module = function.place.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return f"{module}.{function.qualname}"


def _operation(value: Operation, known: Known) -> Any:
    operands = tuple(to_form(operand, known) for operand in value.operands)
    if value.operator in ("&", "|"):
        return Form(value.operator, operands)
    # A path joined to an ObjectStoragePath, which stands for its text.
    if value.operator == "/" and all(isinstance(operand, str) for operand in operands):
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
