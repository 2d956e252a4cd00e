"""Definitions and mappings of the model as forms of the model's own classes, which DAGs name where Airflow has no class."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from pydantic import ValidationError

from transload.forms import Form
from transload.model import partitions
from transload.model.base import Record

HOME: Final = partitions.__name__
"""Where the classes are."""

_CLASSES: Final[Mapping[str, type[Record]]] = {
    f"{HOME}.{name}": value
    for name, value in vars(partitions).items()
    if isinstance(value, type) and issubclass(value, Record) and value.__module__ == HOME
}


def record_form(record: Record) -> Form:
    """The call that makes a record; no default is written out."""
    kwargs = {}
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        if name != "kind" and value != field.default:
            kwargs[name] = _plain(value)
    return Form(f"{HOME}.{type(record).__name__}", (), kwargs)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return record_form(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value)) if isinstance(value, tuple) else list(map(_plain, value))
    return value.value if isinstance(value, Enum) else value


def record_of(value: Any) -> Any:
    """The record that a form makes; None for a form of anything else, or of arguments that are not known."""
    if not isinstance(value, Form) or value.name not in _CLASSES or value.args:
        return None
    try:
        return _CLASSES[value.name].model_validate({key: _made(item) for key, item in value.kwargs.items()})
    except ValidationError:
        return None


def _made(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _made(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_made(item) for item in value]
    record = record_of(value)
    return value if record is None else record
