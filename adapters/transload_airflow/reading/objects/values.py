"""Airflow's objects → forms, by the names of their classes: nothing of Airflow is imported here."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from transload.forms import Constant, Form
from transload_airflow.codecs import own_mappings, own_timetables
from transload_airflow.codecs.classes import sdk
from transload_airflow.codecs.residue import Words

_DIRECT: Final = (type(None), bool, int, float, str, datetime, timedelta)
_AUTHORING: Final = ("airflow.sdk.", "airflow.timetables.", "airflow.partition_mappers.")
"""Where the classes are that DAG files name by way of `airflow.sdk`."""

_MANGLED: Final = re.compile(r"unusual_prefix_[0-9a-f]+_")
"""The prefix that Airflow gives to the module name of a DAG file, a hash of its path (`get_unique_dag_module_name`, 3.1 to 3.3)."""

_TIMETABLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "AssetOrTimeSchedule": {"timetable": None, "assets": None},
    "AssetTriggeredTimetable": {"assets": None},
    "CronDataIntervalTimetable": {"expression": None, "timezone": None},
    "CronPartitionTimetable": {
        "expression": None,
        "timezone": None,
        "interval": timedelta(),
        "run_immediately": False,
        "run_offset": None,
        "key_format": "%Y-%m-%dT%H:%M:%S",
    },
    "CronTriggerTimetable": {"expression": None, "timezone": None, "interval": timedelta(), "run_immediately": False},
    "DeltaDataIntervalTimetable": {"delta": None},
    "DeltaTriggerTimetable": {"delta": None, "interval": timedelta()},
    "EventsTimetable": {"event_dates": None, "restrict_to_events": False, "description": None},
    "PartitionedAssetTimetable": {"assets": None, "partition_mapper_config": {}, "default_partition_mapper": None},
}
"""Arguments of the timetables and their defaults. The classes of Airflow's core have them as attributes with an underscore."""

_TRANSLOADS: Final = frozenset({own_mappings.HOME, own_timetables.HOME})
"""Where transload's own mappers and timetables are, which have a method for their form."""

_ATTRIBUTES: Final[Mapping[str, str]] = {"assets": "asset_condition"}
"""Arguments of Airflow's timetables that are attributes of another name."""


def to_form(value: Any) -> Any:
    """A form, a plain value, or words for what has no form. Keys of dictionaries that are no text make it a list of pairs."""
    if isinstance(value, _DIRECT):
        return value
    if type(value).__module__ in _TRANSLOADS:
        return value.as_form()
    for kind in _own_classes(value):
        if kind in _AIRFLOWS:
            return _AIRFLOWS[kind](value)
    for types, read in _PYTHONS:
        if isinstance(value, types):
            return read(value)
    return _other(value)


def _own_classes(value: Any) -> tuple[str, ...]:
    """The names of Airflow's classes that an object is of, the nearest first."""
    kind: type = type(value)  # a type of anything is not hashable to mypy
    return _airflows_among(kind)


# By class, since the same few classes are asked for with every value of a project.
@functools.cache
def _airflows_among(kind: type) -> tuple[str, ...]:
    return tuple(base.__name__ for base in kind.__mro__ if base.__module__.startswith("airflow."))


def qualified(value: Any) -> str:
    """The name of a function or class, as the project spells it."""
    return _MANGLED.sub("", f"{value.__module__}.{getattr(value, '__qualname__', type(value).__name__)}")


def _asset(value: Any) -> Form:
    kind = next(name for name in _own_classes(value) if name in _ASSETS)
    kwargs: dict[str, Any] = {"name": value.name, "uri": value.uri}
    if value.group != kind.lower():
        kwargs["group"] = value.group
    if value.extra:
        kwargs["extra"] = to_form(value.extra)
    if value.watchers:
        kwargs["watchers"] = to_form(value.watchers)
    # Since Airflow 3.3.
    access = getattr(value, "access_control", None)
    if access is not None and access != type(access)():
        kwargs["access_control"] = to_form(access)
    if not type(value).__module__.startswith("airflow."):
        kwargs["class"] = qualified(type(value))
    return Form(sdk(kind), (), kwargs)


def _stored_asset(value: Any) -> Form:
    """An asset in the form that Airflow 3.3 stores, which the timetables of its core take in its place."""
    kind, group = _STORED_GROUPS.get(value.group, ("Asset", value.group))
    kwargs: dict[str, Any] = {"name": value.name, "uri": value.uri}
    optional = {
        "group": group,
        "extra": value.extra,
        "watchers": value.watchers,
        "access_control": value.access_control,
    }
    return Form(sdk(kind), (), {**kwargs, **{key: to_form(item) for key, item in optional.items() if item}})


def _stored_watcher(value: Any) -> Form:
    trigger = Form(value.trigger["classpath"], (), to_form(value.trigger["kwargs"]))
    return Form(sdk("AssetWatcher"), (), {"name": value.name, "trigger": trigger})


