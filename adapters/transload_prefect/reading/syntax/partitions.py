"""Symbolic calls of `transload_prefect.running.partitions` → definitions and mappings."""

from __future__ import annotations

from typing import Any

from transload.reading.values import SYMBOLIC, Call
from transload_prefect.codecs.partitions import RECORDS
from transload_prefect.reading.syntax.symbols import short_name


def record_of(value: Any) -> Any:
    """The record that a symbolic call makes; a plain value as it is. Raises `ValueError` for one that is neither, or not known."""
    if isinstance(value, Call):
        kind = RECORDS.get(short_name(value) or "")
        if kind is None or value.args or value.unresolved:
            raise ValueError("it is no definition and no mapping that is known before run time")
        return kind.model_validate({name: record_of(part) for name, part in value.kwargs.items()})
    if isinstance(value, SYMBOLIC):
        raise ValueError("it is not known before run time")  # noqa: TRY004 - of whatever type it is at run time
    if isinstance(value, dict):
        return {key: record_of(part) for key, part in value.items()}
    return [record_of(item) for item in value] if isinstance(value, (list, tuple)) else value
