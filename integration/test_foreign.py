"""Adapters in distributions of their own: the contract suite and the command line, where there is the wheel of transload and nothing else.

Kestra's is in `integration/kestra`. The toys are those of the tests, one under another name, so that nothing is let off by its name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
TOYS: Final = ROOT / "tests" / "toys"

pytestmark = pytest.mark.wheel

_PYPROJECT: Final = """\
[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "transload-{name}"
version = "1"
dependencies = ["transload"]

[project.entry-points."transload.adapters"]
{name} = "{package}:adapter"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""


def uv(*arguments: str | Path, **options: Any) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *map(str, arguments)], check=True, **options)  # noqa: S603 - our own


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the wheel, its extra `testing`, and the foreign distributions."""
    folder = tmp_path_factory.mktemp("foreign")
    uv("build", "--wheel", "--out-dir", folder / "dist", ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    uv("venv", "--python", sys.executable, folder / "env")
    interpreter = folder / "env" / "bin" / "python"
    foreign = [ROOT / "integration" / "kestra", *_toys(folder)]
    uv("pip", "install", "--python", interpreter, f"{wheel}[testing]", *foreign)
    return interpreter


def _toys(folder: Path) -> list[Path]:
    """The toy under the name of a bird, and the YAML toy, each as a project of its own."""
    bird, reader = folder / "kestrel", folder / "yaml-toy"
    shutil.copytree(TOYS / "transload_toy", bird / "transload_kestrel")
    start = bird / "transload_kestrel" / "__init__.py"
    text = start.read_text(encoding="utf-8").replace('"toy"', '"kestrel"').replace('"Toy"', '"Kestrel"')
    start.write_text(text.replace("transload_toy", "transload_kestrel"), encoding="utf-8")
    (bird / "pyproject.toml").write_text(_PYPROJECT.format(name="kestrel", package="transload_kestrel"))
    shutil.copytree(TOYS / "transload_yaml_toy", reader / "transload_yaml_toy")
    (reader / "pyproject.toml").write_text(_PYPROJECT.format(name="yaml-toy", package="transload_yaml_toy"))
    return [bird, reader]


def run(python: Path, program: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program of the environment, with nothing of this one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    command = [str(python.with_name(program)), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own


@pytest.mark.parametrize(
    ("package", "least"), [("transload_kestra", 30), ("transload_kestrel", 45), ("transload_yaml_toy", 6)]
)
def test_a_foreign_adapter_keeps_the_contract(python: Path, tmp_path: Path, package: str, least: int) -> None:
    """With one import in its test file, as Kestra's has it."""
    test = (ROOT / "integration/kestra/tests/test_contract.py").read_text(encoding="utf-8")
    (tmp_path / "test_contract.py").write_text(test.replace("transload_kestra", package), encoding="utf-8")

    done = run(python, "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", folder=tmp_path)

    assert done.returncode == 0, done.stdout[-4000:]
    (passed,) = re.findall(r"(\d+) passed", done.stdout)
    assert int(passed) >= least, done.stdout[-400:]


def test_the_adapters_are_listed_without_advice_that_leads_nowhere(python: Path, tmp_path: Path) -> None:
    done = run(python, "transload", "adapters", "--format", "json", folder=tmp_path)
    rows = {row["tool"]: row for row in json.loads(done.stdout)}

    assert {"airflow", "dagster", "prefect", "kestra", "kestrel", "yaml-toy"} == rows.keys()
    assert {tool for tool, row in rows.items() if row["installed"]} == set()
    assert rows["airflow"]["install"] == "pip install 'transload[airflow]'"
    assert (rows["kestra"]["distribution"], rows["kestra"]["install"]) == (None, "https://kestra.io/docs/installation")
    table = run(python, "transload", "adapters", folder=tmp_path).stdout
    assert "transload[kestra" not in table
    assert run(python, "transload", "adapters", "--capabilities", folder=tmp_path).returncode == 0


DAG: Final = """
from airflow.sdk import DAG, Asset, task

orders = Asset("s3://lake/orders")
with DAG("load", schedule="0 5 * * *"):

    @task(outlets=[orders], retries=2)
    def fetch():
        ...

    fetch()

with DAG("report", schedule=[orders]):

    @task(inlets=[orders], outlets=[Asset("s3://lake/report")])
    def write():
        ...

    write()
"""


def test_a_project_goes_to_kestra_and_back(python: Path, tmp_path: Path) -> None:
    """Without a word of loading, and with no difference but what the report lists."""
    (tmp_path / "dags.py").write_text(DAG, encoding="utf-8")
    there = run(
        python,
        "transload",
        "translate",
        "airflow:dags.py",
        "--static",
        "--to",
        "kestra",
        "-o",
        "flows",
        folder=tmp_path,
    )
    assert there.returncode == 0, there.stderr
    written = (tmp_path / "flows" / "transload_load.yaml").read_text(encoding="utf-8")
    assert "type: io.kestra.plugin.core.trigger.Schedule" in written
    assert "cron: 0 5 * * *" in written

    document = run(python, "transload", "read", "kestra:flows", "-o", "graph.json", folder=tmp_path)
    assert document.returncode == 0, document.stderr
    assert "import" not in document.stdout
    graph = json.loads((tmp_path / "graph.json").read_text(encoding="utf-8"))["graph"]
    assert [asset["id"] for asset in graph["assets"]] == [["s3://lake", "orders"], ["s3://lake", "report"]]

    checked = run(python, "transload", "check", "kestra:flows", "--against", "airflow:dags.py", folder=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    back = run(python, "transload", "plan", "kestra:flows", "--to", "dagster", folder=tmp_path)
    assert back.returncode == 0, back.stderr


def test_a_tool_that_is_only_read_is_refused_as_a_target(python: Path, tmp_path: Path) -> None:
    (tmp_path / "load.yaml").write_text("job: load\nwrites: s3://lake/orders\n", encoding="utf-8")
    to = ("--to", "yaml-toy")
    for command in (("plan", "yaml-toy:.", *to), ("translate", "yaml-toy:.", *to, "-o", "new")):
        done = run(python, "transload", *command, folder=tmp_path)
        assert done.returncode == 1
        assert "YAML toy is read and not written" in done.stderr
    assert run(python, "transload", "plan", "yaml-toy:.", "--to", "kestra", folder=tmp_path).returncode == 0
    empty = run(python, "transload", "read", "kestra:.", folder=tmp_path)
    assert "This is no flow" in empty.stdout + empty.stderr
