"""Identifiers and file names from any text: stable, readable and distinct."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Final

from transload.errors import SourceError
from transload.naming import DIGEST, digest
from transload.writing.paths import RESERVED
from transload.writing.words import shown

MAX_IDENTIFIER: Final = 80
MAX_STEM: Final = 64
"""Characters."""

_OTHERS: Final = re.compile(r"[^0-9A-Za-z]+")
_PLAIN: Final = re.compile(r"(?!__)[A-Za-z_][0-9A-Za-z_]*")
_LOWER: Final = re.compile(r"(?!__)[a-z_][0-9a-z_]*")
_KEPT: Final = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "type", "_"})
# A file of such a name in a folder on the module path would hide the module from all that run beside it.
_KEPT_STEMS: Final = frozenset({*_KEPT, *RESERVED, *sys.stdlib_module_names})


def identifier(text: str, taken: Collection[str] = ()) -> str:
    """An ASCII identifier of at most 80 characters: the text itself if it is a usable one, else its letters in lower snake case.

    A keyword or a builtin gets an underscore at its end. A text that is too long, that has no letter at all, or whose identifier is
    taken, gets a hash of itself at its end, so that the order of allocation does not matter.

    >>> identifier("Orders"), identifier("raw/orders-v2"), identifier("2024"), identifier("class")
    ('Orders', 'raw_orders_v2', 'n_2024', 'class_')
    """
    return _free(text, _identifier(text), MAX_IDENTIFIER, taken)


def file_stem(text: str, taken: Collection[str] = ()) -> str:
    """A file name without extension, of at most 64 characters `[a-z0-9_]`, that every system takes and that can be imported.

    It is none of Windows' device names and no module of the standard library; `taken` is compared without regard to case.
    """
    return _free(text, _stem(text), MAX_STEM, {each.lower() for each in taken})


class Names:
    """Allocates names of one scope. `form` is `identifier` or `file_stem`; `taken` are names that are in use already."""

    def __init__(self, taken: Iterable[str] = (), form: Callable[..., str] = identifier) -> None:
        self._form = form
        self._taken = set(taken)
        self._names: dict[str, str] = {}

    def allocate(self, text: str) -> str:
        """The name of a text, always the same one."""
        if text not in self._names:
            self._names[text] = self._form(text, self._taken)
            self._taken.add(self._names[text])
        return self._names[text]

    def allocate_all(self, texts: Iterable[str]) -> dict[str, str]:
        """The names of texts, which do not depend on their order.

        Of texts that would share a name, the one that is that name keeps it, and all others get a hash.
        """
        batch = list(dict.fromkeys(texts))
        if len(batch) == 1:
            return {batch[0]: self.allocate(batch[0])}
        plain = {text: self._form(text) for text in batch}
        count = Counter(plain.values())
        shared = {name for name, number in count.items() if number > 1}
        legal = [text for text in batch if plain[text] == text]
        alone = sorted(text for text in batch if plain[text] not in shared)
        for text in (*legal, *alone):
            self.allocate(text)
        self._taken |= shared
        for text in sorted(batch):
            self.allocate(text)
        return {text: self._names[text] for text in batch}


@lru_cache(maxsize=4096)
def _identifier(text: str) -> str:
    if _PLAIN.fullmatch(text) and text not in _KEPT and len(text) <= MAX_IDENTIFIER:
        return text
    return _readable(text, MAX_IDENTIFIER, _KEPT)


def _stem(text: str) -> str:
    if _LOWER.fullmatch(text) and text not in _KEPT_STEMS and len(text) <= MAX_STEM:
        return text
    return _readable(text, MAX_STEM, _KEPT_STEMS)


def _readable(text: str, limit: int, kept: Collection[str]) -> str:
    base = _OTHERS.sub("_", _ascii(text)).strip("_").lower()
    if not base:
        return f"name_{digest(text)}"
    if base[0].isdigit():
        base = f"n_{base}"
    if base in kept:
        return f"{base}_"
    return base if len(base) <= limit else _hashed(text, base, limit, DIGEST)


def _ascii(text: str) -> str:
    """The text with accents left out, and with a space for every other letter that ASCII has not."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(each if each.isascii() else " " for each in decomposed if not unicodedata.combining(each))


def _hashed(text: str, base: str, limit: int, size: int) -> str:
    return f"{base[: limit - size - 1].rstrip('_') or 'name'}_{digest(text, size)}"


def _free(text: str, base: str, limit: int, taken: Collection[str]) -> str:
    """The base, or the base with the shortest hash that makes it free."""
    if base not in taken:
        return base
    sizes = range(DIGEST, limit - len("name_") + 1, 4)
    names = (_hashed(text, base, limit, size) for size in sizes)
    free = next((name for name in names if name not in taken), None)
    if free is None:
        raise SourceError(f"No name is left for {shown(text)}.", hint="Allocate every text once.")
    return free
