"""Which file of the project an import means, and the reading of files. Nothing outside of the given folders is ever read."""

from __future__ import annotations

import ast
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from transload.reading.values import Place

CONVENTIONAL: Final = ("", "src", "dags", "plugins", "include")
"""Folders that a tool or a packager puts on the import path, relative to a project's root."""
SKIPPED: Final = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})
ARTEFACTS: Final = frozenset({"build", "dist"})
MAX_BYTES: Final = 5_000_000


@dataclass(frozen=True)
class Problem:
    """What could not be read, and why. The rest of the project goes on."""

    place: Place
    reason: str


@dataclass(eq=False)
class SourceFile:
    """One parsed file. `path` is posix and relative to the root, `name` the dotted module name."""

    path: str
    name: str
    location: Path
    text: bytes
    tree: ast.Module

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines as bytes, since `ast` counts columns in bytes."""
        return self.text.replace(b"\r\n", b"\n").split(b"\n")

    def source(self, node: ast.AST) -> str:
        """The source text of a node, at most 160 characters."""
        line, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", None) or 0
        if not line or line > len(self.lines):
            return ""
        start, stop = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        pieces = self.lines[line - 1 : min(end, line + 4)]
        if end == line:
            pieces = [pieces[0][start:stop]]
        else:
            pieces = [pieces[0][start:], *pieces[1:]]
            if end <= line + 4 and stop is not None:
                pieces[-1] = pieces[-1][:stop]
        text = " ".join(piece.decode("utf-8", "replace").strip() for piece in pieces)
        return text if len(text) <= 160 else f"{text[:159]}…"


@dataclass
class Locator:
    """The files of a project. `root` is an absolute folder, `search` further folders that imports may come from."""

    root: Path
    search: Sequence[Path] = ()
    _listings: dict[Path, dict[str, bool]] = field(default_factory=dict)
    _located: dict[tuple[Path, str], Path | None] = field(default_factory=dict)

    def discover(self) -> list[Path]:
        """Every Python file under the root in the order of its path, without environments, caches and build artefacts."""
        discovered: list[Path] = []
        for folder, folders, files in os.walk(self.root):
            here = Path(folder)
            folders[:] = sorted(name for name in folders if self._is_wanted(here, name))
            discovered.extend(here / name for name in files if name.endswith(".py"))
        return sorted(discovered, key=self.relative)

    def _is_wanted(self, parent: Path, name: str) -> bool:
        if name.startswith(".") or name in SKIPPED or name.endswith(".egg-info"):
            return False
        if name in ARTEFACTS and not (parent / name / "__init__.py").exists():
            return False
        return not (parent / name / "pyvenv.cfg").exists()

    def relative(self, path: Path) -> str:
        """The path as places show it: relative to the root, or to the search folder that it comes from."""
        for base in (self.root, *self.search):
            if path.is_relative_to(base):
                return path.relative_to(base).as_posix()
        return path.name

    def module_name(self, path: Path) -> str:
        """The dotted name of a file or a package's folder, counted from the last `src` folder or else from the root."""
        parts = (
            list(Path(self.relative(path)).with_suffix("").parts)
            if path.suffix == ".py"
            else list(Path(self.relative(path)).parts)
        )
        if parts and parts[-1] == "__init__":
            parts.pop()
        if "src" in parts[:-1]:
            parts = parts[len(parts) - parts[::-1].index("src") :]
        return ".".join(parts) or path.parent.name

    def file_of(self, dotted: str, importer: Path) -> Path | None:
        """The file, or the folder without `__init__.py`, that an absolute import means. None for what is not the project's."""
        if dotted.partition(".")[0] in sys.stdlib_module_names:
            return None
        key = (importer.parent, dotted)
        if key not in self._located:
            self._located[key] = self._search(dotted, importer.parent)
        return self._located[key]

    def _search(self, dotted: str, folder: Path) -> Path | None:
        parts = dotted.split(".")
        paths = [path for base in self._bases(folder) if (path := self.below(base, parts)) is not None]
        files = [path for path in paths if path.suffix == ".py"]
        return next(iter(files or paths), None)

    def _bases(self, folder: Path) -> Iterator[Path]:
        """Folders as an import path would have them: the file's own unless it is a package, the root's, then those between."""
        between = [each for each in (folder, *folder.parents) if each.is_relative_to(self.root)]
        if not self.has(folder, "__init__.py"):
            yield folder
        for base in (self.root, *self.search, *between):
            yield from (base / name if name else base for name in CONVENTIONAL if not name or self.has(base, name))

    def below(self, base: Path, parts: Sequence[str]) -> Path | None:
        """The module of that dotted path under a folder: its file, its `__init__.py`, or a folder that is a namespace package."""
        for part in parts[:-1]:
            if not self._is_folder(base, part):
                return None
            base = base / part
        last = parts[-1]
        if self._is_folder(base, last):
            package = base / last
            return package / "__init__.py" if self.has(package, "__init__.py") else self._namespace(base, last)
        return base / f"{last}.py" if self.has(base, f"{last}.py") else None

    def _namespace(self, base: Path, name: str) -> Path:
        return base / f"{name}.py" if self.has(base, f"{name}.py") else base / name

    def has(self, folder: Path, name: str) -> bool:
        """Whether a folder holds a file or folder of exactly that name."""
        return name in self._listing(folder)

    def _is_folder(self, folder: Path, name: str) -> bool:
        return self._listing(folder).get(name, False)

    def _listing(self, folder: Path) -> dict[str, bool]:
        if folder not in self._listings:
            try:
                with os.scandir(folder) as entries:
                    self._listings[folder] = {entry.name: entry.is_dir() for entry in entries if self._is_inside(entry)}
            except OSError:
                self._listings[folder] = {}
        return self._listings[folder]

    def _is_inside(self, entry: os.DirEntry[str]) -> bool:
        """A link may not lead out of the project."""
        return not entry.is_symlink() or self.is_own(Path(entry.path))

    def is_own(self, path: Path) -> bool:
        """Whether a file really lies in the project or in a search folder, links followed."""
        try:
            real = path.resolve()
        except (OSError, RuntimeError):  # Links in a circle; a RuntimeError until Python 3.13.
            return False
        return any(real.is_relative_to(base.resolve()) for base in (self.root, *self.search))

    def parse(self, path: Path) -> SourceFile | Problem:
        """Read and parse one file, whatever its encoding cookie says."""
        place = Place(self.relative(path), 1)
        if not self.is_own(path):
            return Problem(place, "The file leads outside of the project; it was not read.")
        try:
            if not path.is_file() or path.stat().st_size > MAX_BYTES:
                return Problem(place, f"This is no regular file of at most {MAX_BYTES:,} bytes; it was not read.")
            text = path.read_bytes()
        except OSError as error:
            return Problem(place, f"The file cannot be read: {error.strerror}.")
        tree = _tree(text, place)
        return tree if isinstance(tree, Problem) else SourceFile(place.path, self.module_name(path), path, text, tree)


def _tree(text: bytes, place: Place) -> ast.Module | Problem:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return Problem(Place(place.path, error.lineno or 1), f"This is no Python 3 source: {error.msg}.")
    except (ValueError, LookupError) as error:
        return Problem(place, f"This is no Python 3 source: {error}.")
    except (RecursionError, MemoryError):
        return Problem(place, "The source is nested too deeply to be parsed.")
