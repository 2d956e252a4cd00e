"""Garbage collection, out of the way of what makes many objects and few cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collection() -> Iterator[None]:
    """No garbage collection meanwhile: trees and graphs hold few cycles, and scanning a growing one again and again takes most of the time.

    What was made meanwhile counts as old afterwards, or else all of it would be scanned at once.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            # Freezing moves all that there is out of the young generations, and unfreezing puts it into the oldest. Where somebody else
            # keeps objects frozen, unfreezing would undo that.
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
