"""One asset graph across Airflow, Dagster and Prefect."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transload.reader import read as read
    from transload.translator import translate as translate

__version__ = "0.1.0"
__all__ = ["__version__", "read", "translate"]

_LAZY = {"read": "transload.reader", "translate": "transload.translator"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
