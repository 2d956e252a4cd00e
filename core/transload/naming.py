"""Native names: those that a graph brings along and that can stay, and those that are wanted for the rest; distinct and stable.

A name that is legal stays with the first that has it. Of the others, whoever wants a name that nobody else wants, and that is not
taken, gets it; all that want the same get a digest of what they stand for at its end. So no name depends on the order of things, on
what else is there, or on whoever else wants the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Name = TypeVar("Name")
Entity = TypeVar("Entity")

DIGEST: Final = 8
"""Hexadecimal digits after a name."""

WHOLE: Final = 64
"""Hexadecimal digits of a whole digest."""


def digest(text: str, size: int = DIGEST) -> str:
    """Up to 64 hexadecimal digits that stand for a text, lone surrogates included."""
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:size]


def with_name(entity: Entity, tool: str, name: tuple[str, ...]) -> Entity:
    """The entity with its name in a tool; itself where it has this one."""
    record: Any = entity
    if record.names.get(tool) == name:
        return entity
    changed: Entity = record.model_copy(update={"names": {**record.names, tool: name}})
    return changed


def kept(own: Iterable[tuple[Key, Name | None]], spelled: Callable[[Name], Any] = lambda name: name) -> dict[Key, Name]:
    """The names that can stay: of several that are `spelled` alike the first. None stands for no name, or one that is not legal.

    >>> kept([("a", "x"), ("b", None), ("c", "x"), ("d", "y")])
    {'a': 'x', 'd': 'y'}
    """
    names: dict[Key, Name] = {}
    taken = set()
    for key, name in own:
        if name is not None and spelled(name) not in taken:
            names[key] = name
            taken.add(spelled(name))
    return names


def numbered(name: str, is_taken: Callable[[str], bool], mark: str = "#") -> str:
    """The name, else with the first number from 2 on that makes it free.

    >>> numbered("load", {"load", "load#2"}.__contains__)
    'load#3'
    """
    candidate, number = name, 2
    while is_taken(candidate):
        candidate, number = f"{name}{mark}{number}", number + 1
    return candidate


@dataclass(frozen=True)
class Style(Generic[Name]):
    """How names of one kind are told apart: `spelled` gives what must differ, `marked` the name with a digest at its end."""

    spelled: Callable[[Name], str]
    marked: Callable[[Name, str], Name]

    def distinct(
        self, wanted: Mapping[Key, Name], taken: Collection[str] = (), text: Callable[[Key], str] = str
    ) -> dict[Key, Name]:
        """A name for each key; `taken` are spelled names, and `text` tells what a key stands for.

        >>> Style(str.lower, "{}-{}".format).distinct({"a": "Load", "b": "load", "c": "dump"})
        {'a': 'Load-ca978112', 'b': 'load-3e23e816', 'c': 'dump'}
        """
        counts = Counter(map(self.spelled, wanted.values()))
        crowd = {*counts, *taken}
        shared = {spelled for spelled, count in counts.items() if count > 1}.union(taken)
        alike = [(text(key), key) for key, name in wanted.items() if self.spelled(name) in shared]
        marked = {}
        for meaning, key in sorted(alike, key=lambda pair: pair[0]):
            name = self.marked(wanted[key], digest(meaning))
            # Where even that is taken, by something else that is called so, its name has a digest of its own.
            while self.spelled(name) in crowd:
                name = self.marked(wanted[key], digest(self.spelled(name)))
            crowd.add(self.spelled(name))
            marked[key] = name
        return {key: marked.get(key, name) for key, name in wanted.items()}
