"""Law L2 for Prefect's readers: what a project says in a less usual way is taken in or reported, the same by both readers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.prefect_readers import Read, both, loaded, read_module, static

from transload.adapter import Reading
from transload.loss import Code
from transload.model.jobs import Job, Retries
from transload.model.triggers import Cron, Interval
from transload_prefect.reading.objects.from_source import text_shows_more
from transload_prefect.reading.syntax.variants import updated_keywords

HEAD = """
import os
from prefect import Flow, deploy, flow, serve, task
from prefect.assets import Asset, AssetProperties, materialize
from prefect.automations import Automation
from prefect.deployments.runner import RunnerDeployment
from prefect.events import DeploymentCompoundTrigger, EventTrigger
from prefect.events.actions import DoNothing
from prefect.runner import Runner

TRIGGER = EventTrigger(expect={"x"}, posture="Reactive", threshold=1, within=0)

@materialize("s3://b/k", retries=2, tags=["a"], log_prints=True, retry_delay_seconds=[1, 2])
def build(x=None):
    return [1]
"""


def _read(root: Path, read: Read, text: str, head: str = HEAD) -> Reading:
    return read_module(root, read, head + text)


def _options(job: Job) -> tuple[Retries | None, float | None, dict[str, str], object]:
    return job.retries, job.timeout, dict(job.tags), job.native.get("prefect", {}).get("log_prints")


PLAIN = (Retries(count=2, delays=(1.0, 2.0)), None, {"a": ""}, True)


@both
def test_a_task_that_runs_only_with_other_options_has_these(tmp_path: Path, read: Read) -> None:
    graph = _read(tmp_path, read, "@flow\ndef f():\n    build.with_options(retries=7)()\n").graph

    assert {name: _options(job) for name, job in graph.job.items()} == {
        "f/build": (Retries(count=7, delays=(1.0, 2.0)), None, {"a": ""}, True)
    }


@both
def test_a_task_that_runs_with_and_without_other_options_is_two(tmp_path: Path, read: Read) -> None:
    other = "build.with_options(retries=0, timeout_seconds=9, tags=[], log_prints=False)"
    graph = _read(tmp_path, read, f"@flow\ndef f():\n    build()\n    {other}()\n    {other}.submit()\n").graph

    assert {name: _options(job) for name, job in graph.job.items()} == {
        "f/build": PLAIN,
        "f/build#2": (None, 9.0, {}, None),
    }
    assert graph.flow["f"].jobs == ("f/build", "f/build#2")


@both
def test_each_flow_runs_a_task_with_its_own_options(tmp_path: Path, read: Read) -> None:
    text = (
        "@flow\ndef f():\n    build.with_options(retries=7)()\n"
        "@flow\ndef g():\n    build.with_options(tags=['z']).map([1])\n"
    )
    graph = _read(tmp_path, read, text).graph

    assert {name: (job.retries and job.retries.count, dict(job.tags)) for name, job in graph.job.items()} == {
        "f/build": (7, {"a": ""}),
        "g/build": (2, {"z": ""}),
    }


@both
def test_what_a_module_names_with_other_options_is_read(tmp_path: Path, read: Read) -> None:
    text = (
        "same = build.with_options(retries=8)\nmany = [build.with_options(name=f'n{i}') for i in range(2)]\n"
        "@flow(retries=2)\ndef f(a=1): ...\n"
        "g = f.with_options(name='other', retries=5)\nh = f.with_options(retries=6)\n"
        "d = f.with_options(name='third').to_deployment('nightly')\n"
    )
    graph = _read(tmp_path, read, text).graph

    assert {name: job.retries and job.retries.count for name, job in graph.job.items()} == {
        "build": 2,
        "build#2": 8,
        "n0": 2,
        "n1": 2,
    }
    assert {name: (each.retries and each.retries.count, len(each.schedules)) for name, each in graph.flow.items()} == {
        "f": (2, 0),
        "f#2": (6, 0),
        "other": (5, 0),
        "third": (2, 1),
    }


def test_an_unknown_option_of_a_variant_is_reported(tmp_path: Path) -> None:
    reading = _read(tmp_path, static, "@flow\ndef f():\n    build.with_options(retries=os.environ['N'])()\n")

    assert [(loss.subject, loss.field, loss.code) for loss in reading.losses] == [
        ("task build", "retries", Code.UNRESOLVED)
    ]


AUTOMATIONS = {
    "in a module": "A = Automation(name='n', trigger=TRIGGER, actions=[DoNothing()])\n",
    "held by nothing": "Automation(name='n', trigger=TRIGGER, actions=[DoNothing()])\n",
    "in a program": "if __name__ == '__main__':\n    Automation(name='n', trigger=TRIGGER, actions=[DoNothing()]).create()\n",
    "in what a program calls": (
        "def up():\n    Automation(name='n', trigger=TRIGGER, actions=[DoNothing()]).create()\n"
        "if __name__ == '__main__':\n    up()\n"
    ),
}


@both
@pytest.mark.parametrize("text", AUTOMATIONS.values(), ids=AUTOMATIONS.keys())
def test_an_automation_is_reported_wherever_it_stands(tmp_path: Path, read: Read, text: str) -> None:
    without_functions = HEAD.partition("@materialize")[0]

    reading = _read(tmp_path, read, text, without_functions)

    assert [(loss.subject, loss.field, loss.code) for loss in reading.losses] == [
        ("automation n", "*", Code.UNKNOWN_KIND)
    ]


@both
def test_what_a_program_says_of_a_deployment_and_is_not_known_is_reported(tmp_path: Path, read: Read) -> None:
    text = "@flow\ndef f(): ...\nif __name__ == '__main__':\n    f.serve('n', cron=os.environ['C'])\n"

    reading = _read(tmp_path, read, text)

    assert [(loss.subject, loss.field, loss.code) for loss in reading.losses] == [
        ("deployment of f", "cron", Code.UNRESOLVED)
    ]


@both
def test_every_way_to_deploy_is_read(tmp_path: Path, read: Read) -> None:
    text = (
        "@flow\ndef f(): ...\n"
        "a = RunnerDeployment.from_flow(f, name='a', cron='0 1 * * *')\n"
        "b = RunnerDeployment(name='b', flow_name='f', entrypoint='p.py:f')\n"
        "deploy(f.to_deployment('c'), work_pool_name='pool', image='i')\n"
        "if __name__ == '__main__':\n"
        "    runner = Runner(name='r')\n    runner.add_flow(f, name='d', interval=60)\n"
        "    runner.add_deployment(f.to_deployment('e'))\n"
        "    RunnerDeployment.from_entrypoint('p.py:f', name='g', tags=['x'])\n"
        "    deploy(f.to_deployment('h'), work_pool_name='pool')\n"
        "    Flow.from_source('https://git.example/r', 'p.py:f').serve('i')\n"
    )
    reading = _read(tmp_path, read, text)
    schedules = {each.name: each for each in reading.graph.flow["f"].schedules}

    assert sorted(map(str, schedules)) == ["a", "b", "c", "d", "e", "g", "h", "i"]
    assert schedules["a"].trigger == Cron(expression="0 1 * * *")
    assert schedules["d"].trigger == Interval(seconds=60.0)
    assert schedules["c"].native == {"prefect": {"work_pool": {"name": "pool"}, "image": "i"}}
    assert schedules["h"].native == {"prefect": {"work_pool": {"name": "pool"}}}
    assert [(loss.subject, loss.field, loss.code) for loss in reading.losses] == [
        ("deployment c", "image", Code.UNKNOWN_KEYWORD)
    ]


@both
def test_a_hook_that_is_added_by_a_decorator_is_read(tmp_path: Path, read: Read) -> None:
    text = (
        "@flow\ndef f():\n    build()\n"
        "@build.on_completion\ndef told(*a): ...\n@build.on_rollback\ndef undone(*a): ...\n@f.on_failure\ndef failed(*a): ...\n"
    )
    reading = _read(tmp_path, read, text)

    native = reading.graph.job["f/build"].native["prefect"]
    assert (native["on_completion"], native["on_rollback"]) == (["p.told"], ["p.undone"])
    assert reading.graph.flow["f"].native == {"prefect": {"on_failure": ["p.failed"]}}
    assert {(loss.subject, loss.field, loss.code) for loss in reading.losses} == {
        ("task build", "on_completion", Code.NOT_SERIALISABLE),
        ("task build", "on_rollback", Code.NOT_SERIALISABLE),
        ("flow f", "on_failure", Code.NOT_SERIALISABLE),
    }


@pytest.mark.parametrize(
    "text",
    [
        "@task(retries=3, retry_delay_seconds=lambda n: [5] * n)\ndef t(): ...",
        "from ext import P\n@task(retries=P, retry_delay_seconds=P, retry_jitter_factor=P, timeout_seconds=P)\ndef t(): ...",
        "from ext import P\n@flow\ndef t(): ...\nt.to_deployment(P, parameters=P, description=P, triggers=P, schedules=P)",
        "from ext import P\n@flow\ndef t(): ...\nt.to_deployment('n', triggers=[DeploymentCompoundTrigger(within=P, triggers=[P])])",
        "from ext import P\nt = Asset(key='s3://b/k', properties=AssetProperties(owners=P, url=3, description=[1]))",
    ],
)
def test_a_value_that_cannot_be_told_is_reported_and_stops_nothing(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, static, text).losses != ()


@both
def test_a_manifest_with_values_of_another_type_is_reported(tmp_path: Path, read: Read) -> None:
    (tmp_path / "prefect.yaml").write_text(
        "deployments:\n"
        "  - {name: a, entrypoint: 'p.py:f', schedules: [17, {cron: '0 1 * * *'}], triggers: {type: event}}\n"
        "  - {name: b, entrypoint: 'p.py:f', schedule: daily, parameters: [1]}\n"
    )
    reading = _read(tmp_path, read, "@flow\ndef f(): ...\n")

    assert {each.name: each.trigger for each in reading.graph.flow["f"].schedules} == {
        "a": Cron(expression="0 1 * * *"),
        "b": None,
    }
    assert {(loss.subject, loss.field, str(loss.origin)) for loss in reading.losses} == {
        ("deployment a", "schedules", "prefect.yaml:2"),
        ("deployment a", "triggers", "prefect.yaml:2"),
        ("deployment b", "schedule", "prefect.yaml:3"),
        ("deployment b", "parameters", "prefect.yaml:3"),
    }


def _clears_tags() -> bool:
    """Before 3.9 a task keeps its tags where it is given none; a reader that does not know the version goes by the newest."""
    return tuple(map(int, metadata.version("prefect").split(".")[:2])) >= (3, 9)


@pytest.mark.prefect
@pytest.mark.parametrize("kind", ["task", "materialize", "flow"])
def test_other_options_replace_as_prefect_replaces_them(kind: str) -> None:
    """The real `with_options`, with empty values and others, against the table that looking uses."""
    from prefect import Flow, Task
    from prefect.tasks import MaterializingTask

    def nothing() -> None: ...

    makers: dict[str, Callable[..., Any]] = {
        "task": Task,
        "flow": Flow,
        "materialize": partial(MaterializingTask, assets=["s3://b/k"]),
    }
    make = makers[kind]
    before: dict[str, Any] = {
        "name": "n",
        "description": "d",
        "retries": 2,
        "retry_delay_seconds": 3,
        "timeout_seconds": 4.0,
    }
    if kind == "materialize" or (kind == "task" and _clears_tags()):
        before["tags"] = {"a"}
    news = [{name: value} for name in before for value in (None, type(before[name])(), type(before[name])("7"))]
    for new in news:
        variant = make(nothing, **before).with_options(**new)
        told = make(nothing, **updated_keywords(before, new, kind))
        assert [getattr(variant, name) for name in before] == [getattr(told, name) for name in before], new


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("from prefect import flow, task\n@task\ndef t(): ...\n@flow\ndef f():\n    t()\n", False),
        ("from prefect import task as t\n", True),
        ("def make():\n    return task(print)\n", True),
        ("decorate = partial(task, retries=2)\n", True),
        ("if __name__ == '__main__':\n    f()\n", True),
        ("import prefect\ndef make():\n    @prefect.flow\n    def f(): ...\n", True),
    ],
)
def test_only_a_text_that_may_say_more_than_its_import_is_read_too(text: str, more: bool) -> None:
    assert text_shows_more(text) is more


@both
def test_what_a_function_would_make_by_a_qualified_decorator_is_read(tmp_path: Path, read: Read) -> None:
    text = "import prefect\ndef make():\n    @prefect.task\n    def inner(): ...\n    return inner\n"

    assert set(_read(tmp_path, read, text).graph.job) == {"build", "inner"}


@pytest.mark.prefect
def test_a_module_that_waits_to_be_loaded_is_not_loaded_by_looking_at_it(tmp_path: Path) -> None:
    """Prefect itself imports `docker` so, and looking must not import it."""
    (tmp_path / "late.py").write_text("raise RuntimeError('loaded')\n")
    text = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('late', {str(tmp_path / 'late.py')!r})\n"
        "spec.loader = importlib.util.LazyLoader(spec.loader)\nsys.modules['late'] = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(sys.modules['late'])\n"
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.py").write_text(text)

    assert set(_read(project, loaded, "").graph.job) == {"build"}
