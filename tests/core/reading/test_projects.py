"""Discovery, imports across files, and robustness."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from transload.errors import ReadingError
from transload.reading.project import Module, Project, read_project
from transload.reading.values import ProjectModule, Unknown, qualified_name

Read = Callable[..., Project]
ReadModule = Callable[[str], Module]

IMPORTS = {
    "from the root": ({"shared": "V = 1", "dags__a": "from shared import V as x"}, "dags.a"),
    "from the file's folder": ({"dags__shared": "V = 1", "dags__a": "from shared import V as x"}, "dags.a"),
    "from plugins": ({"plugins__p__shared": "V = 1", "dags__a": "from p.shared import V as x"}, "dags.a"),
    "from src": (
        {"src__pkg____init__": "", "src__pkg__s": "V = 1", "src__pkg__a": "from pkg.s import V as x"},
        "pkg.a",
    ),
    "from a nested project": (
        {"one__src__pkg__s": "V = 1", "one__src__pkg__d__a": "import pkg.s\nx = pkg.s.V"},
        "pkg.d.a",
    ),
    "relative": ({"pkg____init__": "", "pkg__s": "V = 1", "pkg__a": "from .s import V as x"}, "pkg.a"),
    "relative module": ({"pkg____init__": "", "pkg__s": "V = 1", "pkg__d__a": "from .. import s\nx = s.V"}, "pkg.d.a"),
    "exported again": ({"pkg____init__": "from .s import *", "pkg__s": "V = 1", "a": "from pkg import V as x"}, "a"),
    "in a function": ({"s": "V = 1", "a": "def f():\n    from s import V\n    return V\nx = f()"}, "a"),
    "in a circle": ({"s": "V = 1\nimport a", "a": "import s\ndef f():\n    return s.V\nx = f()"}, "a"),
}


@pytest.mark.parametrize("case", IMPORTS)
def test_imports_across_files_are_followed(read: Read, case: str) -> None:
    files, name = IMPORTS[case]

    assert read(**files).modules[name].namespace["x"] == 1


def test_a_folder_that_is_named_like_a_tool_does_not_pose_as_it(read: Read) -> None:
    project = read(
        airflow__models="X = 1",
        airflow__dags__a="from airflow.models import Variable\nfrom airflow import DAG\nimport json",
    )
    namespace = project.modules["airflow.dags.a"].namespace

    assert [qualified_name(namespace[name]) for name in ("Variable", "DAG", "json")] == [
        "airflow.models.Variable",
        "airflow.DAG",
        "json",
    ]


def test_an_asset_imported_by_two_files_is_one_object(read: Read) -> None:
    project = read(s="from t import A\nx = A('x')", a="from s import x", b="from s import x")

    assert project.modules["a"].namespace["x"] is project.modules["b"].namespace["x"]
    assert len([call for module in project.modules.values() for call in module.calls]) == 1


def test_a_module_of_the_project_can_be_asked_for(read: Read) -> None:
    project = read(pkg____init__="", pkg__s="V = 1", a="import pkg\nfrom pkg import s\nfrom t import load\nload([s])")
    reference = project.modules["a"].calls[0].args[0][0]  # type: ignore[index]

    assert isinstance(reference, ProjectModule)
    assert project.modules[reference.name].namespace == {"V": 1}
    package = project.modules["a"].namespace["pkg"]
    assert isinstance(package, ProjectModule)
    assert [module.path for module in project.package(package)] == ["pkg/__init__.py", "pkg/s.py"]


def test_environments_and_artefacts_are_not_read(tmp_path: Path) -> None:
    for folder in (".venv/lib", "my_env", "node_modules", "__pycache__", "build", ".git", "dags"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text("x = 1")
    (tmp_path / "my_env/pyvenv.cfg").touch()

    assert list(read_project(tmp_path).modules) == ["dags.a"]


def test_a_single_file_is_read_alone_but_its_imports_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import x")
    (tmp_path / "b.py").write_text("x = 1")
    project = read_project(tmp_path / "a.py")

    assert list(project.modules) == ["a"]
    assert project.modules["a"].namespace["x"] == 1


def test_only_the_files_asked_for_are_given(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.py").write_text("x = 1")

    assert list(read_project(tmp_path, [tmp_path / "b.py"]).modules) == ["b"]


BROKEN = {
    "Python 2": b"x = 1\nprint 'x'\n",
    "no text": b"\xff\xfe\x00x",
    "a wrong encoding": b"# -*- coding: nonsense -*-\n",
    "a NUL": b"x = 1\x00",
    "deep nesting": b"x = " + b"(" * 5000 + b")" * 5000,
    "deep operators": b"x = " + b"-" * 100_000 + b"1",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_parsed_is_a_problem_and_the_rest_goes_on(tmp_path: Path, case: str) -> None:
    (tmp_path / "bad.py").write_bytes(BROKEN[case])
    (tmp_path / "good.py").write_text("x = 1")
    project = read_project(tmp_path)

    assert list(project.modules) == ["good"]
    assert [problem.place.path for problem in project.problems] == ["bad.py"]


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("x = 1")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/a.py").symlink_to(tmp_path / "secret.py")
    project = read_project(tmp_path / "project")

    assert not project.modules
    assert "outside" in project.problems[0].reason


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReadingError, match="no such file"):
        read_project(tmp_path / "nowhere")


def test_nothing_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    (tmp_path / "a.py").write_text(
        f"import os\nopen({str(marker)!r}, 'w').close()\nos.system('touch {marker}')\neval('1')\n__import__('os').mkdir({str(marker)!r})"
    )
    read_project(tmp_path)

    assert not marker.exists()


HEAVY = {
    "nested loops": "for a in range(9999):\n  for b in range(9999):\n    for c in range(9999):\n      x = a",
    "doubling text": "x = 'a'\nfor i in range(9999):\n  x = x + x",
    "squaring": "x = 3\nfor i in range(9999):\n  x = x * x",
    "a list in itself": "from t import A\nx = []\nx.append(x)\nA(x)\ny = str(x)",
    "branching calls": "def f0(): return 1\n"
    + "".join(f"def f{n}(): return f{n - 1}() + f{n - 1}()\n" for n in range(1, 24))
    + "x = f23()",
    "deep calls": "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(500)) + "def f500(): return 1\nx = f0()",
    "deep attributes": "import t\nx = t" + ".a()" * 400,
    "a deep else": "import os\nif os.getenv('a'): pass\n"
    + "".join(f"elif os.getenv('{n}'): pass\n" for n in range(90)),
    "an endless list": "x = [1]\nfor n in x:\n  x.append(n)",
    "lists in each other": "from t import A\na, b = [], []\na += [a, b]\nb += [a, b]\nA(a)\nx = f'{a}'",
    "doubling tuples": "from t import A\nx = ()\nfor n in range(60):\n  x = (x, x)\ny = {x: x}\nA(x)\nz = x == (x, x)",
    "doubling lists": "from t import A\nx = []\nfor n in range(40):\n  x = [x, x]\ny = str(x)\nz = x == [x]",
    "widening products": "import itertools\nx = list(itertools.product(range(999), repeat=9))",
}


@pytest.mark.parametrize("case", HEAVY)
def test_reading_always_ends(module: ReadModule, case: str) -> None:
    assert module(HEAVY[case]).path == "a.py"


def test_a_chain_of_many_operators_is_read(module: ReadModule) -> None:
    read = module("from t import A\nx = " + " >> ".join(["A()"] * 500))

    assert len(read.operations) == 499


def test_a_chain_of_many_imports_is_read(read: Read) -> None:
    files = {f"m{n}": f"from m{n + 1} import x" for n in range(300)}

    assert read(**files, m300="x = 1").modules["m0"].namespace["x"] == 1


STDLIB = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("[a-e]*.py"))


@pytest.mark.parametrize("path", STDLIB, ids=lambda path: path.name)
def test_any_file_of_the_standard_library_is_read(path: Path) -> None:
    project = read_project(path)

    assert [module.path for module in project.modules.values()] == [path.name]


def test_reading_twice_gives_the_same(read: Read) -> None:
    text = "from t import A\nx = [A(n) for n in {'b', 'a', 'c'}]"

    assert [call.args for call in read(a=text).modules["a"].calls] == [("a",), ("b",), ("c",)]


def test_an_unfinished_circle_is_unknown_and_no_guess(read: Read) -> None:
    value = read(a="from b import y\nx = 1", b="from a import x\ny = x").modules["b"].namespace["x"]

    assert isinstance(value, Unknown) or value == 1
