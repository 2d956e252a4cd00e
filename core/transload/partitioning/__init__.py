"""The partition algebra: keys, windows and mappings of the model's definitions, computed without any tool."""

from transload.partitioning.definitions import Key, Known, exists, keys, parse, spell, spelled, window
from transload.partitioning.mappings import Mapped, Sides, downstream, upstream
from transload.partitioning.waiting import complete, reachable

__all__ = [
    "Key",
    "Known",
    "Mapped",
    "Sides",
    "complete",
    "downstream",
    "exists",
    "keys",
    "parse",
    "reachable",
    "spell",
    "spelled",
    "upstream",
    "window",
]
