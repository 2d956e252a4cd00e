"""Texts with `{placeholders}`, matched against canonical URIs and filled in again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from transload.errors import SettingsError
from transload.model.identity import AssetId, identify, logical, uri_of

_BRACES = re.compile(r"\{\{|\}\}|\{(?P<hole>[^{}]*)\}|[{}]")
_HOLE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<many>\.\.\.)?(?::(?P<case>upper|lower))?")
_CASES: Mapping[str | None, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, None: str}


class Hole(NamedTuple):
    """`{name}` stands for one path segment or a piece of it, `{name...}` for any; `{name:upper}` changes the case on the way out."""

    name: str
    many: bool = False
    case: str | None = None


@dataclass(frozen=True)
class Template:
    """Literal texts and holes in turn. `where` is the file and key, for errors."""

    items: tuple[str | Hole, ...]
    where: str

    @property
    def holes(self) -> tuple[Hole, ...]:
        """The holes, in order."""
        return tuple(item for item in self.items if isinstance(item, Hole))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with each hole replaced by the value of its name."""
        return "".join(_CASES[item.case](values[item.name]) if isinstance(item, Hole) else item for item in self.items)

    def pattern(self) -> re.Pattern[str]:
        """What a text must look like; a name used twice must stand for the same text twice. Raises `SettingsError` if it is ambiguous."""
        if any(hole.case for hole in self.holes):
            raise SettingsError("The case of a placeholder can be set where it is used only.", where=self.where)
        if sum(hole.many for hole in self.holes) > 1:
            raise SettingsError("A pattern may hold one {name...} only.", where=self.where)
        seen: set[str] = set()
        return re.compile("".join(_expression(item, seen) for item in self.items), re.DOTALL)


def _expression(item: str | Hole, seen: set[str]) -> str:
    if isinstance(item, str):
        return re.escape(item)
    if item.name in seen:
        return f"(?P={item.name})"
    seen.add(item.name)
    return f"(?P<{item.name}>{'.+' if item.many else '[^/]+'})"


def parse(text: str, where: str) -> Template:
    """The template that a text spells; `{{` and `}}` are braces. Raises `SettingsError` for a stray brace or a bad name."""
    items: list[str | Hole] = []
    end = 0
    for match in _BRACES.finditer(text):
        items += [text[end : match.start()], _item(match, text, where)]
        end = match.end()
    return Template(tuple(item for item in (*items, text[end:]) if item != ""), where)


def _item(match: re.Match[str], text: str, where: str) -> str | Hole:
    if match[0] in ("{{", "}}"):
        return match[0][0]
    hole = _HOLE.fullmatch(match["hole"] or "")
    if hole is None:
        raise SettingsError(
            f"{match[0]!r} in {text!r} is no placeholder.",
            where=where,
            hint="Write {name}, {name...} or {name:upper}, and {{ for a brace.",
        )
    return Hole(hole["name"], bool(hole["many"]), hole["case"])


def uri_template(text: str, where: str) -> Template:
    """A template over the canonical URIs of what a URI with placeholders stands for. Raises `SettingsError` where it stands for none."""
    return _canonical([parse(text, where)], lambda texts: identify(texts[0]))


def native_template(tool: str, deployment: str, parts: Sequence[str], where: str) -> Template:
    """A template over the logical URIs of a tool's native keys."""
    return _canonical([parse(part, where) for part in parts], lambda texts: logical(tool, deployment, texts))


def _canonical(templates: Sequence[Template], identity: Callable[[Sequence[str]], AssetId]) -> Template:
    """Puts a mark in the place of each hole, takes the identity of the text, and turns the marks into holes again."""
    where = templates[0].where if templates else ""
    mark = _mark("".join(item for template in templates for item in template.items if isinstance(item, str)))
    holes = [hole for template in templates for hole in template.holes]
    numbers = iter(range(len(holes)))
    texts = [
        "".join(f"{mark}{next(numbers)}x" if isinstance(item, Hole) else item for item in each.items)
        for each in templates
    ]
    pieces = re.split(rf"{mark}([0-9]+)x", uri_of(identity(texts)), flags=re.IGNORECASE)
    if sorted(map(int, pieces[1::2])) != list(range(len(holes))):
        raise SettingsError(
            "A placeholder stands where the name of a dataset does not reach, such as a query.", where=where
        )
    items = [holes[int(piece)] if place % 2 else piece for place, piece in enumerate(pieces)]
    return Template(tuple(item for item in items if item != ""), where)


def _mark(text: str) -> str:
    mark = "tlhole"
    while mark in text.lower():
        mark += "e"
    return mark
