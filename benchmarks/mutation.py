"""Small mutants of the source, and whether the tests of their area notice: `python benchmarks/mutation.py 6 --seed 20261201`.

Each mutant is one change of syntax: a comparison or boolean operator exchanged, a condition negated, a constant moved, two arguments
swapped, a statement removed. It is made in a copy of the tree and judged by its area's tests that need no tool. A mutant that takes
longer than its time counts as killed: its loop does not end.
"""

from __future__ import annotations

import argparse
import ast
import copy
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LEFT_OUT: Final = (".*", "__pycache__", "dist", "build")
"""What the copy does without."""
AREAS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "reading": ("core/transload/reading", ("tests/core/reading", "tests/adapters/test_airflow_reading.py")),
    "model": (
        "core/transload/model",
        tuple(f"tests/core/test_{name}.py" for name in ("identity*", "model", "references", "document", "merging")),
    ),
    "partitioning": (
        "core/transload/partitioning",
        ("tests/core/partitioning", "tests/contract/test_partition_forms.py"),
    ),
    "triggering": (
        "core/transload/triggering",
        ("tests/core/test_triggering_*.py", "tests/contract/test_trigger_semantics.py"),
    ),
    "lineage": ("core/transload/lineage", ("tests/core/lineage",)),
    "drawing": ("core/transload/drawing", ("tests/core/drawing",)),
    "writing": ("core/transload/writing", ("tests/core/writing",)),
    "core": (
        "core/transload/*.py",
        tuple(f"tests/core/test_{name}.py" for name in ("[bcdjlt]*", "merging", "re[fpt]*", "reader")),
    ),
    "airflow": ("adapters/transload_airflow", ("tests/adapters/test_airflow_*.py",)),
    "dagster": ("adapters/transload_dagster", ("tests/adapters/test_dagster_*.py",)),
    "prefect": ("adapters/transload_prefect", ("tests/adapters/test_prefect_*.py",)),
}
"""Area → the source that is changed, and the tests that must notice."""
NEEDS_TOOL: Final = ("runtime.py", "load.py", "running", "objects")
"""Files and folders of an adapter that only run with its tool."""

_COMPARED: Final[Mapping[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    area: str
    path: Path
    text: str
    diff: str


def _exchanged(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    if isinstance(node, ast.Compare):
        yield lambda n: n.ops.__setitem__(0, _COMPARED[type(n.ops[0])]())  # type: ignore[attr-defined]
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield lambda n: setattr(n, "op", other)


def _negated(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))  # type: ignore[attr-defined]


def _moved(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    if isinstance(node, ast.Constant) and type(node.value) in (int, bool):
        value = (not node.value) if isinstance(node.value, bool) else node.value + 1  # type: ignore[operator]
        yield lambda n: setattr(n, "value", value)


def _swapped(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    if (
        isinstance(node, ast.Call)
        and len(node.args) == 2
        and not any(isinstance(each, ast.Starred) for each in node.args)
    ):
        yield lambda n: n.args.reverse()  # type: ignore[attr-defined]


def _removed(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    body = getattr(node, "body", None)
    for position, each in enumerate(body if isinstance(body, list) else ()):
        if isinstance(each, (ast.Assign, ast.AugAssign, ast.Return, ast.Raise)) or (
            isinstance(each, ast.Expr) and not isinstance(each.value, ast.Constant)
        ):
            yield lambda n, at=position: n.body.__setitem__(at, ast.copy_location(ast.Pass(), n.body[at]))  # type: ignore[misc]


KINDS: Final = (_exchanged, _exchanged, _negated, _moved, _swapped, _removed)


def _files(area: str) -> list[Path]:
    pattern = AREAS[area][0]
    files = sorted(ROOT.glob(pattern)) if "*" in pattern else sorted((ROOT / pattern).rglob("*.py"))
    return [path for path in files if not set(path.relative_to(ROOT).parts) & {*NEEDS_TOOL, "demo"}]


def _mutant(area: str, chance: random.Random) -> Mutant | None:
    """A change of one place of one file; None where the chosen kind has no place in it."""
    path = chance.choice(_files(area))
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    kind = chance.choice(KINDS)
    places = [(at, number) for at, node in enumerate(ast.walk(tree)) for number, _ in enumerate(kind(node))]
    if not places:
        return None
    at, number = chance.choice(places)
    changed = copy.deepcopy(tree)
    node = list(ast.walk(changed))[at]
    list(kind(node))[number](node)
    before, after = (ast.unparse(ast.fix_missing_locations(each)).splitlines() for each in (tree, changed))
    name = path.relative_to(ROOT).as_posix()
    text = "\n".join(after) + "\n"
    diff = "\n".join(difflib.unified_diff(before, after, name, name, lineterm="", n=2))
    return Mutant(area, path.relative_to(ROOT), text, diff) if before != after else None


def mutants(area: str, count: int, seed: int) -> list[Mutant]:
    """As many mutants of an area, the same for the same seed and source."""
    chance, distinct = random.Random(f"{seed}/{area}"), dict[tuple[Path, str], Mutant]()  # noqa: S311 - no secret
    while len(distinct) < count:
        mutant = _mutant(area, chance)
        if mutant is not None:
            distinct.setdefault((mutant.path, mutant.text), mutant)
    return list(distinct.values())


def _survives(mutant: Mutant, tree: Path, seconds: float) -> bool:
    path = tree / mutant.path
    original = path.read_text(encoding="utf-8")
    path.write_text(mutant.text, encoding="utf-8")
    tests = [str(each) for pattern in AREAS[mutant.area][1] for each in sorted(tree.glob(pattern))]
    environment = {**os.environ, "TRANSLOAD_EFFORT": "0.1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tree / "core"), str(tree / "adapters")])
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        return (
            subprocess.run(  # noqa: S603 - pytest
                command, cwd=tree, env=environment, capture_output=True, timeout=seconds, check=False
            ).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False
    finally:
        path.write_text(original, encoding="utf-8")


def _passes(area: str, tree: Path, seconds: float) -> bool:
    """Whether its tests pass without a mutant: if not, each would count as killed."""
    path = _files(area)[0]
    same = Mutant(area, path.relative_to(ROOT), ast.unparse(ast.parse(path.read_text(encoding="utf-8"))), "")
    return _survives(same, tree, seconds)


def _judged(area: str, tree: Path, options: argparse.Namespace) -> Counter[bool]:
    """How many mutants of an area were killed (False) and survived (True); each is printed."""
    outcomes = Counter[bool]()
    for mutant in mutants(area, options.count, options.seed):
        lives = _survives(mutant, tree, options.seconds)
        outcomes[lives] += 1
        print(f"{'SURVIVED' if lives else 'killed'} {area} {mutant.path}", flush=True)
        if lives:
            print(mutant.diff, flush=True)
    return outcomes


def main() -> None:
    """Make the mutants, judge them, print what survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=6, help="mutants of each area")
    parser.add_argument("--seed", type=int, default=20261201)
    parser.add_argument("--areas", nargs="*", default=list(AREAS), choices=list(AREAS))
    parser.add_argument("--seconds", type=float, default=300, help="for the tests of one mutant")
    options = parser.parse_args()
    outcomes: dict[str, Counter[bool]] = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for area in options.areas:
            if _passes(area, tree, options.seconds):
                outcomes[area] = _judged(area, tree, options)
            else:
                print(f"LEFT OUT {area}: its tests fail, or take too long, without a mutant", flush=True)
    for area, each in outcomes.items():
        print(f"{area}: {each[False]} killed, {each[True]} survived")


if __name__ == "__main__":
    main()