_STORED_GROUPS: Final = {"asset": ("Asset", None), "dataset": ("Dataset", None), "model": ("Model", None)}
"""Group → the class that has it by default, and the group that is left to state."""


def _group(name: str) -> Callable[[Any], Form]:
    return lambda value: Form(sdk(name), tuple(map(to_form, value.objects)))


def _watcher(value: Any) -> Form:
    name, arguments = value.trigger.serialize()
    trigger = Form(name, (), {key: to_form(argument) for key, argument in arguments.items()})
    return Form(sdk("AssetWatcher"), (), {"name": value.name, "trigger": trigger})


def _param(value: Any) -> Form:
    """A value of a type of its own stands for a parameter without a default."""
    default = value.value if isinstance(value.value, (*_DIRECT, list, dict)) else None
    words = {"description": value.description} if value.description else {}
    return Form(sdk("Param"), (), to_form({"default": default, **words, **(value.schema or {})}))


def _xcom(value: Any) -> Any:
    operator = getattr(value, "operator", None)
    if operator is None:
        return Words(qualified(type(value)))
    key = getattr(value, "key", _RETURNED)
    return Constant(f"{operator.task_id}.output" + ("" if key == _RETURNED else f"[{key!r}]"))


_RETURNED: Final = "return_value"
"""The key of what a task returns."""


def _mapping(value: Mapping[Any, Any]) -> Any:
    if all(isinstance(key, str) for key in value):
        return {key: to_form(item) for key, item in value.items()}
    return [(to_form(key), to_form(item)) for key, item in value.items()]


def _timetable(value: Any) -> Form:
    name = type(value).__name__
    if name == "MultipleCronTriggerTimetable":
        return _crons(value)
    if not type(value).__module__.startswith("airflow."):
        return _own_timetable(value)
    defaults = _TIMETABLES.get(name, {})
    kwargs = {key: to_form(_attribute(value, key)) for key in defaults}
    kwargs = {key: form for key, form in kwargs.items() if form != defaults[key]}
    # Arguments that a newer Airflow brings are read as well, where they are not what they are by default.
    parameters = list(inspect.signature(type(value).__init__).parameters.items())[1:]
    for key, parameter in parameters:
        if key not in defaults and key not in _UNHELD and not key.startswith(("args", "kwargs")):
            argument = _attribute(value, key)
            if argument not in (None, parameter.default):
                kwargs[key] = to_form(argument)
    return Form(_class_name(value), (), kwargs)


_UNHELD: Final = frozenset({"cron", "crons", "presorted"})
"""Arguments of timetables that are attributes of another name, or none at all."""


def _own_timetable(value: Any) -> Form:
    """One of the project's own: its arguments, else what it stores of itself."""
    arguments = _init_forms(value)
    if arguments is None:
        try:
            arguments = to_form(value.serialize())
        except Exception as error:  # noqa: BLE001 - whatever the project's own class raises is the finding
            arguments = {"**": Words(f"{type(error).__name__}: {error}")}
    return Form(_class_name(value), (), arguments)


def _init_forms(value: Any) -> dict[str, Any] | None:
    """The arguments of an object that has each as an attribute; None where it does not. No default is written out."""
    arguments = _init_arguments(value)
    return None if arguments is None else {name: to_form(argument) for name, argument in arguments.items()}


def _init_arguments(value: Any) -> dict[str, Any] | None:
    arguments: dict[str, Any] = {}
    if type(value).__init__ is object.__init__:
        return arguments
    for name, parameter in list(inspect.signature(type(value).__init__).parameters.items())[1:]:
        attributes = [key for key in (name, f"_{name}") if hasattr(value, key)]
        if not attributes or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return None
        argument = getattr(value, attributes[0])
        # Identity first: comparing an object of the project's own may raise, or be a value of another kind.
        if not (argument is parameter.default or argument == parameter.default):
            arguments[name] = argument
    return arguments


def _plain_object(value: Any) -> Any:
    """An object of one of Airflow's plain classes; what such as a connection holds may be secret."""
    arguments: dict[str, Any] | None
    if type(value).__module__.startswith(_OPEN):
        arguments = _init_forms(value)
        if arguments is None:
            attributes = vars(value).items()
            arguments = to_form(
                {key: _MANGLED.sub("", item) if isinstance(item, str) else item for key, item in attributes}
            )
    else:
        # Not even looked into: it may hold what it belongs to, and that again it.
        arguments = {} if _init_arguments(value) == {} else None
    return Words(qualified(type(value))) if arguments is None else Form(_class_name(value), (), arguments)


_OPEN: Final = (
    "airflow.sdk.definitions.callback",
    "airflow.sdk.definitions.deadline",
    "airflow.sdk.definitions.retry_policy",
)
"""Where classes are that do not have their arguments as attributes, and whose instances hold no secrets."""


