"""A module under construction: its statements, and the imports that they need."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from transload.errors import SourceError
from transload.writing.expressions import Expr, name
from transload.writing.statements import documentation, indent_docstrings
from transload.writing.syntax import unparse, walk
from transload.writing.words import shown, word, words

# What `literal` may name.
_CALENDAR: Final = ("datetime", "zoneinfo")

_NUMBERS: Final = re.compile(r"([0-9]+)")


@dataclass(frozen=True)
class _Import:
    """`from module import member as alias`, or `import module as alias` where there is no member."""

    module: str
    member: str = ""
    alias: str = ""

    @property
    def binds(self) -> str:
        return self.alias or self.member or self.module.partition(".")[0]

    @property
    def means(self) -> tuple[str, str]:
        """What the bound name stands for: `import a.b` binds `a`."""
        return (self.module, self.member) if self.alias or self.member else (self.binds, "")


class Source:
    """One module. Imports are collected by `use`, `use_from` and `reference`; two of them never bind one name to two things."""

    def __init__(self, docstring: str | None = None) -> None:
        self._docstring = docstring
        self._imports: dict[_Import, None] = {}
        self._imported: dict[str, _Import] = {}
        self._members: set[tuple[str, str]] = set()
        self._bound: dict[str, tuple[str, str]] = {}
        self._references: dict[str, Expr] = {}
        self._statements: list[ast.stmt] = []

    @property
    def bound(self) -> frozenset[str]:
        """The names that imports bind, which no statement of the module may bind again."""
        return frozenset(self._bound)

    def use(self, module: str, *, alias: str = "") -> Source:
        """`import module as alias`. Raises `SourceError` if the name is bound to something else."""
        words(module)
        self._bind(_Import(module, alias=word(alias) if alias not in ("", module) else ""))
        return self

    def use_from(self, module: str, *members: str) -> Source:
        """`from module import members`; dots in front make it relative. Raises `SourceError` if a name is bound to something else."""
        fresh = [member for member in members if (module, member) not in self._members]
        if fresh and module.strip("."):
            words(module.lstrip("."))
        for member in fresh:
            self._bind(_Import(module, word(member)))
            self._members.add((module, member))
        return self

    def reference(self, dotted: str) -> Expr:
        """What a qualified name stands for, imported if it is not yet; a package that is imported whole is named through its alias.

        The first part with a capital letter is what is imported, else the last; where that name is bound to something else, the
        whole module. A name without a dot is a builtin or one of the module's own.
        """
        if "." not in dotted:
            return name(dotted)
        known = self._references.get(dotted)
        if known is None:
            known = name(self._through(dotted) or self._import_for(dotted, *_split(words(dotted))))
            # Only now: an import may change what others are named by, and forgets them.
            self._references[dotted] = known
        return known

    def add(self, *statements: ast.stmt) -> Source:
        """Append statements."""
        indent_docstrings(statements)
        self._statements.extend(statements)
        return self

    def render(self) -> str:
        """The text of the module, which parses as that of `ast.unparse` does. It ends with a newline; `format_sources` lays it out.

        Raises `SourceError` if a statement binds an imported name, and if an expression is nested too deeply.
        """
        head = self._head()
        text = _text([*head, *self._statements])
        missing = [module for module in _CALENDAR if f"{module}." in text and self._misses(module)]
        if missing:
            for module in missing:
                self.use(module)
            # Only the head is another: to write the statements again would take as long as before.
            rest = text.removeprefix(_text(head)) if head else None
            text = _text([*self._head(), *self._statements]) if rest is None else f"{_text(self._head())}{rest}"
        self._check_bindings()
        return text

    def _head(self) -> list[ast.stmt]:
        return [*documentation(self._docstring), *_import_statements(self._imports)]

    def _misses(self, module: str) -> bool:
        """Whether a statement uses what is in a module that is not imported."""
        return self._bound.get(module) != (module, "") and any(
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
            for node in walk(self._statements)
        )

    def _bind(self, entry: _Import) -> None:
        if self._bound.setdefault(entry.binds, entry.means) != entry.means:
            both = " and ".join(".".join(filter(None, each)) for each in (self._bound[entry.binds], entry.means))
            raise SourceError(
                f"The name {shown(entry.binds)} would stand for both {both}.", hint="Import one under an alias."
            )
        if entry not in self._imports:
            self._imports[entry] = None
            self._imported[".".join(filter(None, (entry.module, entry.member)))] = entry
            self._references.clear()

    def _through(self, dotted: str) -> str | None:
        """The name by way of the longest import that leads to it."""
        parts = dotted.split(".")
        for size in range(len(parts), 0, -1):
            entry = self._imported.get(".".join(parts[:size]))
            if entry is not None:
                root = entry.binds if entry.alias or entry.member else entry.module
                return ".".join([root, *parts[size:]])
        return None

    def _import_for(self, dotted: str, module: str, member: str) -> str:
        if self._bound.get(member, (module, member)) == (module, member):
            self.use_from(module, member)
            return dotted.removeprefix(f"{module}.")
        self.use(module)
        return dotted

    def _check_bindings(self) -> None:
        for statement in self._statements:
            for each in _names_bound(statement):
                if each in self._bound:
                    hint = "Give the names in Source.bound as taken when names are allocated."
                    raise SourceError(f"The name {shown(each)} is imported and bound again.", hint=hint)


def _text(statements: list[ast.stmt]) -> str:
    return unparse(ast.Module(body=statements, type_ignores=[]))


def _split(parts: Sequence[str]) -> tuple[str, str]:
    last = len(parts) - 1
    at = next((index for index in range(1, last) if parts[index][0].isupper()), last)
    return ".".join(parts[:at]), parts[at]


def _names_bound(statement: ast.stmt) -> Iterable[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (statement.name,)
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    return (target.id for target in targets if isinstance(target, ast.Name))


def _section(module: str) -> int:
    """As isort groups them: the future, the standard library, third parties, this project."""
    if module.startswith("."):
        return 3
    root = module.partition(".")[0]
    return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 2


def _import_statements(entries: Iterable[_Import]) -> list[ast.stmt]:
    grouped: dict[tuple[str, bool], list[_Import]] = {}
    for entry in entries:
        grouped.setdefault((entry.module, bool(entry.member)), []).append(entry)
    order = sorted(grouped, key=lambda key: (_section(key[0]), key[1], key[0].lower(), key[0]))
    return [_import_statement(key, grouped[key]) for key in order]


def _import_statement(key: tuple[str, bool], entries: list[_Import]) -> ast.stmt:
    module, has_members = key
    if not has_members:
        return ast.Import(
            names=[ast.alias(name=module, asname=alias or None) for alias in sorted(each.alias for each in entries)]
        )
    path = module.lstrip(".")
    names = [ast.alias(name=member) for member in sorted((each.member for each in entries), key=_member_order)]
    return ast.ImportFrom(module=path or None, names=names, level=len(module) - len(path))


def _member_order(member: str) -> tuple[int, list[str | int], str]:
    """As isort's `order_by_type`: constants, classes, the rest; numbers inside of names by their size."""
    kind = 0 if len(member) > 1 and member.isupper() else 1 if member[0].isupper() else 2
    parts = _NUMBERS.split(member.lower())
    return kind, [int(part) if index % 2 else part for index, part in enumerate(parts)], member
