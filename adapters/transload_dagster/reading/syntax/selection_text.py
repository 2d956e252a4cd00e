"""Asset selections in words (`tag:"layer"="gold" or +key:"a/b"`) → the calls of `AssetSelection` that they stand for (1.12 to 1.13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from transload.forms import Form

SELECTION: Final = "dagster.AssetSelection"
KEY_LIKE: Final = "key:"
"""The name of the form of keys that match a pattern with `*`: Dagster has no call for it."""

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<quoted>"[^"\\\r\n]*")|(?P<null><null>)|(?P<number>[0-9]+)|(?P<word>[A-Za-z_*/][A-Za-z0-9_*/]*)|(?P<mark>[=+:()]))'
)
# The expression of `parse_clause` in dagster/_core/selector/subset_selector.py.
_CLAUSE: Final = re.compile(r"(\*?\+*)?([./\w\[\]?_-]+)(\+*\*?)?")
_ENDLESS: Final = "*"


def parsed(text: str) -> Form | None:
    """The calls that a selection in words stands for, in today's syntax or the older one of clauses; None where it is neither."""
    try:
        return _Parser(_tokens(text)).whole()
    except (_SelectionSyntaxError, RecursionError):
        # As `AssetSelection.from_string` goes on: clauses such as `*a/b` and `a+`, where each `+` is a step and `*` all of them.
        match = _CLAUSE.fullmatch(text.strip())
        if match is None:
            return Form(f"{SELECTION}.tag_string", (text.removeprefix("tag:"),)) if text.startswith("tag:") else None
        inner = Form(f"{SELECTION}.assets", (match[2],))
        walks = [
            Form(name, (inner,), {"depth": None if _ENDLESS in marks else len(marks)})
            for name, marks in ((".upstream", match[1]), (".downstream", match[3]))
            if marks
        ]
        return _united(inner, walks)


def _united(selection: Form, walks: list[Form]) -> Form:
    """The walks from a selection, which hold it; the selection itself if there are none."""
    if not walks:
        return selection
    return walks[0] if len(walks) == 1 else Form("|", tuple(walks))


class _SelectionSyntaxError(Exception):
    """The text is not in today's syntax. Never leaves this module."""


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _SelectionSyntaxError
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        position = match.end()
    return tokens


class _Parser:
    """Reads tokens from left to right: `not` binds before `and`, that before `or`."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0

    def whole(self) -> Form:
        selection = self.either()
        if self.position < len(self.tokens):
            raise _SelectionSyntaxError
        return selection

    def either(self) -> Form:
        return self._chain(("or", "OR"), "|", self.both)

    def both(self) -> Form:
        return self._chain(("and", "AND"), "&", self.negated)

    def _chain(self, words: tuple[str, ...], operator: str, operand: Callable[[], Form]) -> Form:
        parts = [operand()]
        while self._word() in words:
            self.position += 1
            parts.append(operand())
        return parts[0] if len(parts) == 1 else Form(operator, tuple(parts))

    def negated(self) -> Form:
        if self._word() not in ("not", "NOT"):
            return self.walked()
        self.position += 1
        return Form("-", (Form(f"{SELECTION}.all"), self.negated()))

    def walked(self) -> Form:
        """`+x`, `2+x`, `x+`, `x+2`: with the assets up- or downstream of it, that many steps away."""
        if self._word() == "*":
            self.position += 1
            return Form(f"{SELECTION}.all")
        depth = self._depth()
        up = self._is("+")
        if depth is not None and not up:
            raise _SelectionSyntaxError
        inner = self.single()
        down = self._is("+")
        below = self._depth() if down else None
        walks = [Form(".upstream", (inner,), {"depth": depth})] if up else []
        walks += [Form(".downstream", (inner,), {"depth": below})] if down else []
        return _united(inner, walks)

    def single(self) -> Form:
        if self._is("("):
            return self._enclosed()
        attribute = self._word()
        self.position += 1
        if attribute in ("sinks", "roots") and self._is("("):
            return Form(f".{attribute}", (self._enclosed(),))
        if attribute is None or attribute not in _ATTRIBUTES or not self._is(":"):
            raise _SelectionSyntaxError
        value = self._value(wild=attribute == "key")
        other = self._value() if attribute == "tag" and self._is("=") else None
        return _ATTRIBUTES[attribute](value, other)

    def _enclosed(self) -> Form:
        selection = self.either()
        if not self._is(")"):
            raise _SelectionSyntaxError
        return selection

    def _value(self, *, wild: bool = False) -> str | None:
        if self.position >= len(self.tokens):
            raise _SelectionSyntaxError
        self.position += 1
        kind, text = self.tokens[self.position - 1]
        if kind == "quoted":
            return text.strip('"')
        if (kind == "word" and (wild or "*" not in text)) or (kind == "null" and not wild):
            return text if kind == "word" else None
        raise _SelectionSyntaxError

    def _word(self) -> str | None:
        kind, text = self.tokens[self.position] if self.position < len(self.tokens) else ("", "")
        return text if kind == "word" else None

    def _is(self, mark: str) -> bool:
        matches = self.position < len(self.tokens) and self.tokens[self.position] == ("mark", mark)
        self.position += matches
        return matches

    def _depth(self) -> int | None:
        kind, text = self.tokens[self.position] if self.position < len(self.tokens) else ("", "")
        if kind != "number":
            return None
        self.position += 1
        return int(text)


_ATTRIBUTES: Final[Mapping[str, Callable[[str | None, str | None], Form]]] = {
    "key": lambda value, _: Form(KEY_LIKE, (value,)),
    "tag": lambda value, other: Form(f"{SELECTION}.tag", (value, other or "")),
    "kind": lambda value, _: Form(f"{SELECTION}.kind", (value,)),
    "owner": lambda value, _: Form(f"{SELECTION}.owner", (value,)),
    "group": lambda value, _: Form(f"{SELECTION}.groups", (value,) if value else ()),
}
"""The attributes that code locations can select by in every version → the form of a value, and of the one after `=`."""
