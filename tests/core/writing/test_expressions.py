"""Expressions: what goes in comes out, and no text becomes code."""

from __future__ import annotations

import ast
import datetime as dt
import math
import zoneinfo
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.errors import SourceError
from transload.writing.constants import MAX_DEPTH
from transload.writing.expressions import (
    MAX_CHAIN,
    OMIT,
    attribute,
    call,
    dict_,
    item,
    lambda_,
    list_,
    literal,
    name,
    operation,
)
from transload.writing.module import Source
from transload.writing.parameters import Parameter
from transload.writing.statements import assign

HOSTILE = [
    "'",
    '"',
    "'''\"\"\"",
    "line\nline\r\n\tend\\",
    "\\",
    "{}%s{0!r}",
    "\\N{SNOWMAN}",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "\ud800",
    "\udfff\ud800x",
    "\x00",
    "a" * 2_000,
    "",
    "...",
    "class",
    "__import__('os').system('true')",
    "x); import os; (",
    "\x0c\x1b[31m\u2028\u2029\x85",
    "# fmt: off",
    "coding: latin-1",
]

TEXTS = st.text(st.characters(codec=None, categories=None)) | st.sampled_from(HOSTILE)
ATOMS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | st.binary()
)
KEYS = st.booleans() | st.integers() | TEXTS | st.binary() | st.tuples(st.integers(), TEXTS)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(KEYS, min_size=1, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Equal in type and sign too: 1 is not True, and 0.0 is not -0.0."""
    return (
        ascii(one) == ascii(other)
        if not isinstance(one, (set, frozenset))
        else (type(one) is type(other) and one == other)
    )


def written(expr: ast.expr) -> Any:
    """The value that the expression has in a rendered module."""
    scope: dict[str, Any] = {}
    exec(compile(Source().add(assign("value", expr)).render(), "rendered", "exec"), scope)  # noqa: S102 - what runs is what is tested
    return scope["value"]


@given(VALUES)
def test_a_literal_reads_back_as_the_value(value: Any) -> None:
    tree = ast.parse(Source().add(assign("value", value)).render())

    assert isinstance(tree.body[0], ast.Assign)
    result = ast.literal_eval(tree.body[0].value)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_only_ever_a_text(text: str) -> None:
    """As an item, a key and the value of a keyword; and the file itself is UTF-8 without control characters."""
    source = Source().add(assign("value", call("dict", [(text, [text])], **{text: text})))

    rendered = source.render()

    constants = [node for node in ast.walk(ast.parse(rendered)) if isinstance(node, ast.Call)]
    assert len(constants) == 1
    assert rendered.encode().decode().replace("\n", "").isprintable()
    scope: dict[str, Any] = {}
    exec(compile(rendered, "rendered", "exec"), scope)  # noqa: S102 - what runs is what is tested
    assert scope["value"][text] == text


@given(ATOMS)
def test_an_atom_keeps_its_type_and_sign(value: Any) -> None:
    assert same(written(literal(value)), value)


@pytest.mark.parametrize(
    "value",
    [math.inf, -math.inf, -0.0, 1e308, 5e-324, -7, 0, True, ..., None, frozenset(), frozenset({1, 2}), set(), ()],
)
def test_numbers_and_sets_without_a_literal_of_their_own_come_back(value: Any) -> None:
    assert same(written(literal(value)), value)


def test_not_a_number_comes_back() -> None:
    assert math.isnan(written(literal(math.nan)))


@pytest.mark.parametrize(
    "value",
    [
        dt.date(2026, 2, 28),
        dt.datetime(2026, 3, 29, 2, 30),  # noqa: DTZ001 - the case
        dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
        dt.datetime(2026, 1, 1, 1, 2, 3, 4, tzinfo=dt.timezone(dt.timedelta(hours=-3, minutes=-30))),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"), fold=1),
        dt.time(0),
        dt.time(23, 59, tzinfo=dt.timezone.utc),
        dt.timedelta(0),
        dt.timedelta(days=-1, microseconds=1),
    ],
)
def test_dates_and_times_come_back_with_their_zone_and_bring_their_import(value: Any) -> None:
    result = written(literal({"at": [value]}))["at"][0]

    assert repr(result) == repr(value)


def test_a_text_that_only_mentions_a_module_imports_nothing() -> None:
    assert "import" not in Source().add(assign("value", "datetime.date and zoneinfo.ZoneInfo")).render()


class Colour(str, Enum):
    RED = "red"


class Text(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "__import__('os')"


class Number(int):
    __repr__ = Text.__repr__


class Items(list[int]):
    pass


def test_a_member_of_an_enum_is_its_value() -> None:
    assert ast.unparse(literal([Colour.RED])) == "['red']"


@pytest.mark.parametrize(
    "value", [Text("x"), Number(1), Items(), object(), print, 1j, range(3), iter(()), bytearray(b"")]
)
def test_anything_else_is_refused(value: Any) -> None:
    """Subclasses too: `ast.unparse` writes the `repr` of a constant, which is theirs to choose."""
    with pytest.raises(SourceError, match="cannot be written"):
        literal([value])


def test_a_value_without_end_or_too_deep_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: list[Any] = []
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]

    with pytest.raises(SourceError, match="nests more than"):
        literal(endless)
    with pytest.raises(SourceError, match="nests more than"):
        literal([deep])
    assert written(literal(deep)) == deep


def test_a_number_longer_than_python_reads_is_refused() -> None:
    assert written(literal(-(10**4_200))) == -(10**4_200)
    with pytest.raises(SourceError, match="too long"):
        literal(10**4_300)


def test_sets_are_sorted_and_dictionaries_are_not() -> None:
    assert ast.unparse(literal({10, 9, 2})) == "{2, 9, 10}"
    assert ast.unparse(literal({"b", "a", "C"})) == "{'C', 'a', 'b'}"
    assert ast.unparse(literal({"b": 1, "a": 2})) == "{'b': 1, 'a': 2}"


@given(st.sets(KEYS))
def test_a_set_is_written_alike_whatever_the_order_of_its_building(values: set[Any]) -> None:
    backwards = set[Any]().union(sorted(values, key=ascii, reverse=True))

    assert ast.unparse(literal(values)) == ast.unparse(literal(backwards))


@pytest.mark.parametrize(
    "text",
    [
        *(each for each in HOSTILE if not each.isalpha()),
        "class",
        "a b",
        "a.",
        ".a",
        "1a",
        "None",
        "a.class",
        "__debug__",
        "\N{LATIN SMALL LIGATURE FI}le",
    ],
)
def test_what_is_no_identifier_is_refused_as_a_name(text: str) -> None:
    with pytest.raises(SourceError, match="cannot be a name"):
        name(text)
    with pytest.raises(SourceError, match="cannot be a name"):
        attribute("dg", text)
    with pytest.raises(SourceError, match="cannot be a name"):
        assign(text, 1)


@given(TEXTS)
def test_a_name_is_refused_or_is_a_name(text: str) -> None:
    try:
        node = name(text)
    except SourceError:
        return

    assert {type(each) for each in ast.walk(ast.parse(ast.unparse(node), mode="eval"))} <= {
        ast.Expression,
        ast.Name,
        ast.Attribute,
        ast.Load,
    }
    assert ast.unparse(node) == text


@given(st.dictionaries(TEXTS, ATOMS, max_size=5))
def test_any_keyword_arrives(kwargs: dict[str, Any]) -> None:
    assert written(call("dict", **kwargs)) == kwargs


def test_an_omitted_argument_is_not_written() -> None:
    assert ast.unparse(call("f", 1, name("x"), a=OMIT, b=None)) == "f(1, x, b=None)"


def test_expressions_inside_of_containers_stay_expressions() -> None:
    node = literal({"deps": [name("orders"), ("x", call("f"))], name("key"): 1})

    assert ast.unparse(node) == "{'deps': [orders, ('x', f())], key: 1}"


def test_the_other_expressions() -> None:
    assert ast.unparse(item("context", "key")) == "context['key']"
    assert ast.unparse(list_([1, name("a")])) == "[1, a]"
    assert ast.unparse(dict_([("a", name("b")), (name("c"), 1)])) == "{'a': b, c: 1}"
    assert ast.unparse(lambda_(["x", Parameter("y", default=literal(1))], name("x"))) == "lambda x, y=1: x"
    assert ast.unparse(call(attribute(literal("a"), "join"), ["b"])) == "'a'.join(['b'])"


def test_operators_keep_the_order_of_their_operands() -> None:
    a, b, c = name("a"), name("b"), name("c")

    assert ast.unparse(operation("&", a, b, c)) == "a & b & c"
    assert ast.unparse(operation(">>", a, operation(">>", b, c))) == "a >> (b >> c)"
    assert ast.unparse(operation("and", a, operation("or", b, operation("not", c)))) == "a and (b or not c)"
    assert operation("|", a) is a


@pytest.mark.parametrize(("operator", "count"), [("&", 0), ("~", 2), (";", 2), ("~", 0), (">>", MAX_CHAIN + 1)])
def test_an_operation_that_python_has_not_is_refused(operator: str, count: int) -> None:
    with pytest.raises(SourceError):
        operation(operator, *[name("a")] * count)


def test_ten_thousand_alternatives_are_one_expression_that_python_can_read() -> None:
    expr = operation("|", *[literal({number}) for number in range(10_000)])

    assert written(expr) == set(range(10_000))
