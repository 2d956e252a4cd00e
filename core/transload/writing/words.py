"""Which texts may stand as a name in Python source."""

from __future__ import annotations

import keyword
import unicodedata
from functools import lru_cache
from typing import Final

from transload.errors import SourceError

HINT: Final = "Turn the text into an identifier first (transload.writing.names.identifier)."

_SHOWN: Final = 80
_REMEMBERED: Final = 65_536
"""Names whose form is known: those of a large project are asked for again and again."""

# The compiler refuses to bind it, although it is no keyword.
_UNBINDABLE: Final = frozenset({"__debug__"})


@lru_cache(maxsize=_REMEMBERED)
def is_word(text: str) -> bool:
    """Whether the text is an identifier that means itself: no keyword, and not one that the parser would normalise (NFKC)."""
    if not text.isidentifier() or keyword.iskeyword(text) or text in _UNBINDABLE:
        return False
    return text.isascii() or unicodedata.normalize("NFKC", text) == text


def word(text: str) -> str:
    """The text itself. Raises `SourceError` if it is no name."""
    if not is_word(text):
        raise SourceError(f"{shown(text)} cannot be a name in Python source.", hint=HINT)
    return text


@lru_cache(maxsize=_REMEMBERED)
def words(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted name. Raises `SourceError` if one of them is no name."""
    return tuple(word(part) for part in dotted.split("."))


def shown(text: str) -> str:
    """A text as an error message shows it: quoted, escaped and short."""
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
