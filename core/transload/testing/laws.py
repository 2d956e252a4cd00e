"""The laws that every adapter keeps, each as a function that raises `AssertionError` where it is broken.

The tests run them on real adapters with arbitrary graphs, and on adapters that lie, which must not pass.
"""

from __future__ import annotations

import ast
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from transload import carry, loading
from transload.adapter import Reading, Target, Translation
from transload.check_jobs import module_text
from transload.declaration import Adapter
from transload.difference import differences
from transload.errors import AdapterError, TransloadError
from transload.loss import Code, Loss, Severity, in_order
from transload.model import document
from transload.model.graph import AssetGraph, graph_of, name_of
from transload.model.hidden import HIDDEN
from transload.reader import Options, ReadResult, Way, read_with
from transload.reading.project import read_project
from transload.testing.requirements import requirements_of
from transload.translator import meaning, prepare
from transload.writing.project import ProjectFiles, write_project

Law = Callable[[Adapter, AssetGraph], None]

NOTHING: Final[Mapping[str, bytes]] = {}

NAMED: Final = ("assets", "jobs", "flows")


def every_difference_is_reported(adapter: Adapter, graph: AssetGraph) -> None:
    """What the tool does not hold in its own words is a loss; what is not even carried is a dropped one."""
    translation = prepare(graph, adapter)
    reported = {(loss.subject, _top(loss.field)) for loss in translation.losses}
    dropped = {(loss.subject, _top(loss.field)) for loss in translation.losses if loss.severity is Severity.DROPPED}

    assert _changed(translation.graph, translation.native) <= reported
    assert _changed(translation.graph, translation.expected) <= dropped
    assert _changed(graph, translation.graph) == set()


def losses_are_well_formed(adapter: Adapter, graph: AssetGraph) -> None:
    """Sorted, each once, each one sentence with a code of the table; carried ones say where; a field is dropped whole or not at all."""
    losses = prepare(graph, adapter).losses

    assert list(losses) == list(in_order(losses))
    for loss in losses:
        assert isinstance(loss.code, Code)
        assert loss.message.strip().endswith("."), loss
        assert loss.severity is not Severity.CARRIED or loss.kept, loss
    fates: dict[tuple[str, str], set[bool]] = {}
    for loss in losses:
        fates.setdefault((loss.subject, _top(loss.field)), set()).add(loss.severity is Severity.DROPPED)
    assert [place for place, fate in fates.items() if len(fate) > 1] == []


def names_are_sound(adapter: Adapter, graph: AssetGraph) -> None:
    """Every entity has a native name, distinct among its kind; names stay once given, and do not depend on anything unrelated."""
    named = adapter.names.assign(graph)
    for kind in NAMED:
        names = [entity.names[adapter.tool] for entity in getattr(named, kind)]
        assert len(set(names)) == len(names)

    assert document.dumps(adapter.names.assign(named)) == document.dumps(named)
    assert _stripped(named, adapter.tool) == _stripped(graph, adapter.tool)


def names_are_stable(adapter: Adapter, graph: AssetGraph, other: AssetGraph) -> None:
    """A graph beside it changes no name, unless it wants the same one."""
    named = adapter.names.assign(graph)
    mine, others = _spellings(named, adapter.tool), _spellings(adapter.names.assign(other), adapter.tool)
    both = graph_of(**{kind: _together(getattr(graph, kind), getattr(other, kind)) for kind in (*NAMED, "aliases")})
    wanted = {part for name in others.values() for part in _folded(name)}
    together = _spellings(adapter.names.assign(both), adapter.tool)

    for key, name in mine.items():
        assert together[key] == name or _folded(name) & wanted, (key, name, together[key])


def nothing_is_hidden(adapter: Adapter, graph: AssetGraph) -> None:
    """No file holds a character that a terminal obeys or that turns the direction of a line: names are spelled out."""
    for path, text in adapter.source.write(prepare(graph, adapter)).items():
        assert HIDDEN.search(path + text) is None, path


def source_round_trips(adapter: Adapter, graph: AssetGraph) -> None:
    """The static reader gives back what was written, less exactly what the report lists."""
    translation = prepare(graph, adapter)
    with written(adapter.source.write(translation)) as root:
        assert_restored(adapter, translation, adapter.static.read(read_project(root), target(adapter, root)))


