"""The house is in order: what is promised of the distribution, its folders and its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path
from typing import Final

import pytest

import transload

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
    assert point.load().extra in (metadata.metadata("transload").get_all("Provides-Extra") or ())


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package: str) -> None:
    assert resources.files(package).joinpath("py.typed").is_file()


def _shared_names() -> set[str]:
    """The modules that core asks of every adapter, as core names them."""
    source = (ROOT / "core/transload/adapter.py").read_text(encoding="utf-8")
    return set(re.findall(r'import_module\(f"\{self\.package\}\.(\w+)"\)', source))


@pytest.mark.parametrize("tool", TOOLS)
def test_an_adapter_has_the_files_that_every_adapter_has(tool: str) -> None:
    shared = _shared_names()
    assert {"support", "names", "static", "load", "source", "runtime"} <= shared
    assert shared <= set(_modules(f"transload_{tool}"))


def _requirements() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    sections = re.findall(
        r"^(?:dependencies|airflow|dagster|prefect|tests|lint|types) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL
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
