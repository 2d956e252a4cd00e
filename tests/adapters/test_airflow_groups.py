"""Task groups: what is said of them is kept, by both readers alike."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from transload.adapter import Reading, Target
from transload.difference import differences
from transload.loss import Code
from transload.reading.project import read_project
from transload_airflow import adapter
from transload_airflow.codecs import keywords

GROUPS = """
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG, TaskGroup, dag, task, task_group

    with DAG("said", schedule=None, default_args={"retries": 1}):
        with TaskGroup(
            "outer", tooltip="All of it", ui_color="#fff", ui_fgcolor="red", group_display_name="Outer!",
            default_args={"retries": 3, "pool": "disk"},
        ):
            with TaskGroup("plain"):
                EmptyOperator(task_id="inner")
            with TaskGroup("loose", prefix_group_id=False, default_args={"retries": 3, "owner": "ann"}):
                EmptyOperator(task_id="alone")
                with TaskGroup("deep"):
                    EmptyOperator(task_id="down")
        with TaskGroup("empty"):
            pass

    @dag(schedule=None)
    def mapped():
        @task
        def numbers():
            return [1, 2]

        @task
        def show(x, y=0):
            return x

        @task_group(group_id="one")
        def each(x, y):
            '''Of each number.'''
            show(x, y)

        @task_group
        def pairs(a, b):
            show.override(task_id="pair")(a, b)

        @task_group
        def given(a, n=2):
            last = None
            for number in range(n):
                last = show.override(task_id=f"part_{number}")(a)
            return last

        done = EmptyOperator(task_id="done")
        each.partial(y=5).expand(x=numbers()) >> done
        pairs.expand_kwargs([{"a": 1, "b": 2}, {"a": 3, "b": 4}])
        given(1) >> done
        show.override(task_id="rows").expand_kwargs([{"x": 1, "y": 2}])

    mapped()
"""


def project(root: Path, text: str) -> Path:
    (root / "dags.py").write_text(dedent(text), encoding="utf-8")
    return root


def static(root: Path) -> Reading:
    return adapter.static.read(read_project(root), Target("airflow", str(root), path=root))


def groups(reading: Reading, flow: str) -> Any:
    return reading.graph.flow[flow].native["airflow"]["task_groups"]


def test_what_is_said_of_a_group_is_kept_with_its_dag(tmp_path: Path) -> None:
    """Colours, texts, arguments of its own; an empty group; where the id of a group does not tell what it is in."""
    reading = static(project(tmp_path, GROUPS))

    assert groups(reading, "said") == {
        "deep": {"parent": "outer.loose"},
        "empty": {},
        "outer": {
            "default_args": {"retries": 3, "pool": "disk"},
            "group_display_name": "Outer!",
            "tooltip": "All of it",
            "ui_color": "#fff",
            "ui_fgcolor": "red",
        },
        "outer.loose": {"default_args": {"owner": "ann"}, "prefix_group_id": False},
    }
    assert reading.losses == ()


def test_a_group_without_prefix_gives_none_to_what_is_in_it(tmp_path: Path) -> None:
    """Nor does the one around it."""
    graph = static(project(tmp_path, GROUPS)).graph

    assert graph.flow["said"].jobs == ("said.outer.plain.inner", "said.alone", "said.deep.down")
    assert graph.job["said.alone"].native["airflow"]["arguments"] == {"group": "outer.loose"}


def test_a_mapped_group_is_not_read_as_one_that_is_called_once(tmp_path: Path) -> None:
    """What it is mapped over is kept as that of a mapped task is; its tasks take stand-ins."""
    reading = static(project(tmp_path, GROUPS))
    graph = reading.graph
    text = "Of each number."

    assert groups(reading, "mapped") == {
        "one": {"doc_md": text, "expand": {"x": {"name": "numbers.output"}}, "tooltip": text},
        "pairs": {"expand": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
    }
    assert graph.job["mapped.one.show"].native["airflow"]["arguments"] == {
        "group": "one",
        "op_args": [{"call": f"{EXPANDING}.MappedArgument", "kwargs": {"key": "x"}}, 5],
    }
    assert graph.job["mapped.rows"].native["airflow"]["arguments"] == {"expand": [{"x": 1, "y": 2}]}
    assert graph.job["mapped.one.show"].after == ("mapped.numbers",)


EXPANDING = "airflow.sdk.definitions._internal.expandinput"


def test_what_a_group_function_returns_stands_for_it(tmp_path: Path) -> None:
    """An arrow from the call is one from that task; defaults of the function are taken."""
    graph = static(project(tmp_path, GROUPS)).graph

    assert graph.job["mapped.done"].after == ("mapped.given.part_1", "mapped.one.show")


def test_an_unknown_keyword_of_a_group_is_reported_and_kept(tmp_path: Path) -> None:
    """Whether it comes by name or by position."""
    text = """
        from airflow.sdk import DAG, TaskGroup
        with DAG("d", schedule=None):
            with TaskGroup("g", "a title", colour="red"):
                pass
    """
    reading = static(project(tmp_path, text))

    assert [(loss.subject, loss.field, loss.code) for loss in reading.losses] == [
        ("flow d", field, Code.UNKNOWN_KEYWORD) for field in ("*1", "colour")
    ]
    assert groups(reading, "d") == {"g": {"*1": "a title", "colour": "red"}}


def test_what_only_running_would_tell_of_a_group_is_reported(tmp_path: Path) -> None:
    """Assigned later, too."""
    text = """
        import os
        from airflow.sdk import DAG, TaskGroup
        with DAG("d", schedule=None):
            with TaskGroup("g", tooltip=os.environ["TIP"], default_args=os.environ["ARGS"]) as group:
                pass
            group.ui_color = "red"
    """
    reading = static(project(tmp_path, text))

    assert {(loss.field, loss.code) for loss in reading.losses} == {("task_groups", Code.UNRESOLVED)}
    assert len(reading.losses) == 2
    assert set(groups(reading, "d")["g"]) == {"default_args", "tooltip", "ui_color"}


@pytest.mark.airflow
def test_both_readers_say_the_same_of_groups(tmp_path: Path) -> None:
    """Airflow's own objects are the judge. Before 3.2 a docstring was no documentation of its group."""
    root = project(tmp_path, GROUPS)
    loaded = adapter.load.load(Target("airflow", str(root), path=root))
    read = static(root)

    assert loaded.failures == ()
    assert groups(loaded, "said") == groups(read, "said")
    assert {**groups(loaded, "mapped"), "one": None} == {**groups(read, "mapped"), "one": None}
    assert groups(loaded, "mapped")["one"].items() <= groups(read, "mapped")["one"].items()
    assert {job.name: job for job in loaded.graph.jobs}.keys() == {job.name for job in read.graph.jobs}
    assert [
        difference for difference in differences(loaded.graph, read.graph) if "task_groups" not in str(difference)
    ] == []


@pytest.mark.airflow
def test_every_keyword_of_a_group_is_known() -> None:
    """Those of Airflow's own class, with its own defaults."""
    from airflow.sdk import TaskGroup

    fields = {str(field.alias): field.default for field in TaskGroup.__attrs_attrs__ if field.init}
    plain = {key: value for key, value in fields.items() if key in keywords.GROUP and key != "default_args"}

    assert set(fields) <= set(keywords.GROUP) | keywords.GROUP_STRUCTURE
    assert {key: keywords.GROUP[key] for key in plain} == plain