def _partial(value: functools.partial[Any]) -> Form:
    return Form("functools.partial", (to_form(value.func), *map(to_form, value.args)), to_form(value.keywords))


def _crons(value: Any) -> Form:
    parts = [_timetable(part) for part in _attribute(value, "timetables")]
    shared = {key: form for key, form in parts[0].kwargs.items() if key != "expression"}
    return Form(sdk("MultipleCronTriggerTimetable"), tuple(part.kwargs["expression"] for part in parts), shared)


def _attribute(value: Any, key: str) -> Any:
    """An argument of a timetable, under whichever name it is an attribute."""
    for name in (key, f"_{key}", _ATTRIBUTES.get(key, key)):
        if hasattr(value, name):
            return getattr(value, name)
    return None


def _attrs_object(value: Any) -> Form:
    """A class of attrs, such as a partition mapper: the arguments that are not defaults."""
    kwargs = {}
    for field in type(value).__attrs_attrs__:
        default = field.default
        factory = getattr(default, "factory", None)
        if factory is not None and not default.takes_self:
            default = factory()
        argument = getattr(value, field.name)
        if field.init and argument != default:
            # An attribute with an underscore is an argument without one, its alias.
            kwargs[field.alias or field.name] = to_form(argument)
    return Form(sdk(type(value).__name__), (), kwargs)


def _other(value: Any) -> Any:
    if type(value).__module__ == "dateutil.relativedelta":
        # A span in calendar units. Attributes with an underscore are made of the others.
        units = {key: number for key, number in vars(value).items() if not key.startswith("_") and number}
        return Form("dateutil.relativedelta.relativedelta", (), to_form(units))
    airflows = type(value).__module__.startswith("airflow.")
    if airflows and "timetables" in type(value).__module__:
        return _timetable(value)
    if airflows and hasattr(type(value), "__attrs_attrs__"):
        return _attrs_object(value)
    if callable(value) and hasattr(value, "__qualname__"):
        name = qualified(value)
        return Words(name) if "<lambda>" in name else Constant(name)
    return _by_attribute(value)


def _by_attribute(value: Any) -> Any:
    """Time zones by name, members of enumerations by value, windows by direction."""
    name, member, direction = (getattr(value, key, None) for key in ("name", "value", "direction"))
    if hasattr(value, "utcoffset") and isinstance(name, str):
        return name
    if hasattr(type(value), "__members__") and isinstance(member, str):
        return member
    if direction is not None and _own_classes(value):
        backward = getattr(direction, "value", direction) == "backward"
        return Form(_class_name(value), (), {"direction": "backward"} if backward else {})
    return _plain_object(value) if _own_classes(value) else Words(qualified(type(value)))


def _class_name(value: Any) -> str:
    """Where to import the class: a class of the project's own keeps its name."""
    kind = type(value)
    return sdk(kind.__name__) if kind.__module__.startswith(_AUTHORING) else qualified(kind)


_ASSETS: Final = frozenset({"Asset", "Dataset", "Model"})

_AIRFLOWS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_ASSETS, _asset),
    "AssetAlias": lambda value: Form(sdk("AssetAlias"), (), {"name": value.name, "group": value.group}),
    "AssetAll": _group("AssetAll"),
    "AssetAny": _group("AssetAny"),
    "AssetNameRef": lambda value: Form(sdk("AssetNameRef"), (value.name,)),
    "AssetUriRef": lambda value: Form(sdk("AssetUriRef"), (value.uri,)),
    "AssetWatcher": _watcher,
    "LiteralValue": lambda value: Form(sdk("literal"), (to_form(value.value),)),
    "Param": _param,
    "SerializedAsset": _stored_asset,
    "SerializedAssetAlias": lambda value: Form(sdk("AssetAlias"), (), {"name": value.name, "group": value.group}),
    "SerializedAssetAll": _group("AssetAll"),
    "SerializedAssetAny": _group("AssetAny"),
    "SerializedAssetNameRef": lambda value: Form(sdk("AssetNameRef"), (value.name,)),
    "SerializedAssetUriRef": lambda value: Form(sdk("AssetUriRef"), (value.uri,)),
    "SerializedAssetWatcher": _stored_watcher,
    "MappedArgument": lambda value: Form(qualified(type(value)), (), {"key": value._key}),  # noqa: SLF001 - Airflow's only record of the key
    "XComArg": _xcom,
    **dict.fromkeys((*_TIMETABLES, "BaseTimetable", "Timetable"), _timetable),
    "MultipleCronTriggerTimetable": _crons,
}
"""Airflow's classes, and those derived from them."""

_PYTHONS: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (Mapping, _mapping),
    ((list, tuple), lambda value: [to_form(item) for item in value]),
    # In one order: that of a set of texts differs from run to run.
    ((set, frozenset), lambda value: [to_form(item) for item in sorted(value, key=repr)]),
    (functools.partial, _partial),
    (type, lambda value: Constant(qualified(value))),
)
