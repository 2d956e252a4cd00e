"""Formatting: one layout, the same program, no settings but ours."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from transload.errors import OutputError, SourceError
from transload.writing import formatting
from transload.writing.expressions import call, literal, name
from transload.writing.formatting import LINE_LENGTH, format_sources
from transload.writing.module import Source
from transload.writing.statements import assign, docstring_of, function, with_
from transload.writing.syntax import same_program, same_tokens

TEXTS = st.text(st.characters(codec=None, categories=None), max_size=60) | st.text(
    alphabet="\"'\\ \n\t{}ab", max_size=16
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TEXTS, min_size=8, max_size=8))
@example(['"""', "a'", 'a """ \'', 'ends "', '"starts', "back\\", "0\x1e\t0", "0\r\xa0\u2028 0"])
def test_any_text_survives_the_layout(texts: list[str]) -> None:
    """As a docstring of a module, of functions at two depths, and as a literal."""
    files = {}
    for index, text in enumerate(texts):
        inner = function("inner", docstring=text, body=[assign("y", text)])
        source = (
            Source(text).use("dagster", alias="dg").add(assign("x", {text: [text] * 9}), function("f", docstring=text))
        )
        files[f"m{index}.py"] = source.add(with_(call("dg.f"), [inner])).render()

    result = format_sources(files)

    for text, after in zip(texts, result.values(), strict=True):
        tree = ast.parse(after)
        assert (ast.get_docstring(tree, clean=False) or "") == docstring_of(text)
        assert isinstance(tree.body[-3], ast.Assign)
        assert ast.literal_eval(tree.body[-3].value) == {text: [text] * 9}
    assert format_sources(result) == result


def test_layout_is_ruffs_with_lines_of_a_hundred() -> None:
    source = (
        Source("Doc.")
        .use_from("b", "z", "Y", "X")
        .use("a")
        .use("os")
        .add(function("f"), assign("x", ["item"] * 30), function("g"))
    )

    result = format_sources({"m.py": source.render()})["m.py"]

    assert result.startswith(
        '"""Doc."""\n\nimport os\n\nimport a\nfrom b import X, Y, z\n\n\ndef f():\n    pass\n\n\nx = [\n    "item",\n'
    )
    assert max(map(len, result.splitlines())) <= LINE_LENGTH


def test_other_files_and_the_order_of_files_stay() -> None:
    files = {"z.py": "x=1\n", "README.md": "# x=1  \n", "build/a.py": "y=2\n"}

    result = format_sources(files)

    assert list(result.items()) == [("z.py", "x = 1\n"), ("README.md", "# x=1  \n"), ("build/a.py", "y = 2\n")]


def test_settings_at_hand_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ruff.toml").write_text("line-length = 20\n[format]\nquote-style = 'single'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    assert format_sources({"m.py": "x = f('a', 'b', 'c', 'd')\n"})["m.py"] == 'x = f("a", "b", "c", "d")\n'


def test_files_named_like_the_formatter_change_nothing() -> None:
    files = {
        "ruff.py": "raise SystemExit(1)\n",
        "ast.py": "raise SystemExit(1)\n",
        "pyproject.toml": "[tool.ruff\n",
        "ruff.toml": "x",
    }

    assert format_sources(files) == files


def test_what_is_no_python_is_refused_with_its_line() -> None:
    with pytest.raises(SourceError) as caught:
        format_sources({"ok.py": "x = 1\n", "sub/bad.py": "x = 1\ny = (\n"})

    assert caught.value.where is not None
    assert caught.value.where.startswith("sub/bad.py:2")


def test_a_path_out_of_the_folder_is_refused() -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        format_sources({"../m.py": "x = 1\n"})


