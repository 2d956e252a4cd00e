"""Programs for the evaluator and for Python: every value that they bind is a matter of the program alone, or of one switch.

A program is drawn from tables. In a template `<int>` is an expression of that kind, `<int @:str>` one that may use the name `@`
as a text; `@` and `#` are fresh names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from hypothesis import strategies as st

from .templates import (
    ANYTHING,
    ATOMS,
    AUGMENTED,
    CHANGES,
    CLASSES,
    CLOSURES,
    COMPOUND,
    CONTEXTS,
    DECORATORS,
    ENUMS,
    ERRORS,
    EXPRESSIONS,
    GENERATORS,
    LAZY,
    LOOPS,
    PATTERNS,
    RECORDS,
    RISKY,
    SIGNATURES,
    SIMPLE,
    SPECS,
    UNPACKED,
    USES,
)

T = TypeVar("T")

SWITCH: Final = "TRANSLOAD_SWITCH"
"""The one environment variable that programs look at."""
HEADER: Final = (
    "import contextlib, copy, dataclasses, enum, functools, itertools, json, math, os\n"
    "from dataclasses import dataclass, field\n"
    "from datetime import date, datetime, timedelta\n"
    "from enum import Enum, IntEnum\n"
    "from pathlib import Path, PurePosixPath\n"
    "from typing import NamedTuple, TYPE_CHECKING\n"
)

SLOT: Final = re.compile(r"<(\w+)((?: [@#\w]+:\w+)*)>")
DEPTH: Final = 3


class Writer:
    """Writes one module. `names` has the names that are bound, with their kind."""

    def __init__(self, number: Callable[[int], int], names: Mapping[str, str] | None = None, prefix: str = "") -> None:
        self.number = number
        self._count = 0
        self._prefix = prefix
        self._indent = 0
        self._loops = 0
        self._optional = False
        self._outer: frozenset[str] = frozenset()
        self.names: dict[str, str] = dict(names or {})
        self.lines: list[str] = []

    # --- choices ------------------------------------------------------------------------------------------------------

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.number(len(choices) - 1)]

    def chance(self, of: int) -> bool:
        return self.number(of - 1) == of - 1

    def fresh(self, stem: str = "v") -> str:
        self._count += 1
        return f"{self._prefix}{stem}{self._count}"

    # --- expressions --------------------------------------------------------------------------------------------------

    def expression(self, kind: str, depth: int = DEPTH, *, flat: bool = False) -> str:
        """An expression of a kind, in parentheses where it has parts."""
        if self._loops and kind in ATOMS and flat:
            return self.pick(ATOMS[kind])
        known = [name for name, each in self.names.items() if each == kind or (kind == "any" and each in ANYTHING)]
        if known and self.chance(3 if depth else 2):
            return self.pick(known)
        if kind in ("bool", "opt", "str") and self.chance(40):
            return {
                "bool": f"bool(os.environ.get('{SWITCH}'))",
                "opt": f"os.environ.get('{SWITCH}')",
                "str": f"os.environ.get('{SWITCH}', 'z')",
            }[kind]
        if kind in ATOMS and (not depth or self.chance(3)):
            return self.pick(ATOMS[kind])
        return (
            f"({self.filled(self.pick(EXPRESSIONS[kind]), depth - 1)})"
            if depth >= 0
            else self.pick(EXPRESSIONS.get("small", ()))
        )

    def filled(self, template: str, depth: int = DEPTH, *, flat: bool = False) -> str:
        """A template with expressions in its slots."""
        for sign in ("@(?![a-z(])", "#"):
            if re.search(sign, template):
                template = re.sub(sign, self.fresh("n"), template)
        template = template.replace("SPEC", self.pick(SPECS)) if "SPEC" in template else template
        in_text = template.startswith("f'")
        plain = {
            "str": "str(1)",
            "int": "2",
            "float": "0.5",
            "any": "None",
            "date": "date(2024, 1, 2)",
            "path": "Path(str())",
            "map": "dict(a=1)",
        }
        pieces: list[str] = []
        end = 0
        for slot in SLOT.finditer(template):
            extra = dict(each.split(":") for each in slot[2].split())
            with self._also(extra):
                text = self.expression(
                    slot[1], max(depth, -1 if slot[1] in ("any0", "any1", "small") else 0), flat=flat
                )
            if in_text and (
                "'" in text or "\\" in text or '"' in text or "{" in text or ":=" in text or "lambda" in text
            ):
                text = plain[slot[1]].replace("'", "") if slot[1] in plain else "1"
            pieces += [template[end : slot.start()], text]
            end = slot.end()
        return "".join([*pieces, template[end:]])

    @contextmanager
    def _looping(self) -> Iterator[None]:
        self._loops += 1
        yield
        self._loops -= 1

    @contextmanager
    def _also(self, names: Mapping[str, str]) -> Iterator[None]:
        before = dict(self.names)
        self.names.update(names)
        yield
        self.names = before

    # --- statements ---------------------------------------------------------------------------------------------------

    def line(self, template: str, *, flat: bool = False) -> None:
        """`flat`: within a loop only literals, so that nothing grows from round to round."""
        self.lines.append("    " * self._indent + self.filled(template, flat=flat))

    def kind(self) -> str:
        return self.pick(ANYTHING)

    def bind(self, kind: str | None = None) -> str:
        """`name = …`."""
        kind = kind or self.kind()
        name = self.fresh()
        self.line(f"{name} = <{kind}>")
        self.names[name] = kind
        return name

    def of_kind(self, kind: str) -> str:
        known = [name for name, each in self.names.items() if each == kind and name not in self._outer]
        return self.pick(known) if known and not self.chance(4) else self.bind(kind)

    @contextmanager
    def indented(self) -> Iterator[None]:
        """A block; names that it binds are not sure to be bound after it."""
        before, start = dict(self.names), len(self.lines)
        self._indent += 1
        yield
        if len(self.lines) == start:
            self.line("pass")
        self._indent -= 1
        self.names = before

    def block(self, size: int, depth: int) -> None:
        with self.indented():
            for _ in range(1 + self.number(size)):
                self.statement(depth - 1)

    def statement(self, depth: int = 2) -> None:
        choices = [*SIMPLE, *(COMPOUND if depth > 0 else ())]
        getattr(self, f"_{self.pick(choices)}")(depth)

    def _bind(self, _depth: int) -> None:
        self.bind()

    def _rebind(self, _depth: int) -> None:
        kind = self.kind()
        name = self.of_kind(kind)
        self.line(f"{name} = <{kind}>", flat=True)

    def _augment(self, _depth: int) -> None:
        kind, signs = self.pick(AUGMENTED)
        name = self.of_kind(kind)
        self.line(f"{name} {self.pick(signs)}= <{kind}>", flat=True)

    def _change(self, _depth: int) -> None:
        kind, changes = self.pick(CHANGES)
        name = self.of_kind(kind)
        if not self._loops or kind != "ints":
            self.line(f"{name}{self.pick(changes)}", flat=True)
        else:
            self.line(f"{name}.append(<int>)", flat=True)

    def _alias(self, _depth: int) -> None:
        name, other = self.of_kind(self.pick(("ints", "strs", "map", "set"))), self.fresh()
        self.line(f"{other} = {name}")
        self.names[other] = self.names[name]

    def _unpack(self, _depth: int) -> None:
        template, kinds = self.pick(UNPACKED)
        names = [self.fresh() for _ in kinds]
        self.line(template.format(*names))
        self.names.update(zip(names, kinds, strict=True))

    def _delete(self, _depth: int) -> None:
        name = self.bind()
        self.line(f"del {name}")
        del self.names[name]

    def _shadow(self, _depth: int) -> None:
        """A comprehension's variable is its own."""
        name = self.of_kind("int")
        self.line(f"{self.fresh()} = [{name} for {name} in <ints>]")

    def _lazy(self, _depth: int) -> None:
        """What is iterated over once is used up."""
        name, source = self.fresh("g"), self.of_kind("ints")
        self.line(f"{name} = " + self.pick(LAZY).replace("SOURCE", source))
        if self.chance(3):
            self.line(f"{source}.append(<int>)")
        for _ in range(1 + self.number(1)):
            self.line(f"{self.fresh()} = " + self.pick(USES).replace("IT", name))

    def _if(self, depth: int) -> None:
        self.line("if <bool>:" if not self.chance(3) else "if <any>:")
        self.block(1, depth)
        if self.chance(3):
            self.line("elif <bool>:")
            self.block(1, depth)
        if self.chance(2):
            self.line("else:")
            self.block(1, depth)

    def _both(self, _depth: int) -> None:
        """A name that both branches bind."""
        kind, name = self.kind(), self.fresh()
        self.line("if <bool>:")
        with self.indented():
            self.line(f"{name} = <{kind}>")
        self.line("else:")
        with self.indented():
            self.line(f"{name} = <{kind}>")
        self.names[name] = kind

    def _for(self, depth: int) -> None:
        template, kinds = self.pick(LOOPS)
        names = [self.fresh("i") for _ in kinds]
        total = self.of_kind("int")
        self.line("for " + template.format(*names) + ":")
        with self._also(dict(zip(names, kinds, strict=True))), self._looping(), self.indented():
            if self.chance(2):
                self.line(f"if <bool>: {self.pick(('break', 'continue', 'continue', f'{total} = <int>'))}")
            self.line(f"{total} {self.pick('+-')}= {names[0] if kinds[0] == 'int' else '<int>'}", flat=True)
            for _ in range(self.number(1)):
                self.statement(depth - 1)
        if self.chance(4):
            self.line("else:")
            self.block(1, depth)

    def _while(self, depth: int) -> None:
        count = self.fresh("c")
        self.line(f"{count} = 0")
        self.line(
            self.pick((f"while {count} < <small>:", f"while ({count} := {count} + 1) < 4 and <bool>:", "while True:"))
        )
        with self._looping(), self.indented():
            self.line(f"{count} += 1")
            self.line(f"if {count} > 5: break")
            self.statement(depth - 1)
        if self.chance(4):
            self.line("else:")
            self.block(1, depth)

    def _try(self, depth: int) -> None:
        name = self.of_kind("int")
        self.line("try:")
        with self.indented():
            for _ in range(self.number(1)):
                self.statement(depth - 1)
            self.line(self.pick(RISKY).replace("NAME", name))
            self.line(f"{name} = <int>")
        for _ in range(1 + self.number(1)):
            self.line(f"except {self.pick(ERRORS)}:")
            with self.indented():
                self.line(
                    self.pick((f"{name} = <int>", f"{name} += 1", "pass", f"{name} = str(error)")).replace(
                        "str(error)", "0"
                    )
                )
        if self.chance(3):
            self.line("else:")
            self.block(0, depth)
        if self.chance(3):
            self.line("finally:")
            self.block(0, depth)

    def _with(self, depth: int) -> None:
        self.line(self.pick(CONTEXTS))
        self.block(1, depth)

    def _match(self, _depth: int) -> None:
        result = self.fresh()
        self.line(f"{result} = <any>")
        self.line(f"match {self.pick(('<any>', '<ints>', '<pair>', '<map>', '<opt>', '<str>'))}:")
        self._indent += 1
        for _ in range(1 + self.number(3)):
            template, kinds = self.pick(PATTERNS)
            names = [self.fresh("m") for _ in kinds]
            guard = " if <bool>" if self.chance(4) else ""
            self.line(f"case {template.format(*names)}{guard}:")
            with self.indented():
                self.line(f"{result} = " + (self.pick(names) if names else "<any>"))
        if self.chance(2):
            self.line("case _:")
            with self.indented():
                self.line(f"{result} = 'none'")
        self._indent -= 1

    # --- functions and classes ----------------------------------------------------------------------------------------

    def _function(self, depth: int) -> None:
        name, kind = self.fresh("f"), self.kind()
        signature, parameters, calls = self.pick(SIGNATURES)
        if self.chance(8):
            self.line(self.pick(DECORATORS))
        self.line(f"def {name}({signature}):")
        self._body(dict(parameters), kind, depth)
        for _ in range(1 + self.number(1)):
            result = self.fresh()
            self.line(f"{result} = {name}({self.pick(calls)})")
            self.names[result] = kind

    def _body(self, parameters: Mapping[str, str], kind: str, depth: int) -> None:
        outer = dict(self.names)
        with self.indented():
            if self.chance(6) and self._indent == 1 and (owned := [each for each, k in outer.items() if k == "int"]):
                name = self.pick(owned)
                self.line(f"global {name}")
                self.line(f"{name} {self.pick(('=', '+='))} <int>")
            around = self._outer
            if not self.chance(8):
                self._outer = around | {*outer} - {*parameters}
            self.names = {**outer, **parameters}
            for _ in range(self.number(2)):
                self.statement(depth - 1)
            if self.chance(3):
                self.line(f"if <bool>: return <{kind}>")
            if self.chance(8):
                self.line("if <bool>: raise ValueError")
            if not self.chance(10):
                self.line(f"return <{kind}>")
            self._outer = around

    def _closure(self, _depth: int) -> None:
        template = self.pick(CLOSURES)
        self._written(template)

    def _generator(self, _depth: int) -> None:
        self._written(self.pick(GENERATORS))

    def _class(self, _depth: int) -> None:
        self._written(self.pick(CLASSES))

    def _enum(self, _depth: int) -> None:
        self._written(self.pick(ENUMS))

    def _record(self, _depth: int) -> None:
        self._written(self.pick(RECORDS))

    def _written(self, template: str) -> None:
        """A piece of several lines: `$1` are fresh names, and of the lines that start with `?` about half are left out."""
        for mark in sorted(set(re.findall(r"\$\d", template))):
            template = template.replace(mark, self.fresh("t"))
        included, depth = True, 0
        decorated = False
        for line in template.strip("\n").split("\n"):
            text = line.removeprefix("?")
            indent = len(text) - len(text.lstrip())
            if line == text:
                included = True
            elif not decorated and not (self._optional and indent > depth):
                included, depth = self.chance(2), indent
            self._optional = line != text
            decorated = line != text and text.lstrip().startswith("@")
            if included:
                self.line(text)