def is_held_by_the_installed_version(adapter: Adapter, graph: AssetGraph) -> bool:
    """The tool, where it is an older one, has all that the graph asks for; or else it refuses in a clear error."""
    older = requirements_of(adapter).older
    if not (older and (adapter.installed() or "").startswith(older)):
        return True
    try:
        adapter.runtime.build(prepare(graph, adapter))
    except AdapterError as error:
        return not ("too old" in error.message and error.hint)
    return True


def objects_round_trip(adapter: Adapter, graph: AssetGraph) -> None:
    """The reader of runtime objects gives back what was built, less exactly what the report lists."""
    translation = prepare(graph, adapter)
    built = adapter.runtime.build(translation)
    reading = adapter.load.from_objects(built.objects, built.manifest, target(adapter, Path.cwd()))
    assert_restored(adapter, translation, reading)


def loaded_source_round_trips(adapter: Adapter, graph: AssetGraph) -> None:
    """Importing the written project in the tool gives back what was written, less exactly what the report lists."""
    translation = prepare(graph, adapter)
    with written(adapter.source.write(translation)) as root:
        assert_restored(adapter, translation, load_in_child(adapter, target(adapter, root)))
        assert sorted(path.name for path in root.rglob("canary*")) == []


def assert_restored(adapter: Adapter, translation: Translation, reading: Reading) -> None:
    """The reading, with what was carried put back, means what was expected, and nothing in it puzzled the reader."""
    graph, orphans = carry.restore(reading.graph, reading.carried, adapter.tool)

    assert reading.failures == ()
    assert document.dumps(meaning(graph)) == document.dumps(meaning(translation.expected))
    assert _seen((*reading.losses, *orphans)) == []


def target(adapter: Adapter, root: Path) -> Target:
    """A folder as a target."""
    return Target(adapter.tool, str(root), path=root)


class written:  # noqa: N801 - reads as a word: `with written(files) as root`
    """A project in a folder of its own, for as long as it is needed."""

    def __init__(self, files: ProjectFiles) -> None:
        self._files = files
        self._folder = tempfile.TemporaryDirectory(prefix="contract-")

    def __enter__(self) -> Path:
        root = Path(self._folder.name, "project")
        write_project(root, self._files)
        return root

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def load_in_child(adapter: Adapter, where: Target) -> Reading:
    """Load in a forked process: what a project does to `sys.modules` stays there, and the tool is imported once for all."""
    adapter.load  # noqa: B018 - imported here, so that each child has it
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        answer = Path(folder, "answer.json")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            _answer(adapter, where, answer)
        _, status = os.waitpid(child, 0)
        assert status == 0, answer.read_text(encoding="utf-8")
        return loading.reading_of(json.loads(answer.read_text(encoding="utf-8")))


def _answer(adapter: Adapter, where: Target, answer: Path) -> None:
    status = 1
    os.chdir(str(where.path))
    try:
        text = json.dumps(loading.reading_json(adapter.load.load(where)))
        status = 0
    except BaseException as error:  # noqa: BLE001 - the parent shows it
        text = f"{type(error).__name__}: {error}"
    answer.write_text(text, encoding="utf-8")
    os._exit(status)


BROKEN: Final = (b"{[\x00", b"\xff\xfe: [", b"(" * 40_000, b"[" * 40_000)
"""What is no file of any tool: characters that no text has, and what nothing closes."""


def reads_or_refuses(adapter: Adapter, files: ProjectFiles, broken: Mapping[str, bytes] = NOTHING) -> ReadResult | None:
    """Whatever a project holds, its text is read, with losses that are well-formed; or it is an error.

    `broken` stands in the place of some of the files. Returns what was read, None for an error.
    """
    with written(files) as root:
        for path, content in broken.items():
            (root / path).write_bytes(content)
        try:
            result = read_with(adapter, target(adapter, root), Options(way=Way.STATIC))
        except TransloadError:
            return None
    assert document.dumps(document.loads(document.dumps(result.graph), where="")) == document.dumps(result.graph)
    for loss in result.losses:
        assert isinstance(loss.code, Code)
        assert loss.message.strip(), loss
    return result


