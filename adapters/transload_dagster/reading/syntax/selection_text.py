"""Asset selections in words (`tag:"layer"="gold" or +key:"a/b"`) → the calls of `AssetSelection` that they stand for (1.12 to 1.13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from transload.forms import Form

SELECTION: Final = "dagster.AssetSelection"
KEY_LIKE: Final = "key:"
"""The form of the keys that a pattern with `*` fits: Dagster has no call for it."""

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<quoted>"[^"\\\r\n]*")|(?P<null><null>)|(?P<number>[0-9]+)|(?P<word>[A-Za-z_*/][A-Za-z0-9_*/]*)|(?P<mark>[=+:()]))'
)
_CLAUSE: Final = re.compile(r"(\*?\+*)?([./\w\[\]?_-]+)(\+*\*?)?")
_ENDLESS: Final = "*"


def parsed(text: str) -> Form | None:
    """The calls that a selection in words stands for, in today's syntax or the older one of clauses; None where it is neither."""
    try:
        return _Parser(_tokens(text)).whole()
    except (_NotSaidError, RecursionError):
        return _older(text)


class _NotSaidError(Exception):
    """The text is not in today's syntax. Never leaves this module."""


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise _NotSaidError
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        place = match.end()
    return found


class _Parser:
    """Reads tokens from left to right: `not` binds before `and`, that before `or`."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0

    def whole(self) -> Form:
        found = self.either()
        if self.place < len(self.tokens):
            raise _NotSaidError
        return found

    def either(self) -> Form:
        return self._chain(("or", "OR"), "|", self.both)

    def both(self) -> Form:
        return self._chain(("and", "AND"), "&", self.negated)

    def _chain(self, words: tuple[str, ...], operator: str, operand: Callable[[], Form]) -> Form:
        parts = [operand()]
        while self._word() in words:
            self.place += 1
            parts.append(operand())
        return parts[0] if len(parts) == 1 else Form(operator, tuple(parts))

    def negated(self) -> Form:
        if self._word() not in ("not", "NOT"):
            return self.walked()
        self.place += 1
        return Form("-", (Form(f"{SELECTION}.all"), self.negated()))

    def walked(self) -> Form:
        """`+x`, `2+x`, `x+`, `x+2`: with what is up- or downstream of it, so many steps away."""
        if self._word() == "*":
            self.place += 1
            return Form(f"{SELECTION}.all")
        depth = self._depth()
        up = self._is("+")
        if depth is not None and not up:
            raise _NotSaidError
        inner = self.single()
        down = self._is("+")
        below = self._depth() if down else None
        walks = [Form(".upstream", (inner,), {"depth": depth})] if up else []
        walks += [Form(".downstream", (inner,), {"depth": below})] if down else []
        return inner if not walks else walks[0] if len(walks) == 1 else Form("|", tuple(walks))

    def single(self) -> Form:
        if self._is("("):
            return self._enclosed()
        name = self._word()
        self.place += 1
        if name in ("sinks", "roots") and self._is("("):
            return Form(f".{name}", (self._enclosed(),))
        if name is None or name not in _ATTRIBUTES or not self._is(":"):
            raise _NotSaidError
        value = self._value(wild=name == "key")
        other = self._value() if name == "tag" and self._is("=") else None
        return _ATTRIBUTES[name](value, other)

    def _enclosed(self) -> Form:
        found = self.either()
        if not self._is(")"):
            raise _NotSaidError
        return found

    def _value(self, *, wild: bool = False) -> str | None:
        kind, text = self._next()
        if kind == "quoted":
            return text.strip('"')
        if (kind == "word" and (wild or "*" not in text)) or (kind == "null" and not wild):
            return text if kind == "word" else None
        raise _NotSaidError

    def _next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise _NotSaidError
        self.place += 1
        return self.tokens[self.place - 1]

    def _word(self) -> str | None:
        kind, text = self.tokens[self.place] if self.place < len(self.tokens) else ("", "")
        return text if kind == "word" else None

    def _is(self, mark: str) -> bool:
        found = self.place < len(self.tokens) and self.tokens[self.place] == ("mark", mark)
        self.place += found
        return found

    def _depth(self) -> int | None:
        kind, text = self.tokens[self.place] if self.place < len(self.tokens) else ("", "")
        if kind != "number":
            return None
        self.place += 1
        return int(text)


_ATTRIBUTES: Final[Mapping[str, Callable[[str | None, str | None], Form]]] = {
    "key": lambda value, _: Form(KEY_LIKE, (value,)),
    "tag": lambda value, other: Form(f"{SELECTION}.tag", (value, other or "")),
    "kind": lambda value, _: Form(f"{SELECTION}.kind", (value,)),
    "owner": lambda value, _: Form(f"{SELECTION}.owner", (value,)),
    "group": lambda value, _: Form(f"{SELECTION}.groups", (value,) if value else ()),
}
"""What code locations can select by, in every version."""


def _older(text: str) -> Form | None:
    """Clauses such as `*a/b` and `a+`, where each `+` is a step and `*` all of them, and `tag:name=value`."""
    match = _CLAUSE.fullmatch(text.strip())
    if match is None:
        return Form(f"{SELECTION}.tag_string", (text.removeprefix("tag:"),)) if text.startswith("tag:") else None
    inner = Form(f"{SELECTION}.assets", (match[2],))
    walks = [
        Form(name, (inner,), {"depth": None if _ENDLESS in marks else len(marks)})
        for name, marks in ((".upstream", match[1]), (".downstream", match[3]))
        if marks
    ]
    return inner if not walks else walks[0] if len(walks) == 1 else Form("|", tuple(walks))
