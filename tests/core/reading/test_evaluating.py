"""Control flow, certainty, functions, classes and decorators."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from transload.reading.project import Module, Project
from transload.reading.values import (
    Argument,
    Attribute,
    Call,
    Class,
    Function,
    Item,
    Operation,
    Symbol,
    Unknown,
    qualified_name,
)

Read = Callable[..., Project]
ReadModule = Callable[[str], Module]


def names(module: Module) -> list[str | None]:
    return [qualified_name(call) for call in module.calls]


def test_calls_are_recorded_in_order_with_their_lines(module: ReadModule) -> None:
    read = module("import dagster as dg\nx = dg.asset(\n  key=dg.AssetKey(['a']))\n")

    assert [(qualified_name(call), str(call.place)) for call in read.calls] == [
        ("dagster.AssetKey", "a.py:3"),
        ("dagster.asset", "a.py:2"),
    ]


def test_with_values_enclose_calls(module: ReadModule) -> None:
    read = module("from t import D, G, x\nwith D() as d, G():\n    x()\nx()")

    assert read.calls[2].within == (read.calls[0], read.calls[1])
    assert read.namespace["d"] is read.calls[0]
    assert read.calls[3].within == ()


def test_a_decided_condition_takes_one_branch(module: ReadModule) -> None:
    read = module("from t import a, b\nif len('x') == 1:\n    a()\nelse:\n    b()\nif __name__ == '__main__':\n    b()")

    assert names(read) == ["t.a"]


def test_an_undecided_condition_follows_both_branches_without_certainty(module: ReadModule) -> None:
    read = module(
        "import os\nfrom t import a, b\nif os.getenv('X'):\n    v = a()\n    w = 1\nelse:\n    v = b()\n    w = 1\nb()"
    )

    assert [call.certain for call in read.calls] == [False, False, True]
    assert isinstance(read.namespace["v"], Unknown)
    assert read.namespace["w"] == 1


def test_a_guard_that_raises_leaves_the_rest_certain(module: ReadModule) -> None:
    read = module("import os\nfrom t import a\nif not os.getenv('X'):\n    raise ValueError\na()")

    assert [call.certain for call in read.calls] == [True]


def test_names_under_type_checking_are_bound(module: ReadModule) -> None:
    read = module("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from t import A\ndef f(x: 'A'): ...")

    assert qualified_name(read.functions[0].parameters[0].annotation) == "t.A"


def test_the_first_import_of_an_attempt_wins(module: ReadModule) -> None:
    read = module("try:\n    from new import A\nexcept ImportError:\n    from old import A\n    B = None")

    assert qualified_name(read.namespace["A"]) == "new.A"
    assert read.namespace["B"] is None


def test_a_loop_over_known_values_is_unrolled(module: ReadModule) -> None:
    read = module(
        "from t import A\nout = {}\nfor i, n in enumerate('abc'):\n    if n == 'b':\n        continue\n    out[n] = A(i)"
    )

    assert [call.args for call in read.calls] == [(0,), (2,)]
    assert read.namespace["out"] == {"a": read.calls[0], "c": read.calls[1]}


def test_a_loop_over_unknown_values_is_followed_once_without_certainty(module: ReadModule) -> None:
    read = module("from t import A, things\nout = []\nfor n in things():\n    out.append(A(n))")

    assert [call.certain for call in read.calls] == [True, False]
    assert isinstance(read.calls[1].args[0], Unknown)
    assert isinstance(read.namespace["out"], Unknown)


def test_a_loop_without_end_ends(module: ReadModule) -> None:
    read = module("from t import A\nwhile True:\n    A()\nn = 0\nwhile n < 3:\n    n += 1")

    assert [call.certain for call in read.calls] == [False]
    assert read.namespace["n"] == 3


def test_a_loop_that_may_break_is_certain_only_in_its_first_round(module: ReadModule) -> None:
    read = module("import os\nfrom t import A\nfor n in (1, 2):\n    A(n)\n    if os.getenv('X'):\n        break\nA(n)")

    assert [call.certain for call in read.calls] == [True, False, True]
    assert isinstance(read.calls[2].args[0], Unknown)


CHANGES = {
    "v.append(2)": [1, 2],
    "v += [2]": [1, 2],
    "v.extend(x for x in (2, 3))": [1, 2, 3],
    "v[0] = 5": [5],
    "del v[0]": [],
    "w = v; w.insert(0, 0)": [0, 1],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_to_a_known_container_applies(module: ReadModule, change: str) -> None:
    assert module(f"v = [1]\n{change}").namespace["v"] == CHANGES[change]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_under_an_undecided_condition_makes_the_container_unknown(module: ReadModule, change: str) -> None:
    read = module(f"import os\nv = [1]\nkept = v\nif os.getenv('X'):\n    {change}")

    assert isinstance(read.namespace["kept"], Unknown)


def test_a_later_change_does_not_show_in_an_earlier_call(module: ReadModule) -> None:
    read = module("from t import A\nv = [1]\nA(v)\nv.append(2)\nA(v)")

    assert [call.args for call in read.calls] == [([1],), ([1, 2],)]


def test_a_container_made_in_a_branch_may_be_changed_there(module: ReadModule) -> None:
    read = module("import os\nfrom t import A\nif os.getenv('X'):\n    v = []\n    v.append(1)\n    A(v)")

    assert read.calls[0].args == ([1],)


def test_a_function_of_the_project_is_inlined(module: ReadModule) -> None:
    read = module(
        "from t import A\ndef make(n, *, group='g'):\n    return A(f'{group}/{n}')\nx = [make(n) for n in 'ab']\ny = make(**{'n': 'c', 'group': 'h'})"
    )

    assert [call.args for call in read.calls] == [("g/a",), ("g/b",), ("h/c",)]
    assert read.namespace["y"] is read.calls[2]


def test_a_function_with_an_undecided_return_is_unknown(module: ReadModule) -> None:
    read = module("import os\ndef f():\n    if os.getenv('X'):\n        return 1\n    return 2\nx = f()")

    assert isinstance(read.namespace["x"], Unknown)


def test_recursion_is_unknown(module: ReadModule) -> None:
    value = module("def f(n):\n    return f(n - 1)\nx = f(3)").namespace["x"]

    assert isinstance(value, Unknown)
    assert "calls itself" in value.reason


def test_a_generator_gives_what_it_yields(module: ReadModule) -> None:
    assert module("def g():\n    for n in 'ab':\n        yield n\n    yield from 'c'\nx = list(g())").namespace[
        "x"
    ] == ["a", "b", "c"]


def test_a_call_of_a_decorated_function_is_symbolic(module: ReadModule) -> None:
    read = module("from t import task\n@task\ndef f(): ...\nx = f()\ny = f.override(a=1)()")
    function = read.functions[0]

    assert function.decorators == (read.namespace["task"],)
    assert isinstance(read.calls[0], Call)
    assert read.calls[0].func is function
    assert isinstance(read.calls[2].func, Call)


def test_partial_is_expanded(module: ReadModule) -> None:
    read = module(
        "from functools import partial\nfrom t import task\np = partial(task, by='x')\np('k', a=1)\n@p(b=2)\ndef f(): ...\n@p\ndef g(): ..."
    )

    assert (read.calls[1].args, read.calls[1].kwargs) == (("k",), {"by": "x", "a": 1})
    assert read.functions[0].decorators[0].kwargs == {"by": "x", "b": 2}  # type: ignore[attr-defined]
    assert qualified_name(read.functions[1].decorators[0]) == "t.task"


def test_a_decorator_of_the_project_gives_way_to_what_it_applies(module: ReadModule) -> None:
    read = module(
        "from t import task\ndef mine(f):\n    return task(name='n')(f)\ndef more(n):\n    return task(name=n)\n@mine\ndef f(): ...\n@more('k')\ndef g(): ..."
    )
    decorators = {function.name: function.decorators for function in read.functions}

    assert decorators["f"][0].kwargs == {"name": "n"}  # type: ignore[attr-defined]
    assert decorators["g"][0].kwargs == {"name": "k"}  # type: ignore[attr-defined]


def test_a_wrapping_decorator_of_the_project_keeps_the_function(module: ReadModule) -> None:
    read = module(
        "import functools\nfrom t import task\ndef log(f):\n    @functools.wraps(f)\n    def inner(*a):\n        return f(*a)\n    return inner\n@task\n@log\ndef g(x): ..."
    )
    function = read.namespace["g"]

    assert isinstance(function, Function)
    assert [each.name for each in function.parameters] == ["x"]
    assert function.decorators == (read.namespace["task"], read.namespace["log"])


def test_functions_made_in_a_factory_are_found(module: ReadModule) -> None:
    read = module(
        "from t import asset\ndef make(n):\n    @asset(name=n)\n    def inner(up): ...\n    return inner\nx = [make(n) for n in 'ab']"
    )
    made = [function for function in read.functions if function.name == "inner"]

    assert read.namespace["x"] == made
    assert [function.decorators[0].kwargs for function in made] == [{"name": "a"}, {"name": "b"}]  # type: ignore[attr-defined]
    assert made[0].qualname == "make.<locals>.inner"


def test_parameters_tell_kind_default_and_annotation(module: ReadModule) -> None:
    function = module(
        "from t import T\nasync def f(a, /, b: 'T' = 1, *c, d=None, **e) -> list[int]:\n    'Doc.'"
    ).functions[0]

    assert [(each.name, each.kind) for each in function.parameters] == [
        ("a", "positional"),
        ("b", "normal"),
        ("c", "variadic"),
        ("d", "keyword"),
        ("e", "keywords"),
    ]
    assert qualified_name(function.parameters[1].annotation) == "t.T"
    assert (function.parameters[1].default, function.is_async, function.docstring) == (1, True, "Doc.")
    assert isinstance(function.returns, Item)


def test_arguments_that_cannot_be_expanded_are_told(module: ReadModule) -> None:
    call = module("import os\nfrom t import A\nA(1, *os.environ['X'], **os.environ['Y'])").calls[0]

    assert call.args == (1,)
    assert [each.source for each in call.unresolved] == ["os.environ['X']", "os.environ['Y']"]


def test_a_class_of_the_project_keeps_bases_and_members(module: ReadModule) -> None:
    read = module(
        "from t import Operator\nclass Mine(Operator):\n    ui = '#fff'\n    def execute(self): ...\nx = Mine(task_id='a')"
    )
    call = read.namespace["x"]

    assert isinstance(call, Call)
    assert isinstance(call.func, Class)
    assert qualified_name(call.func.bases[0]) == "t.Operator"
    assert call.func.members["ui"] == "#fff"


def test_fields_of_simple_instances_are_known(module: ReadModule) -> None:
    read = module(
        """
        from dataclasses import dataclass, field
        @dataclass
        class C:
            schema: str
            tags: list = field(default_factory=list)
            def table(self, n):
                return f'{self.schema}.{n}'
        class D:
            def __init__(self, n):
                self.n = n
            @property
            def twice(self):
                return self.n * 2
        x = C('raw').table('t')
        y = C(schema='s').tags
        z = D(2).twice
        """
    )

    assert (read.namespace["x"], read.namespace["y"], read.namespace["z"]) == ("raw.t", [], 4)


def test_assignments_to_symbolic_values_are_operations(module: ReadModule) -> None:
    read = module("from t import D\nd = D()\nd.doc = 'x'\nd['k'] = 1")

    assert [(each.operator, each.operands[1:]) for each in read.operations] == [
        ("setattr", ("doc", "x")),
        ("setitem", ("k", 1)),
    ]


def test_names_bound_through_globals_are_bound(module: ReadModule) -> None:
    read = module("from t import D\nfor n in 'ab':\n    globals()[f'dag_{n}'] = D(n)")

    assert (read.namespace["dag_a"], read.namespace["dag_b"]) == read.calls


def test_what_a_symbolic_call_gives_can_be_unpacked(module: ReadModule) -> None:
    read = module("from t import f\na, b = f()")
    first, second = read.namespace["a"], read.namespace["b"]

    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert (first.of, first.key, second.key) == (read.calls[0], 0, 1)


def test_a_display_with_a_symbolic_part_is_a_sum(module: ReadModule) -> None:
    read = module("from t import A, load\nx = [A(1), *load()]")
    value = read.namespace["x"]

    assert isinstance(value, Operation)
    assert (value.operator, value.operands) == ("+", ([read.calls[0]], read.calls[1]))


MATCHES = {"'a'": 1, "['b', 2, 3]": [2, 3], "{'k': 4}": 4, "7": "else"}


@pytest.mark.parametrize("subject", MATCHES)
def test_a_match_on_a_known_subject_takes_its_case(module: ReadModule, subject: str) -> None:
    text = "match {0}:\n  case 'a' | 'c':\n    x = 1\n  case ['b', *r]:\n    x = r\n  case {{'k': v}} if v > 3:\n    x = v\n  case _:\n    x = 'else'"

    assert module(text.format(subject)).namespace["x"] == MATCHES[subject]


def test_tracing_a_function_gives_its_calls_within_it(read: Read) -> None:
    project = read(
        a="from t import flow, task\n@task\ndef f(x): ...\n@flow\ndef g(p, q=1):\n    v = f(p)\n    return f(v, q)\n"
    )
    function = project.modules["a"].functions[1]
    trace = project.trace(function, {"q": 5})

    assert [call.within for call in trace.calls] == [(function,), (function,)]
    assert isinstance(trace.calls[0].args[0], Argument)
    assert trace.calls[1].args == (trace.calls[0], 5)
    assert trace.returned is trace.calls[1]


def test_members_of_text_enumerations_reach_a_tool_as_text(module: ReadModule) -> None:
    read = module(
        "from enum import Enum\nfrom t import A\nclass G(str, Enum):\n    RAW = 'raw'\nA(G.RAW, G('raw'))\nx = G.RAW"
    )

    assert read.calls[-1].args == ("raw", "raw")
    assert isinstance(read.namespace["x"], Attribute)


def test_a_star_import_from_elsewhere_gives_the_names_that_nothing_binds(module: ReadModule) -> None:
    value = module("from t.models import *\nx = DAG").namespace["x"]

    assert isinstance(value, Symbol)
    assert value.name == "t.models.DAG"


def test_a_trace_that_takes_too_long_says_so(read: Read) -> None:
    project = read(a="def f():\n    for a in range(9999):\n        for b in range(9999):\n            x = a\n")
    trace = project.trace(project.modules["a"].functions[0])

    assert [problem.place.path for problem in trace.problems] == ["a.py"]
    assert isinstance(trace.returned, Unknown)
