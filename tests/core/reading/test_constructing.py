"""Instances of classes that a project derives from those of a tool, and functions that are called in a loop."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from transload.reading.project import Construction, Project, read_project
from transload.reading.values import Call, Class, Function, Unknown, qualified_name


def read(root: Path, text: str) -> Project:
    (root / "module.py").write_text(dedent(text), encoding="utf-8")
    return read_project(root)


def made(root: Path, text: str) -> Construction:
    """How the last instance of a class of the project comes about."""
    project = read(root, text)
    call = [each for each in project.modules["module"].calls if isinstance(each.func, Class)][-1]
    found = project.constructed(call)
    assert found is not None
    return found


def test_what_initialisers_hand_on_reaches_the_class_of_the_tool(tmp_path: Path) -> None:
    """Through several classes, by position and by keyword, and with methods of their own."""
    found = made(
        tmp_path,
        """
        from tool import Thing
        class Inner(Thing):
            def __init__(self, table, **kwargs):
                kwargs.setdefault("size", 3)
                self.table = table
                super().__init__(name=self.named(), **kwargs)
            def named(self):
                return f"lake_{self.table}"
        class Outer(Inner):
            def __init__(self, where="orders", **kwargs):
                Inner.__init__(self, where, colour="red", **kwargs)
        Outer("items", tags=[1])
        """,
    )

    assert qualified_name(found.base) == "tool.Thing"
    assert (found.args, dict(found.kwargs)) == ((), {"name": "lake_items", "colour": "red", "tags": [1], "size": 3})
    assert (dict(found.values), dict(found.assigned)) == ({"where": "items", "tags": [1]}, {"table": "items"})
    assert found.unresolved == ()


def test_what_is_not_decided_is_said(tmp_path: Path) -> None:
    """An initialiser that hands on one thing or the other, and arguments that do not fit."""
    undecided = """
        import os
        from tool import Thing
        class Mine(Thing):
            def __init__(self, name):
                if os.environ["X"]:
                    super().__init__(name)
                else:
                    super().__init__("other")
        Mine("a")
    """
    unfit = """
        from tool import Thing
        class Mine(Thing):
            def __init__(self): super().__init__("a")
        Mine("too", "many")
    """

    assert all(made(tmp_path, text).unresolved for text in (undecided, unfit))
    assert all(made(tmp_path, text).args == () for text in (undecided, unfit))


def test_only_classes_derived_from_those_of_a_tool_are_constructed(tmp_path: Path) -> None:
    """The fields of others are known anyway."""
    project = read(tmp_path, "from tool import Thing\nclass Own:\n    def __init__(self): self.a = 1\nOwn()\nThing()")

    assert [project.constructed(call) for call in project.modules["module"].calls] == [None, None]


def test_a_class_method_gets_the_class(tmp_path: Path) -> None:
    """Not its first argument in the place of the class."""
    text = """
        from tool import Thing
        class Mine(Thing):
            @classmethod
            def of(cls, name): return cls(name=name)
        found = Mine.of("a")
    """
    found = read(tmp_path, text).modules["module"].namespace["found"]

    assert isinstance(found, Call)
    assert isinstance(found.func, Class)
    assert dict(found.kwargs) == {"name": "a"}


IN_A_LOOP = """
    from tool import decorator, Thing
    def helper():
        return f"helped_{name}"
    for name in ("a", "b"):
        @decorator
        def body():
            Thing(name, helper())
        body()
"""


def test_a_body_sees_the_names_of_the_turn_in_which_it_is_called(tmp_path: Path) -> None:
    """Its own, and those of the functions that it calls; without a call, what is left in the end."""
    project = read(tmp_path, IN_A_LOOP)
    calls = [each for each in project.modules["module"].calls if isinstance(each.func, Function)]
    functions = [each.func for each in calls if isinstance(each.func, Function)]
    traces = [project.trace(function, call=call) for function, call in zip(functions, calls, strict=True)]

    assert [trace.calls[-1].args for trace in traces] == [("a", "helped_a"), ("b", "helped_b")]
    assert project.trace(functions[0]).calls[-1].args == ("b", "helped_b")
    assert not any(isinstance(value, Unknown) for value in project.modules["module"].namespace.values())
