"""Functions whose code is still to be moved: their message only says so."""

from __future__ import annotations

from typing import Final

STUB: Final = "transload: "
"""How the message of a stub begins: a reader takes it for no code of its own."""
