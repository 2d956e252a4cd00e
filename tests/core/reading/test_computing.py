"""What is certain is computed, and computed as Python does."""

from __future__ import annotations

import ast
import datetime
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transload.reading.project import Module, read_project
from transload.reading.values import Attribute, Call, Operation, Unknown

ReadModule = Callable[[str], Module]

CERTAIN = {
    "f'{1:03d}-{\"x\"!r}-{2.5:.2f}'": "001-'x'-2.50",
    "'%s/%s' % ('a', 1)": "a/1",
    "'{}-{b}'.format('a', b=2)": "a-2",
    "'_'.join(sorted({'b', 'a'}))": "a_b",
    "'A.B'.lower().replace('.', '/').split('/')": ["a", "b"],
    "' x '.strip().ljust(3, '.')": "x..",
    "str.upper('a')": "A",
    "list(map(str.upper, ['a', 'b']))": ["A", "B"],
    "[*range(3), 3]": [0, 1, 2, 3],
    "{**{'a': 1}, 'b': 2}": {"a": 1, "b": 2},
    "{k: v for k, v in zip('ab', range(2)) if v}": {"b": 1},
    "[a + b for a in 'ab' for b in 'cd']": ["ac", "ad", "bc", "bd"],
    "list(enumerate('ab', 1))": [(1, "a"), (2, "b")],
    "[1, 2, 3][1:]": [2, 3],
    "1 < 2 < 3": True,
    "'a' in {'a': 1} and not []": True,
    "'x' if len('abc') == 3 else 'y'": "x",
    "(lambda n, *a, k=2, **o: (n, a, k, o))(1, 5, z=3)": (1, (5,), 2, {"z": 3}),
    "max([1, 3, 2], key=lambda n: -n)": 1,
    "sorted(['bb', 'a'], key=len)": ["a", "bb"],
    "sum(n for n in (1, 2))": 3,
    "any([0, '']) or all([])": True,
    "json.loads('{\"a\": [1]}')['a']": [1],
    "os.path.join('a', 'b.csv')": "a/b.csv",
    "str(Path('a') / 'b' / 'c.csv')": "a/b/c.csv",
    "Path('a/b.csv').stem + Path('a/b.csv').parent.name": "ba",
    "Path(__file__).stem": "a",
    "os.path.basename(__file__).replace('.py', '')": "a",
    "datetime(2024, 2, 29) + timedelta(days=1)": datetime.datetime(2024, 3, 1),  # noqa: DTZ001
    "datetime(2024, 1, 1).strftime('%Y%m')": "202401",
    "timedelta(hours=1).total_seconds()": 3600.0,
    "cast('int', 4)": 4,
    "(y := 3) + y": 6,
    "dict(a=1).get('b', 'c')": "c",
    "None is None": True,
    "isinstance('x', (int, str))": True,
    "-(2 ** 3) // 3 % 2": -(2**3) // 3 % 2,
}
HEADER = (
    "import json, os\nfrom datetime import datetime, timedelta\nfrom pathlib import Path\nfrom typing import cast\n"
)


@pytest.mark.parametrize("source", CERTAIN)
def test_a_certain_expression_is_computed(module: ReadModule, source: str) -> None:
    assert module(f"{HEADER}x = {source}").namespace["x"] == CERTAIN[source]


UNKNOWN = {
    "os.environ['BUCKET']": "environment variable BUCKET",
    "os.getenv('BUCKET', 'default')": "environment variable BUCKET",
    "os.environ.get('BUCKET') or 'default'": "environment variable BUCKET",
    "f\"s3://{os.environ['BUCKET']}/x\"": "environment variable BUCKET",
    "open('x').read()": "files",
    "Path('x').read_text()": "files",
    "datetime.now()": "clock",
    "random.choice([1, 2])": "random",
    "nowhere": "nowhere",
    "[1][5]": "IndexError",
    "1 / 0": "ZeroDivisionError",
    "'a' * 10 ** 9": "size",
    "10 ** 10 ** 10": "size",
    "1 << 10 ** 9": "size",
    "f'{1:1000000000}'": "size",
    "'%1000000000d' % 1": "size",
    "'x'.ljust(10 ** 9)": "size",
    "list(range(10 ** 12))": "size",
    "[0] * 10 ** 9": "size",
    "str({'a', 'b'})": "hashing",
    "'{0.__class__}'.format(1)": "looks into",
}