def broken_files_are_reported(adapter: Adapter, files: ProjectFiles) -> None:
    """A file of the project that cannot be read at all is an error or a loss, and the others are read."""
    for path in filter(_is_read(adapter), files):
        for content in BROKEN:
            result = reads_or_refuses(adapter, files, {path: content})
            assert result is None or result.losses, (path, content[:10])


def _is_read(adapter: Adapter) -> Callable[[str], bool]:
    """The files that a reader looks at: no README.md."""
    return lambda path: path.endswith((*adapter.endings, carry.MANIFEST))


def what_is_unknown_is_reported(adapter: Adapter, files: ProjectFiles) -> None:
    """Law L2: what a reader does not understand is a loss, or an error."""
    result = reads_or_refuses(adapter, files)
    assert result is None or result.losses


def readings_say_where(adapter: Adapter, files: ProjectFiles) -> None:
    """What people wrote is read without a loss; each asset and job says by which tool, in which way and in which file it was read."""
    with written(files) as root:
        result = read_with(adapter, target(adapter, root), Options(way=Way.STATIC))
    assert list(result.losses) == []
    assert result.graph.assets
    assert result.graph.jobs
    for origin in (*(asset.origin for asset in result.graph.assets), *(job.origin for job in result.graph.jobs)):
        assert origin is not None
        assert (origin.tool, origin.way) == (adapter.tool, "static")
        assert origin.path in files


BUILTINS: Final = frozenset({"NotImplementedError", "dict", "float", "frozenset", "set"})
"""What written source may call of Python's own."""


def calls_only(adapter: Adapter, graph: AssetGraph, packages: Collection[str]) -> None:
    """The written Python parses, imports only from `packages` and the project itself, and calls only that and `BUILTINS`.

    The module that runs checks is the same for every graph.
    """
    files = adapter.source.write(prepare(graph, adapter))
    own = {part.removesuffix(".py") for path in files for part in path.split("/")}
    for path, text in files.items():
        if path.endswith(".py") and not text.startswith(module_text()):
            tree = ast.parse(text, path)
            assert _imported_packages(tree) <= {"__future__", "logging", *packages, *own}, path
            assert _called(tree) <= {*_bound(tree), *BUILTINS}, path


def _imported_packages(tree: ast.Module) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in (*plain, *named)}


def _bound(tree: ast.Module) -> set[str]:
    """Every name that the module itself gives a value to."""
    nodes = list(ast.walk(tree))
    aliases = [alias for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names]
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    functions = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    return {(alias.asname or alias.name).partition(".")[0] for alias in aliases} | stored | functions


def _called(tree: ast.Module) -> set[str]:
    """The first name of everything that is called, decorators included."""
    nodes = list(ast.walk(tree))
    decorated = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    return {_root(node) for node in (*called, *(decorator for node in decorated for decorator in node.decorator_list))}


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


def _changed(before: AssetGraph, after: AssetGraph) -> set[tuple[str, str]]:
    whole = (change for change in differences(before, after) if change.kind != "added")
    return {(change.subject, change.field or "*") for change in whole}


def _top(field: str) -> str:
    return field.split("[", 1)[0].split(".", 1)[0]


def _seen(losses: Iterable[Loss]) -> list[str]:
    return [f"{loss.subject}: {loss.field}: {loss.code.value}: {loss.message}" for loss in losses]


def _spellings(graph: AssetGraph, tool: str) -> dict[tuple[str, Any], tuple[str, ...]]:
    entities: Collection[Any] = [*graph.assets, *graph.jobs, *graph.flows]
    return {(type(entity).__name__, name_of(entity)): entity.names[tool] for entity in entities}


def _together(first: Iterable[Any], second: Iterable[Any]) -> Iterable[Any]:
    return {name_of(entity): entity for entity in (*second, *first)}.values()


def _folded(name: tuple[str, ...]) -> set[str]:
    """The parts of a name as the strictest tool would compare them."""
    return {"".join(filter(str.isalnum, part.casefold())) for part in name}


def _stripped(graph: AssetGraph, tool: str) -> str:
    """The graph without this tool's names."""
    parts = {
        kind: [
            entity.model_copy(update={"names": {other: name for other, name in entity.names.items() if other != tool}})
            for entity in getattr(graph, kind)
        ]
        for kind in NAMED
    }
    return document.dumps(graph.replaced(**parts))
