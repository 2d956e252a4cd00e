"""The house is in order: what is promised of the distribution, its folders and its files."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata, resources
from pathlib import Path
from typing import Final

import pytest

import transload
from transload.declaration import MODULES

ROOT: Final = Path(__file__).parents[1]
TOOLS: Final = ("airflow", "dagster", "prefect")
PACKAGES: Final = ("transload", *(f"transload_{tool}" for tool in TOOLS))
WITH_THE_TOOL: Final = ("load", "runtime", "reading.objects", "running")
"""Modules and packages of an adapter that may import its tool."""


def _modules(package: str) -> list[str]:
    """Every module of a package, by its name below it."""
    folder = Path(str(resources.files(package)))
    paths = (path.relative_to(folder).with_suffix("") for path in folder.rglob("*.py"))
    return sorted(".".join(path.parts) for path in paths if path.name != "__init__")


def _may_import_the_tool(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in WITH_THE_TOOL)


def _loaded_by(modules: list[str]) -> set[str]:
    code = f"import json, sys\nimport {', '.join(modules)}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_the_packages_imports_no_orchestrator() -> None:
    loaded = _loaded_by(list(PACKAGES))
    assert loaded.issuperset(PACKAGES)
    assert loaded.isdisjoint(TOOLS)


SLOW: Final = ("pydantic", "typer", "rich", "croniter", "importlib.metadata")
"""What takes most of the time of importing what needs it."""


def test_importing_the_packages_imports_nothing_that_takes_long() -> None:
    """Whoever asks only which tools there are should not wait for the model."""
    code = f"import json, sys\nbare = set(sys.modules)\nimport {', '.join(PACKAGES)}\nprint(json.dumps(sorted(set(sys.modules) - bare)))"
    # Without the site's own start-up files, of which an editable installation is one.
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert loaded.issuperset(PACKAGES)
    assert loaded.isdisjoint(SLOW)
    assert "transload.testing" not in loaded


@pytest.mark.parametrize("tool", TOOLS)
def test_an_adapter_works_without_its_tool_but_for_what_may_import_it(tool: str) -> None:
    package = f"transload_{tool}"
    modules = [f"{package}.{name}" for name in _modules(package) if not _may_import_the_tool(name)]
    assert _loaded_by([package, *modules]).isdisjoint(TOOLS)


@pytest.mark.parametrize("tool", TOOLS)
def test_no_other_module_imports_the_tool_by_its_name_as_a_text(tool: str) -> None:
    """What import-linter does not see."""
    folder = Path(str(resources.files(f"transload_{tool}")))
    by_text = re.compile(rf"""import_module\(\s*f?["']{tool}\b""")
    files = {name: folder.joinpath(*name.split(".")).with_suffix(".py") for name in _modules(folder.name)}
    found = [name for name, file in files.items() if by_text.search(file.read_text(encoding="utf-8"))]
    assert [name for name in found if not _may_import_the_tool(name)] == []


def test_the_version_is_the_newest_of_the_changelog() -> None:
    headings = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == metadata.version("transload") == transload.__version__


@pytest.mark.parametrize("tool", TOOLS)
def test_an_extra_and_an_entry_point_exist_for_each_adapter(tool: str) -> None:
    point = metadata.entry_points(group="transload.adapters")[tool]
    assert point.load().tool == tool
    (extra,) = re.findall(r"transload\[(.+)\]", point.load().install)
    assert extra in (metadata.metadata("transload").get_all("Provides-Extra") or ())


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert resources.files(package).joinpath("py.typed").is_file()


@pytest.mark.parametrize("tool", TOOLS)
def test_an_adapter_has_the_files_that_every_adapter_has(tool: str) -> None:
    assert set(MODULES) <= set(_modules(f"transload_{tool}"))


_WORDS: Final = """
asked asks becoming find finding finds found given heard hears noted playing said say saying sayings says spoken taking tell telling tells
told unsaid untold
"""
SAYING_OR_FINDING: Final = frozenset(_WORDS.split())
"""Words that tell of a thing that it was said or found, and not what it is."""


def _names_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_is_what_the_thing_is(package: str) -> None:
    folder = Path(str(resources.files(package)))
    files = [path for path in sorted(folder.rglob("*.py")) if "demo" not in path.relative_to(folder).parts]
    assert files
    assert [path.name for path in files if path.stem in SAYING_OR_FINDING] == []
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in files}
    vague = [
        f"{path.relative_to(folder)}:{line}: {name}"
        for path, tree in trees.items()
        for line, name in _names_in(tree)
        if name.strip("_").lower() in SAYING_OR_FINDING
    ]
    assert vague == []


def _requirements() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    sections = re.findall(
        r"^(?:dependencies|airflow|dagster|prefect|testing|tests|lint|types) = \[\n(.*?)^\]",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return [line.strip() for section in sections for line in section.splitlines()]


def test_every_requirement_says_why() -> None:
    lines = _requirements()
    assert len(lines) > len(TOOLS)
    assert [line for line in lines if not re.fullmatch(r'"[^"]+", +# \S.+', line)] == []


def test_a_run_ends_where_a_promised_tool_is_missing() -> None:
    promise = "a-tool-that-is-not-here"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", __file__],
        cwd=ROOT,
        env={**os.environ, "TRANSLOAD_TOOLS": promise},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert promise in done.stderr


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name]


OF_ONE_MACHINE: Final = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+)/[\w.]|/tmp/env[s]|index-ur[l]|https?://[^\s/]+/simpl[e]\b|files\.pythonhoste[d]"
)


def test_no_file_names_a_machine_or_a_package_index() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _tracked()
        if path.is_file()
        for match in OF_ONE_MACHINE.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