def test_a_formatter_that_changes_the_meaning_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = tmp_path / "ruff"
    liar.write_text("#!/bin/sh\necho 'x = 2' > m.py\n")
    liar.chmod(0o755)
    monkeypatch.setattr(formatting, "_ruff", lambda: str(liar))

    with pytest.raises(SourceError, match="change what it means"):
        format_sources({"m.py": "x = 1\n"})


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("x = f('a', b=[1, 2])\n", 'x = f(\n    "a",\n    b=[\n        1,\n        2,\n    ],\n)\n', True),
        (
            '"""Doc."""\nimport b\nfrom a import c, d\nx\n',
            '"""Doc."""\n\nfrom a import (\n    c,\n    d,\n)\nimport b\n\nx\n',
            True,
        ),
        ("import a\nimport b\n", "import b\nimport a\n", True),
        ("import a\nimport b\n", "import a\nimport c\n", False),
        ("x\nimport a\nimport b\n", "x\nimport b\nimport a\n", False),
        ("x = 'a  b'\n", 'x = "a b"\n', False),
        ("x = 'a'\n", "x = 'a,'\n", False),
        ("x = '\"a\"'\n", "x = '\"a'\n", False),
        ("x = 'a' + b\n", "x = 'a + b'\n", False),
        ("x = (a,)\n", "x = (a)\n", False),
        ("x = [a, b]\n", "x = [a]\n", False),
        ("x = 'import a'\n", "x = 'import b'\n", False),
        ("def f():\n    '''a'''\n", "def f():\n    '''b'''\n", False),
    ],
)
def test_tokens_are_the_same_but_for_what_a_formatter_lays_out(before: str, after: str, same: bool) -> None:
    assert same_tokens(before, after) is same
    assert same_tokens(after, before) is same


def test_what_is_written_is_told_the_same_without_parsing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else writing a large project takes half as long again."""
    source = (
        Source("Doc.")
        .use("dagster", alias="dg")
        .use_from("a", *(f"long_name_of_a_member_{index}" for index in range(9)))
    )
    source.add(function("f", docstring="It\n\nis.", body=[assign("x", {"a": ["it's", 'a "word"'] * 9, "b": ("c",)})]))
    monkeypatch.setattr(formatting, "parse", None)

    assert "    long_name_of_a_member_8,\n)" in format_sources({"m.py": source.render()})["m.py"]


def test_a_missing_formatter_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ModuleNotFoundError("ruff")

    monkeypatch.setattr(formatting, "import_module", missing)

    with pytest.raises(OutputError, match="pip install ruff"):
        format_sources({"m.py": "x = 1\n"})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x = 'a'", 'x = ("a")', True),
        ("import a\nimport b", "import b\nimport a", True),
        ("from a import b, c", "from a import c\nfrom a import b", True),
        ("def f():\n    '''a\n    b'''", "def f():\n    '''a\n        b'''", True),
        ("x = 1", "x = True", False),
        ("x = 1", "x = 1.0", False),
        ("import a", "import b", False),
        ("import a", "import a as b", False),
        ("from a import b", "from .a import b", False),
        ("'''a'''", "'''b'''", False),
        ("'''a'''\nx", "x\n'''a'''", False),
        ("def f():\n    '''a'''\n    x", "def f():\n    x", False),
        ("x\nimport a\nimport b", "x\nimport b\nimport a", False),
        ("f(a=1, b=2)", "f(b=2, a=1)", False),
        ("a - (b - c)", "a - b - c", False),
        ("x = [1]", "x = [1, 2]", False),
        ("async def f(): pass", "def f(): pass", False),
        ("x = '''a\n b'''", "x = '''a\n  b'''", False),
    ],
)
def test_programs_are_the_same_but_for_layout_only(one: str, other: str, same: bool) -> None:
    assert same_program(ast.parse(one), ast.parse(other)) is same
    assert same_program(ast.parse(other), ast.parse(one)) is same


def test_many_files_are_laid_out_together() -> None:
    files = {
        f"d{index % 7}/m{index}.py": Source().add(assign("x", call("f", name("y"), literal(index)))).render()
        for index in range(500)
    }

    assert set(format_sources(files).values()) == {f"x = f(y, {index})\n" for index in range(500)}
