"""Functions whose code is still to be moved: their message only says so."""

from __future__ import annotations

from typing import Final

STUB: Final = "transload: "
"""The start of the message of a stub: a reader takes it for no code of its own."""