def an_expression_module(number: Callable[[int], int]) -> str:
    """A module with some values and expressions over them."""
    writer = Writer(number)
    for _ in range(2 + number(4)):
        writer.bind()
    return HEADER + "\n".join(writer.lines) + "\n"


def a_program(number: Callable[[int], int]) -> str:
    """A module of statements of every kind."""
    writer = Writer(number)
    for _ in range(3 + number(5)):
        writer.statement()
    return HEADER + "\n".join(writer.lines) + "\n"


FILES: Final = ("pkg/__init__.py", "pkg/base.py", "pkg/more.py", "a.py", "b.py")


def a_project(number: Callable[[int], int]) -> dict[str, str]:
    """Some modules by their path, each of which imports from those before it."""
    files: dict[str, str] = {}
    exported: dict[str, dict[str, str]] = {}
    for path in FILES:
        writer = Writer(number, prefix=f"{Path(path).stem.strip('_')[0]}_")
        for _ in range(number(2)):
            _import(writer, path, exported)
        for _ in range(1 + number(2)):
            writer.statement(1)
        if writer.chance(4) and path != "a.py":
            public = [name for name in writer.names if "." not in name and writer.chance(2)]
            writer.line(f"__all__ = {public!r}")
        if writer.chance(4):
            writer.line(f"if __name__ == '__main__':\n    {writer.fresh()} = 1\nelse:\n    {writer.fresh()} = 2")
        for _ in range(number(1)):
            _import(writer, path, exported)
            writer.bind()
        exported[path] = {name: kind for name, kind in writer.names.items() if "." not in name}
        files[path] = HEADER + "\n".join(writer.lines) + "\n"
    return files