@pytest.mark.parametrize("source", UNKNOWN)
def test_what_is_not_certain_is_unknown_and_says_why(module: ReadModule, source: str) -> None:
    value = module(f"import random\n{HEADER}x = {source}").namespace["x"]

    assert isinstance(value, Unknown)
    assert UNKNOWN[source] in value.reason
    assert value.place.line == 6


def test_an_unknown_value_names_its_source(module: ReadModule) -> None:
    value = module("import os\nx = (1,\n  os.environ['A'])[1]").namespace["x"]

    assert isinstance(value, Unknown)
    assert (value.source, str(value.place)) == ("os.environ['A']", "a.py:3")


def test_operators_over_symbolic_values_stay(module: ReadModule) -> None:
    read = module("from tool import A\nx = A(1) & (A(2) | ~A(3))")
    value = read.namespace["x"]

    assert isinstance(value, Operation)
    assert [each.operator for each in read.operations] == ["~", "|", "&"]
    assert value.operands[0] is read.calls[0]


def test_attributes_and_items_of_symbolic_values_stay(module: ReadModule) -> None:
    value = module("from tool import task\nx = task().output['k']").namespace["x"]

    assert isinstance(value.of, Attribute)  # type: ignore[attr-defined]
    assert value.key == "k"  # type: ignore[attr-defined]


def test_a_path_at_the_project_stays_symbolic(module: ReadModule) -> None:
    """Where a project is on a machine never gets into a result."""
    read = module("from pathlib import Path\nx = Path(__file__).parent / 'sql'\ny = f'{x}'")

    assert isinstance(read.namespace["x"], Operation)
    assert isinstance(read.namespace["y"], Unknown)


def test_text_with_an_enumeration_is_computed_only_where_versions_agree(module: ReadModule) -> None:
    read = module(
        "import enum\nclass C(enum.Enum):\n    RED = 'r'\nx = C.RED.value\ny = C.RED.name\nz = f'{C.RED}'\nw = [c.value for c in C]"
    )

    assert (read.namespace["x"], read.namespace["y"], read.namespace["w"]) == ("r", "RED", ["r"])
    assert isinstance(read.namespace["z"], Unknown)


LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def value_of(source: str) -> object:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.py").write_bytes(f"x = {source}\n".encode("utf-8", "backslashreplace"))
        return read_project(Path(folder)).modules["a"].namespace["x"]


@settings(max_examples=100, deadline=None)
@given(LITERALS)
def test_any_literal_reads_back_equal(value: object) -> None:
    assert value_of(repr(value)) == ast.literal_eval(repr(value))


NUMBERS = st.integers(-50, 50).map(str)
TEXTS = st.text("aB ._/%-", max_size=5).map(repr)
ARITHMETIC = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%", "==", "<", "and", "or"]), inner).map(
        "({0[0]} {0[1]} {0[2]})".format
    ),
)
METHODS = st.sampled_from(
    [
        "upper()",
        "lower()",
        "strip()",
        "title()",
        "split('.')",
        "partition('/')",
        "replace('a', 'b')",
        "zfill(7)",
        "count('a')",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    ARITHMETIC
    | st.tuples(TEXTS, METHODS).map(".".join)
    | st.tuples(TEXTS, st.integers(-3, 3)).map("({0[0]} * 2)[{0[1]}:]".format)
)
def test_computed_expressions_agree_with_python(source: str) -> None:
    try:
        expected = eval(source, {})  # noqa: S307 - made by the strategies above
    except ZeroDivisionError:
        expected = None
    value = value_of(source)

    assert isinstance(value, Unknown) if expected is None else (type(value), value) == (type(expected), expected)


def test_one_expression_evaluated_once_is_one_object(module: ReadModule) -> None:
    read = module("from tool import Asset\na = Asset('x')\nb = [a, a]\nc = {'k': a}['k']")
    call = read.calls[0]

    assert isinstance(call, Call)
    assert all(each is call for each in (*read.namespace["b"], read.namespace["c"]))  # type: ignore[misc]
