"""Modules: their imports, their statements, and that nothing gets in that was not put there."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.errors import SourceError
from transload.writing.expressions import OMIT, call, literal, name, operation
from transload.writing.module import Source
from transload.writing.names import identifier
from transload.writing.parameters import Parameter
from transload.writing.statements import (
    assign,
    docstring_of,
    expression,
    function,
    main_guard,
    raise_,
    return_,
    with_,
)

TEXTS = st.text(st.characters(codec=None, categories=None), max_size=60) | st.text(
    alphabet="\"'\\ \n\t{}a", max_size=12
)
ALLOWED = (
    ast.Module,
    ast.Import,
    ast.ImportFrom,
    ast.alias,
    ast.FunctionDef,
    ast.arguments,
    ast.arg,
    ast.Expr,
    ast.Constant,
    ast.Call,
    ast.Attribute,
    ast.Name,
    ast.keyword,
    ast.List,
    ast.Dict,
    ast.Pass,
    ast.expr_context,
)


def asset(text: str) -> ast.stmt:
    """What adapters write for an asset, with one text everywhere."""
    decorator = call("dg.asset", key=[text], group_name=text, metadata={text: text}, owners=OMIT, **{text: text})
    return function(identifier(text, ["dg"]), parameters=[identifier(text)], decorators=[decorator], docstring=text)


@given(st.lists(TEXTS, max_size=5))
def test_a_module_holds_the_calls_that_were_put_there_and_nothing_else(texts: list[str]) -> None:
    tree = ast.parse(Source("Assets.").use("dagster", alias="dg").add(*map(asset, texts)).render())

    nodes = list(ast.walk(tree))
    assert {type(node) for node in nodes if not isinstance(node, ALLOWED)} == set()
    assert [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)] == ["dg.asset"] * len(texts)
    assert {node.id for node in nodes if isinstance(node, ast.Name)} <= {"dg"}


@given(TEXTS, TEXTS)
def test_a_module_parses_to_the_tree_that_was_built(text: str, doc: str) -> None:
    statements = [
        asset(text),
        assign("x", {text: [-1, text]}),
        with_(call("f", text), [return_(text)], "y"),
        function("g", docstring=doc),
    ]
    source = Source(doc).use("dagster", alias="dg").add(*statements)

    tree = ast.parse(source.render())

    head = [doc] if docstring_of(doc) else []
    built = ast.parse(ast.unparse(ast.Module(body=statements, type_ignores=[])))
    assert [ast.dump(each) for each in tree.body[len(head) + 1 :]] == [ast.dump(each) for each in built.body]
    assert (ast.get_docstring(tree, clean=False) or "") == docstring_of(doc)


@given(TEXTS)
def test_a_docstring_reads_as_it_was_said_to(text: str) -> None:
    scope: dict[str, Any] = {}

    exec(compile(Source(text).add(function("f", docstring=text)).render(), "rendered", "exec"), scope)  # noqa: S102 - what runs is what is tested

    assert (inspect.getdoc(scope["f"]) or "").strip() == docstring_of(text).strip()
    assert docstring_of(docstring_of(text)) == docstring_of(text)


def test_imports_are_sorted_grouped_and_written_once() -> None:
    source = (
        Source("Doc.")
        .use_from(".assets", "orders")
        .use("dagster", alias="dg")
        .use_from("airflow.sdk", "dag", "DAG", "Asset")
    )
    source.use("os").use("dagster", alias="dg").use_from("airflow.sdk", "Asset").use_from(
        "__future__", "annotations"
    ).use("json")

    assert source.render().splitlines() == [
        '"""Doc."""',
        "from __future__ import annotations",
        "import json",
        "import os",
        "import dagster as dg",
        "from airflow.sdk import DAG, Asset, dag",
        "from .assets import orders",
    ]


def test_one_name_never_stands_for_two_things() -> None:
    source = Source().use_from("airflow.sdk", "Asset").use("dagster", alias="dg")

    with pytest.raises(SourceError, match=r"airflow\.sdk\.Asset and prefect\.assets\.Asset"):
        source.use_from("prefect.assets", "Asset")
    with pytest.raises(SourceError, match="dagster and other"):
        source.use("other", alias="dg")


def test_a_statement_that_hides_an_import_is_refused() -> None:
    source = Source().use("dagster", alias="dg").add(assign("dg", 1))

    assert source.bound == {"dg"}
    with pytest.raises(SourceError, match="imported and bound again"):
        source.render()


@pytest.mark.parametrize("module", ["os; import sys", "a b", "a..b", "", ".", "class", "os as x", "..a b"])
def test_what_is_no_module_is_not_imported(module: str) -> None:
    with pytest.raises(SourceError, match="cannot be a name"):
        Source().use(module)
    with pytest.raises(SourceError, match="cannot be a name"):
        Source().use("os", alias="a b")
    with pytest.raises(SourceError, match="cannot be a name"):
        Source().use_from("os", "path, sys")


def test_a_reference_goes_by_way_of_what_is_imported_or_imports_it() -> None:
    source = Source().use("dagster", alias="dg")

    texts = [
        ast.unparse(source.reference(each))
        for each in (
            "dagster.AssetKey",
            "dagster.Backoff.LINEAR",
            "airflow.sdk.Asset",
            "airflow.sdk.Weight.UP",
            "prefect.assets.Asset",
            "float",
        )
    ]

    assert texts == ["dg.AssetKey", "dg.Backoff.LINEAR", "Asset", "Weight.UP", "prefect.assets.Asset", "float"]
    assert source.render().splitlines() == [
        "import dagster as dg",
        "import prefect.assets",
        "from airflow.sdk import Asset, Weight",
    ]


@pytest.mark.parametrize("dotted", ["os.system('x')", "a.b c", "a..b", "a.", "'x'"])
def test_a_reference_that_is_no_name_is_refused(dotted: str) -> None:
    with pytest.raises(SourceError):
        Source().reference(dotted)


def test_dates_beside_another_datetime_are_refused_rather_than_wrong() -> None:
    source = Source().use_from("datetime", "datetime").add(assign("day", dt.date(2026, 1, 1)))

    with pytest.raises(SourceError, match="would stand for both"):
        source.render()


def test_rendering_twice_gives_the_same() -> None:
    source = Source("Doc.\n\n  More.").add(assign("day", dt.date(2026, 1, 1)), function("f", docstring="a\n\nb"))

    assert source.render() == source.render()
    assert source.render().splitlines()[3] == "import datetime"


def test_too_deep_an_expression_is_an_error_of_ours() -> None:
    deep = name("a")
    for _ in range(5_000):
        deep = operation("|", deep, name("b"))

    with pytest.raises(SourceError, match="nested too deeply"):
        Source().add(expression(deep)).render()


def test_functions_take_every_kind_of_parameter() -> None:
    parameters: list[str | Parameter] = [
        "a",
        Parameter("b", name("int"), literal(1)),
        "*",
        Parameter("c", default=literal(None)),
        "d",
        "**rest",
    ]

    node = function("f", parameters=parameters, returns=name("int"), body=[return_(1)], is_async=True)

    assert ast.unparse(node) == "async def f(a, b: int=1, *, c=None, d, **rest) -> int:\n    return 1"
    assert ast.unparse(function("f", parameters=["*args", "x"])) == "def f(*args, x):\n    pass"


@pytest.mark.parametrize(
    "parameters",
    [
        ["a b"],
        ["a", "a"],
        [Parameter("a", default=literal(1)), "b"],
        ["*"],
        ["*", "**k"],
        ["**k", "a"],
        ["*a", "*b"],
        ["***a"],
        ["**"],
        ["a", "*a"],
    ],
)
def test_parameters_that_python_refuses_are_refused(parameters: list[str | Parameter]) -> None:
    with pytest.raises(SourceError):
        function("f", parameters=parameters)


def test_the_other_statements() -> None:
    assert ast.unparse(main_guard([expression(call("serve"))])) == "if __name__ == '__main__':\n    serve()"
    assert ast.unparse(raise_(name("NotImplementedError"))) == "raise NotImplementedError"
    assert ast.unparse(with_(call("DAG", "d"), [])) == "with DAG('d'):\n    pass"