def _import(writer: Writer, path: str, exported: Mapping[str, Mapping[str, str]]) -> None:
    sources = [each for each in exported if each != "a.py"]
    if not sources:
        return
    source = writer.pick(sources)
    dotted = source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    stem = dotted.rpartition(".")[2]
    names, new = exported[source], writer.fresh("m")
    name = writer.pick(sorted(names)) if names else ""
    relative = "." if path.startswith("pkg/") and source.startswith("pkg/") else ""
    forms: list[tuple[str, dict[str, str]]] = [
        (f"import {dotted} as {new}", _below(new, names)),
        (f"import {dotted}", _below(dotted, names)),
    ]
    if name:
        where = f".{stem}" if relative and dotted != "pkg" else "." if relative else dotted
        forms += [
            (f"from {where} import {name}", {name: names[name]}),
            (f"from {dotted} import {name} as {new}", {new: names[name]}),
            (f"from {where} import *", {}),
        ]
    if dotted.startswith("pkg."):
        forms += [
            (f"from pkg import {stem} as {new}", _below(new, names)),
            (f"from {relative or 'pkg'} import {stem}", _below(stem, names)),
        ]
    text, bound = writer.pick(forms)
    writer.line(text)
    writer.names.update(bound)
    if path == "b.py" and writer.chance(6) and bound and "." in (target := writer.pick(sorted(bound))):
        writer.line(f"{target} = <{bound[target]}>")


def _below(module: str, names: Mapping[str, str]) -> dict[str, str]:
    return {f"{module}.{name}": kind for name, kind in names.items()}


@st.composite
def drawn(draw: st.DrawFn, write: Callable[[Callable[[int], int]], T]) -> T:
    """What a writer writes by Hypothesis' choices."""
    return write(lambda most: draw(st.integers(0, most)))
