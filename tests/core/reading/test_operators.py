"""Every operator and every function of the evaluator's tables, with each outcome that it may have, against Python."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterable, Mapping

import pytest

from transload.reading import computing, operators, truth
from transload.reading.project import Module, Project
from transload.reading.values import Call, Operation, Unknown, is_known

Read = Callable[..., Project]
ReadModule = Callable[[str], Module]

HEADER = (
    "import collections, datetime, itertools, json, math, os, re, textwrap\n"
    "from datetime import date, datetime as dt, timedelta\n"
    "U = os.environ['U']\n"
)


def python(source: str) -> object:
    """What Python makes of an expression; an exception for what it raises."""
    names: dict[str, object] = {}
    exec(HEADER.replace("os.environ['U']", "None"), names)  # noqa: S102 - the header above
    try:
        return eval(source, names)  # noqa: S307 - from the tables below
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        return error


def evaluated(module: ReadModule, sources: Iterable[str]) -> dict[str, object]:
    """What the evaluator makes of expressions, each by itself."""
    listed = list(sources)
    lines = "".join(f"try:\n    x{n} = {source}\nexcept Exception:\n    pass\n" for n, source in enumerate(listed))
    namespace = module(HEADER + lines).namespace
    return {source: namespace.get(f"x{n}") for n, source in enumerate(listed)}


def agrees(value: object, expected: object) -> bool:
    if isinstance(expected, Exception):
        return value is None or not is_known(value)
    return (type(value), value, repr(value)) == (type(expected), expected, repr(expected))


PLAIN = ("0", "1", "2", "True", "False", "1.0", "-0.0", "''", "'a'", "'ab'", "None", "[]", "[1]", "[1, 'a']", "(1,)", "()", "{1}", "{1, 2}", "{'a': 1}", "b'a'", "date(2024, 1, 1)", "timedelta(1)")  # fmt: skip
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


@pytest.mark.parametrize("sign", COMPARISONS)
def test_a_comparison_of_known_values_is_pythons(module: ReadModule, sign: str) -> None:
    sources = [f"{left} {sign} {right}" for left, right in itertools.product(PLAIN, repeat=2)]
    values = evaluated(module, sources)
    expected = {source: python(source) for source in sources}

    assert [source for source in sources if not agrees(values[source], expected[source])] == []
    assert {True, False} <= {value for value in expected.values() if isinstance(value, bool)}


IDENTITIES = {
    "None": True,
    "0": False,
    "''": False,
    "False": False,
    "[]": False,
    "{}": False,
    "(lambda: 0)": False,
    "C": False,
    "m": False,
    "C()": False,
    "T()": False,
    "t()": None,
    "U": None,
    "t.x": None,
}
"""Is it None? None: that is not known."""


@pytest.mark.parametrize("source", IDENTITIES)
@pytest.mark.parametrize("template", ["{} is None", "None is {}"])
def test_whether_something_is_none_is_known_where_it_is_certain(read: Read, source: str, template: str) -> None:
    test = template.format(source)
    text = f"import os, m\nfrom t import T, t\nclass C: ...\nU = os.environ['U']\nx = {test}\ny = not ({test})\nz = 1 if {test} else 2\n"
    namespace = read(a=text + f"w = {test.replace(' is ', ' is not ')}", m="").modules["a"].namespace
    expected = IDENTITIES[source]

    if expected is None:
        assert all(isinstance(namespace[name], Unknown) for name in "xyzw")
    else:
        assert [namespace[name] for name in "xyzw"] == [expected, not expected, 1 if expected else 2, not expected]


IDENTICAL = {
    "True is True": True,
    "True is False": False,
    "False is False": True,
    "1 is True": False,
    "0 is False": False,
    "'' is False": False,
    "... is ...": None,
    "1 is 1": None,
    "len is len": True,
    "t is t": True,
    "C is C": True,
    "C.A is C.A": True,
    "C.A is C.B": False,
    "C.A == C.A": True,
    "C.A == C.B": False,
    "C.A != C.B": True,
    "C.A in (C.B, C.A)": True,
    "t() == t()": None,
    "U == U": None,
    "U in [1]": None,
    "1 in U": None,
    "U < 1": None,
    "t() < 1": None,
    "1 < U < 0": None,
    "2 < 1 < U": False,
}  # fmt: skip
"""None: that is not known."""


@pytest.mark.parametrize("source", IDENTICAL)
def test_a_comparison_of_names_is_known_where_it_is_certain(module: ReadModule, source: str) -> None:
    text = f"import enum, os\nfrom t import t\nclass C(enum.Enum):\n    A = 1\n    B = 2\nU = os.environ['U']\nx = {source}"
    value = module(text).namespace["x"]

    assert isinstance(value, Unknown) if IDENTICAL[source] is None else value is IDENTICAL[source]


VERSIONS = {">= (3, 8)": True, "< (3, 8)": False, "> (3, 8)": True, "<= (3, 8)": False, ">= (3, 10)": True, "< (3, 10)": None, ">= (3, 99)": None}  # fmt: skip


@pytest.mark.parametrize("test", VERSIONS)
def test_a_version_is_compared_where_every_supported_one_agrees(module: ReadModule, test: str) -> None:
    value = module(f"import sys\nx = sys.version_info {test}").namespace["x"]

    assert isinstance(value, Unknown) if VERSIONS[test] is None else value is VERSIONS[test]


TRUTHS = {**{source: bool(eval(source, {"date": __import__("datetime").date, "timedelta": __import__("datetime").timedelta})) for source in PLAIN}, "timedelta(0)": False, "C": True, "m": True, "TYPE_CHECKING": True, "(lambda: 0)": True, "t()": None, "U": None}  # fmt: skip  # noqa: S307


@pytest.mark.parametrize("source", TRUTHS)
def test_the_truth_of_a_value_decides_alike_everywhere(read: Read, source: str) -> None:
    text = (
        "import os, m\nfrom datetime import date, timedelta\nfrom typing import TYPE_CHECKING\nfrom t import t\nclass C: ...\n"
        f"U = os.environ['U']\nv = {source}\nx = 1 if v else 2\ny = not v\nz = v and 1\nw = v or 2\n"
        "if v:\n    s = 1\nelse:\n    s = 2\nr = [1 for _ in 'a' if v]\nq = 2\nwhile v:\n    q = 1\n    break\n"
    )
    namespace = read(a=text, m="").modules["a"].namespace
    truth = TRUTHS[source]

    if truth is None:
        assert all(not is_known(namespace[name]) for name in "xyzwsrq")
        return
    assert [namespace[name] for name in "xysr"] == [
        1 if truth else 2,
        not truth,
        1 if truth else 2,
        [1] if truth else [],
    ]
    assert namespace["z"] == 1 if truth else namespace["w"] == 2
    assert namespace["z" if not truth else "w"] is namespace["v"]


BINARY = [sign for sign, _ in operators.BINARY.values()]


@pytest.mark.parametrize("sign", BINARY)
def test_an_operator_over_known_values_is_pythons(module: ReadModule, sign: str) -> None:
    sources = [f"{left} {sign} {right}" for left, right in itertools.product((*PLAIN, "-7", "2.5", "3"), repeat=2)]
    expected = {source: python(source) for source in sources}
    values = evaluated(module, sources)

    assert [source for source in sources if not agrees(values[source], expected[source])] == []
    if sign != "@":
        assert any(is_known(value) for value in values.values())


@pytest.mark.parametrize("sign", BINARY)
def test_an_operator_over_other_values_stays_or_is_unknown(module: ReadModule, sign: str) -> None:
    text = f"import os\nfrom t import t\nU = os.environ['U']\na = U {sign} 1\nb = 1 {sign} U\nc = t {sign} 1\nd = 1\nd {sign}= t\ne = 7\n"
    namespace = module(text + f"e {sign}= 2").namespace

    assert all(isinstance(namespace[name], Unknown) for name in "ab")
    assert all(isinstance(each := namespace[name], Operation) and each.operator == sign for name in "cd")
    assert sign == "@" or namespace["e"] == python(f"7 {sign} 2")


@pytest.mark.filterwarnings("ignore:Bitwise inversion '~' on bool:DeprecationWarning")
@pytest.mark.parametrize("sign", ["-", "+", "~", "not "])
def test_an_operator_before_a_value_is_pythons(module: ReadModule, sign: str) -> None:
    sources = [f"{sign}{value}" for value in PLAIN]
    values = evaluated(module, sources)

    assert [source for source in sources if not agrees(values[source], python(source))] == []
    assert isinstance(evaluated(module, [f"{sign}U"])[f"{sign}U"], Unknown)


FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "bool": ("0", "1", "''"), "complex": ("1, 2",), "float": ("'1.5'", "2"), "int": ("'7'", "2.9", "'f', 16", "'x'"),
    "abs": ("-3", "2.5"), "all": ("[1, 0]", "[1]", "[]"), "any": ("[0, 1]", "[0]", "[]"), "bin": ("5",), "chr": ("97",), "divmod": ("7, -2",),
    "format": ("5, '03d'", "1.5, '.2f'", "'a'"), "hex": ("255",), "max": ("[1, 3, 2]", "1, 3", "[]", "'ab'"), "min": ("[1, 3, 0]", "1, 3", "[]"), "ord": ("'a'",), "range": ("3", "1, 6, 2"),
    "repr": ("'a'", "1.0"), "round": ("2.5", "2.567, 1", "25, -1"), "sorted": ("[3, 1, 2]", "[3, 1], reverse=True", "{'b': 1, 'a': 2}"), "str": ("1", "'a'", ""), "sum": ("[1, 2]", "[1], 5", "[]"),
    "date": ("2024, 2, 29", "2023, 2, 29"), "date.fromisoformat": ("'2024-01-02'",), "dt": ("2024, 1, 2, 3",), "dt.fromisoformat": ("'2024-01-02T03:04:05'",), "dt.strptime": ("'2024', '%Y'",),
    "timedelta": ("1, 2", "hours=3"), "json.dumps": ("{'a': [1, None]}",), "json.loads": ("'[1, {}]'",), "math.ceil": ("1.2", "-1.2"), "math.floor": ("1.8", "-1.2"),
    "os.path.basename": ("'a/b'",), "os.path.dirname": ("'a/b'",), "os.path.join": ("'a', 'b', '/c'", "'a', 'b'"), "os.path.normpath": ("'a/../b'",), "os.path.split": ("'a/b'",), "os.path.splitext": ("'a.b'",),
    "re.escape": ("'a.b'",), "textwrap.dedent": ("'  a'",),
    "dict": ("", "{'a': 1}", "[('a', 1)], b=2"), "enumerate": ("'ab'", "'ab', 1"), "frozenset": ("[1, 1]", ""), "len": ("'abc'", "[]", "{'a': 1}"), "list": ("'ab'", ""), "reversed": ("[1, 2]",), "set": ("[1, 1]", ""),
    "tuple": ("[1]", ""), "zip": ("'ab', [1]", "'ab', 'cd', strict=True", "'ab', 'c', strict=True"), "dict.fromkeys": ("'ab'", "'ab', 1"), "collections.OrderedDict": ("{'a': 1}",),
    "itertools.chain": ("'ab', [1]",), "itertools.chain.from_iterable": ("['ab', [1]]",), "itertools.product": ("'ab', [1, 2]", "'ab', repeat=2"),
}  # fmt: skip
ALIASES = {"date": "datetime.date", "dt": "datetime.datetime", "timedelta": "datetime.timedelta"}


def qualified(name: str) -> str:
    top, _, rest = name.partition(".")
    whole = ALIASES.get(
        top, top if top in ("json", "math", "os", "re", "textwrap", "collections", "itertools") else f"builtins.{top}"
    )
    return f"{whole}.{rest}" if rest else whole


def test_every_function_of_the_tables_has_an_example() -> None:
    assert {qualified(name) for name in FUNCTIONS} == {*computing.STRUCTURAL, *computing.COMPUTABLE}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_over_known_values_is_pythons(module: ReadModule, name: str) -> None:
    lazy = qualified(name) in computing.LAZY or name == "range"
    template = "list({}({}))" if lazy else "dict({}({}))" if name == "collections.OrderedDict" else "{}({})"
    sources = [template.format(name, arguments) for arguments in FUNCTIONS[name]]
    values = evaluated(module, sources)

    assert {source: values[source] for source in sources if not agrees(values[source], python(source))} == {}
    assert any(is_known(value) for value in values.values())


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in ("dict", "dt.strptime", "dict.fromkeys")])
def test_a_function_over_unknown_values_is_not_known(module: ReadModule, name: str) -> None:
    value = evaluated(module, [f"{name}(U)"])[f"{name}(U)"]

    assert isinstance(value, (Unknown, Call))


METHODS: Mapping[str, tuple[str, ...]] = {
    "capitalize": ("",), "casefold": ("",), "center": ("5",), "clear": ("",), "copy": ("",), "count": ("X",), "date": ("",), "decode": ("",), "difference": ("[1]",), "difference_update": ("[1]",),
    "discard": ("1", "9"), "encode": ("",), "endswith": ("X", "Y"), "extend": ("[5]", "(n for n in [5])"), "find": ("X", "Y"), "format": ("1",), "format_map": ("{'a': 1}",), "get": ("'a'", "'z', 9"), "hex": ("",), "index": ("X", "Y"),
    "insert": ("0, 5",), "intersection": ("[1]",), "intersection_update": ("[1]",), "is_integer": ("",), "isalnum": ("",), "isalpha": ("",), "isascii": ("",), "isdecimal": ("",), "isdigit": ("",), "isdisjoint": ("[1]", "[9]"), "isidentifier": ("",),
    "islower": ("",), "isnumeric": ("",), "isocalendar": ("",), "isoformat": ("",), "isoweekday": ("",), "isprintable": ("",), "isspace": ("",), "issubset": ("[1, 2, 3]", "[9]"), "issuperset": ("[1]", "[9]"), "istitle": ("",), "isupper": ("",),
    "items": ("",), "join": ("J",), "keys": ("",), "ljust": ("5",), "lower": ("",), "lstrip": ("",), "partition": ("X",), "pop": ("",), "popitem": ("",), "remove": ("1", "9"), "removeprefix": ("X",), "removesuffix": ("X",), "replace": ("X, Y",), "reverse": ("",), "rfind": ("X", "Y"),
    "rindex": ("X", "Y"), "rjust": ("5",), "rpartition": ("X",), "rsplit": ("X",), "rstrip": ("",), "setdefault": ("'a', 5", "'z', 5"), "sort": ("",), "split": ("X",), "splitlines": ("",), "startswith": ("X", "Y"), "strftime": ("'%d'",), "strip": ("",), "swapcase": ("",),
    "symmetric_difference": ("[1]",), "symmetric_difference_update": ("[1]",), "title": ("",), "total_seconds": ("",), "union": ("[5]",), "update": ("M",), "upper": ("",), "values": ("",), "weekday": ("",), "zfill": ("5",), "append": ("5",), "add": ("5", "1"), "bit_length": ("",),
}  # fmt: skip
SUBJECTS: Mapping[type, tuple[str, ...]] = {
    str: ("'aB.a'", "''", "' b '", "'12'", "'Ab'", "'a\\nb'", "'A'"), bytes: ("b'aB.a'", "b''", "b'12'", "b'A'"), bool: (), int: ("5", "-5"), float: ("1.5", "2.0"),
    datetime.datetime: ("dt(2024, 2, 29, 5)",), datetime.date: ("date(2024, 2, 29)",), datetime.timedelta: ("timedelta(1, 5)",),
    list: ("[2, 1, 1]", "[]"), tuple: ("(2, 1, 1)",), set: ("{1, 2}", "set()"), frozenset: ("frozenset([1, 2])",), dict: ("{'a': 1, 'b': 2}", "{}"),
}  # fmt: skip
LETTERS: Mapping[type, Mapping[str, str]] = {
    str: {"X": "'a'", "Y": "'z'", "J": "['x', 'y']"}, bytes: {"X": "b'a'", "Y": "b'z'", "J": "[b'x', b'y']"}, list: {"X": "1", "Y": "9"}, tuple: {"X": "1", "Y": "9"},
    set: {"M": "[5]"}, dict: {"M": "{'z': 1}", "": "'a'"},
}  # fmt: skip
TABLES = {
    "looking": computing.LOOKING,
    "arranging": computing.ARRANGING,
    "changing": {**computing.CHANGING},
    "changing known": computing.CHANGING_KNOWN,
}
ROWS = [(table, kind, name) for table, rows in TABLES.items() for kind, methods in rows.items() for name in methods]


@pytest.mark.parametrize(
    ("table", "kind", "name"), [pytest.param(*row, id=f"{row[1].__name__}.{row[2]}") for row in ROWS]
)
def test_a_method_over_known_values_is_pythons(module: ReadModule, table: str, kind: type, name: str) -> None:
    arguments = (
        ["'a'"]
        if (kind, name) == (dict, "pop")
        else ["day=1"]
        if kind in (datetime.date, datetime.datetime) and name == "replace"
        else METHODS[name]
    )
    letters = LETTERS.get(kind, {})
    calls = [
        f"{name}({', '.join(letters.get(part, part) for part in each.split(', ')) if each else ''})"
        for each in arguments
    ]
    wrapped = "list((s.{}))" if (kind, name) in ((dict, "items"), (dict, "keys"), (dict, "values")) else "s.{}"
    template = "(lambda s: [" + wrapped + ", s])({})"
    sources = [template.format(call, subject) for call in calls for subject in SUBJECTS[kind]]
    values = evaluated(module, sources)

    assert {source: values[source] for source in sources if not agrees(values[source], python(source))} == {}
    assert any(is_known(value) for value in values.values())


@pytest.mark.parametrize("kind", computing.FIELDS)
def test_a_field_of_a_known_value_is_pythons(module: ReadModule, kind: type) -> None:
    sources = [f"({subject}).{name}" for subject in SUBJECTS[kind] for name in sorted(computing.FIELDS[kind])]
    values = evaluated(module, sources)

    assert [source for source in sources if not agrees(values[source], python(source))] == []


def test_every_comparison_is_tried() -> None:
    assert len(COMPARISONS) + 2 == len(truth.ORDERED) + len(truth._POSITIVE)
