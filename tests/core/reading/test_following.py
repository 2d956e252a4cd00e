"""What is known after exceptions, iterators, loops of unknown length, and changes that are seen from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from transload.reading.project import Module, Project
from transload.reading.values import Unknown

Read = Callable[..., Project]
ReadModule = Callable[[str], Module]

OPEN = "unknown"
"""Stands for a value that must not be claimed."""

CASES = {
    # exceptions
    "a handler runs for what the body certainly raises": ("try:\n    int('a')\n    x = 1\nexcept ValueError:\n    x = 2", 2),
    "of several handlers the one that fits runs": ("try:\n    [][0]\nexcept KeyError:\n    x = 1\nexcept (ValueError, IndexError):\n    x = 2", 2),
    "a base class takes it": ("try:\n    {}['a']\nexcept LookupError:\n    x = 2", 2),
    "a class of the project is taken by its base": (
        "class E(ValueError): ...\ntry:\n    raise E(1)\nexcept KeyError:\n    x = 1\nexcept ValueError:\n    x = 2",
        2,
    ),
    "a class of the project is taken by itself": ("class E(Exception): ...\ntry:\n    raise E\nexcept E:\n    x = 2", 2),
    "an exception goes through a function": ("def f():\n    return [][1]\ntry:\n    f()\n    x = 1\nexcept IndexError:\n    x = 2", 2),
    "what fails is not assigned": ("x = 1\ntry:\n    x = int('a')\nexcept ValueError:\n    pass", 1),
    "an assertion that does not hold raises": ("try:\n    assert 1 > 2\n    x = 1\nexcept AssertionError:\n    x = 2", 2),
    "an attribute of None raises": ("try:\n    None.upper()\n    x = 1\nexcept AttributeError:\n    x = 2", 2),
    "a container is not changed after it": ("x = [1]\ntry:\n    x.remove(5)\nexcept ValueError:\n    x.append(2)", [1, 2]),
    "unpacking too few raises": ("try:\n    a, b = [1]\n    x = 1\nexcept ValueError:\n    x = 2", 2),
    "contextlib.suppress lets it go on": ("import contextlib\nx = 1\nwith contextlib.suppress(KeyError):\n    {}[1]\n    x = 2", 1),
    "a body with an unknown value may have raised": (
        "import os\ntry:\n    v = os.environ['A']\n    x = True\nexcept KeyError:\n    x = False",
        OPEN,
    ),
    "a name that is nowhere may raise": ("try:\n    nowhere\n    x = True\nexcept NameError:\n    x = False", OPEN),
    "a change after an unknown value may not have happened": (
        "import os\nx = []\ntry:\n    v = os.environ['A']\n    x.append(1)\nexcept KeyError:\n    pass",
        OPEN,
    ),
    "what may have been raised before counts too": (
        "import os\nx = 0\ntry:\n    int(os.environ['A'])\n    {}[1]\nexcept ValueError:\n    x = 1\nexcept KeyError:\n    x = 2",
        OPEN,
    ),
    "a field that is missing may raise": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    a: int\ntry:\n    C()\n    x = 1\nexcept TypeError:\n    x = 2",
        OPEN,
    ),
    "a key is evaluated before its value": ("x = 0\ntry:\n    {[][0]: int('a')}\nexcept IndexError:\n    x = 1", 1),
    # containers that change in place
    "a list is repeated in place": ("x = [1]\nv = x\nv *= 2", [1, 1]),
    "a set is cut in place": ("x = {1, 2}\nv = x\nv &= {2, 3}", {2}),
    "a set is exchanged in place": ("x = {1, 2}\nv = x\nv ^= {2, 3}", {1, 3}),
    "a set takes no list": ("x = {1}\ntry:\n    x |= [2]\nexcept TypeError:\n    pass", OPEN),
    "a part that is replaced by something unknown is open": ("from t import t\nx = [1, 2]\nx[1:] = t()\ny = 1", OPEN),
    "what an iterator goes through may have changed": (
        "import os\nv = [1]\ng = map(str, v)\nif os.getenv('A'):\n    v.append(2)\nx = list(g)",
        OPEN,
    ),
    # iterators
    "an iterator is used up": ("g = (n for n in 'ab')\nlist(g)\nx = list(g)", []),
    "map is used up": ("g = map(str, [1])\ny = [*g]\nx = [*g]", []),
    "a range is not": ("r = range(2)\nlist(r)\nx = list(r)", [0, 1]),
    "a range is no list": ("x = range(2) == [0, 1]", OPEN),
    "the text of a view is not that of a list": ("x = str({'a': 1}.keys())", OPEN),
    "an iterator is true": ("x = 'y' if zip([]) else 'n'", "y"),
    "an empty range is false": ("x = 'y' if range(0) else 'n'", "n"),
    "isinstance of a range is not that of a list": ("x = isinstance(range(2), list)", OPEN),
    "what an iterator goes through has changed": ("v = [1]\ng = (n for n in v)\nv.append(2)\nx = list(g)", OPEN),
    "a generator that yields nothing is empty": ("def f():\n    if False:\n        yield 1\nx = list(f())", []),
    "in an iterator uses it up": ("g = iter([1, 2])\ny = 1 in g\nx = list(g)", OPEN),
    # names
    "a name that a function binds is its own": ("v = 1\ndef f():\n    y = v\n    v = 2\n    return y\nx = f()", OPEN),
    "a comprehension in a class does not see its names": ("class C:\n    n = 1\n    m = [n for _ in 'ab']\nx = C.m[0]", OPEN),
    "its first iterable does": ("class C:\n    n = [1, 2]\n    m = [i for i in n]\nx = C.m", [1, 2]),
    "a pattern that does not fit binds nothing": ("y = 0\nmatch [1, 2]:\n    case [*y, 3]:\n        pass\nx = y", 0),
    # loops
    "a loop over unknown values changes what it reads": (
        "import os\nn = 0\nfor i in os.environ['A']:\n    n += 1\n    x = n",
        OPEN,
    ),
    "a loop that may end early leaves its names open": (
        "import os\nfor i in (1, 2):\n    x = i\n    if os.getenv('A'):\n        break",
        OPEN,
    ),
    "its else may not run": ("import os\nx = 0\nfor i in (1, 2):\n    if os.getenv('A'):\n        break\nelse:\n    x = 1", OPEN),
    "a while loop that may end early leaves its names open": (
        "import os\nx = 0\nwhile x < 3:\n    x += 1\n    if os.getenv('A'):\n        break",
        OPEN,
    ),
    # classes
    "an attribute of a class is assigned": ("class C:\n    n = 1\nC.n = 2\nx = C().n", 2),
    "an instance counts in its class": ("class C:\n    n = 0\n    def __init__(self):\n        C.n += 1\nC()\nC()\nx = C.n", 2),
    "a property that is assigned is open": (
        "class C:\n    @property\n    def p(self):\n        return self._p\n    @p.setter\n    def p(self, v):\n        self._p = v + 1\nc = C()\nc.p = 1\nx = c.p",
        OPEN,
    ),
    "__new__ is not followed": ("class C:\n    def __new__(cls):\n        return None\nx = C() is None", OPEN),
    "__post_init__ runs": (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    a: int\n    def __post_init__(self):\n        self.a += 1\nx = C(1).a",
        2,
    ),
    "__enter__ gives what is bound": (
        "class C:\n    def __enter__(self):\n        return 5\n    def __exit__(self, *a): ...\nwith C() as x:\n    pass",
        5,
    ),
    "a descriptor is not followed": ("class D:\n    def __get__(self, o, k):\n        return 5\nclass C:\n    a = D()\nx = C.a is None", OPEN),
    "a second name of a member is the member": ("import enum\nclass C(enum.Enum):\n    A = 1\n    B = 1\nx = [c.name for c in C], C.B.name", (["A"], "A")),
    # keys that are not known
    "an unknown key may be one that is there": ("import os\nx = {'a': 1}.get(os.getenv('A'), 2)", OPEN),
    "an unknown element may be one that is there": ("import os\nx = {1, 2} - {os.getenv('A')}", OPEN),
    "what is taken out of a set may be in it": ("import os\nx = {'a'}\nx.discard(os.getenv('A'))", OPEN),
    "keys that may be equal are not counted": ("import os\nx = len({'a', os.getenv('A')})", OPEN),
    "a method that is not computed may change it": ("x = {1, 2}\ny = x.pop()", OPEN),
    "an unknown value is not equal to itself": ("import os\nv = os.getenv('A')\nx = v == v", OPEN),
    "an order that is not known is none": ("import os\nx = sorted([1, 2], key=abs, reverse=os.getenv('A'))", OPEN),
    # calls
    "an argument that is given twice does not fit": ("def f(a):\n    return 1\nx = f(1, a=2)", OPEN),
    "an argument that is missing does not fit": ("def f(a):\n    return 1\nx = f()", OPEN),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_known_is_certain(module: ReadModule, case: str) -> None:
    source, expected = CASES[case]
    value = module(source).namespace.get("x")

    if expected is OPEN:
        assert not isinstance(value, (bool, int, str, list, tuple, set, type(None)))
    else:
        assert (type(value), value) == (type(expected), expected)


def test_nothing_is_known_after_a_module_has_raised(read: Read) -> None:
    project = read(a="x = 1\ny = int('a')\nz = 2", b="from a import x\nw = 1")

    assert project.modules["a"].namespace["x"] == 1
    assert isinstance(project.modules["a"].namespace["y"], Unknown)
    assert not {"z", "w"} & {*project.modules["a"].namespace, *project.modules["b"].namespace}
    assert [str(each.place) for each in project.problems] == ["a.py:2"]
    assert "ValueError" in project.problems[0].reason


def test_a_name_that_another_module_assigns_is_assigned(read: Read) -> None:
    assert read(a="x = 1", b="import a\na.x = 2").modules["a"].namespace["x"] == 2
