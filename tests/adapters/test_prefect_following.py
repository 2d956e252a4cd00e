"""Which results reach which tasks, as the real Prefect follows them, and what is not known of it: the same by both readers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.adapters.prefect_readers import Read, both, loaded, read_module, static

from transload.adapter import Reading
from transload.loss import Code
from transload.model.jobs import Job

HEAD = """
import asyncio, os
from dataclasses import dataclass
from prefect import allow_failure, flow, pause_flow_run, tags, task, unmapped
from prefect.assets import Asset, materialize
from prefect.deployments import run_deployment
from prefect.events import emit_event
from prefect.futures import as_completed, wait
from prefect.utilities.annotations import quote

@materialize("s3://b/raw")
def raw(): return {"a": {"x": [1000]}}
@materialize("s3://b/part")
def part(n): return {"n": n}
@materialize("s3://b/two")
def two(): return {"a": 1000}, {"b": 2000}
@materialize("s3://b/later")
async def later(): return {"a": [1000]}
@materialize("s3://b/clean")
def clean(x=None, y=None): return {"c": [2000]}
@materialize("s3://b/agg")
def agg(x=None, y=None): return {"g": [3000]}
@task
def mid(x=None): return {"m": x}
@dataclass
class Box:
    value: object
"""


def _read(root: Path, read: Read, body: str) -> Reading:
    return read_module(root, read, HEAD + body)


def _edges(jobs: Iterable[Job]) -> set[tuple[str, str]]:
    return {(read.asset.name, write.asset.name) for job in jobs for read in job.reads for write in job.writes}


def _losses(reading: Reading) -> set[tuple[str, str, Code]]:
    return {(loss.subject, loss.field, loss.code) for loss in reading.losses}


BODIES: dict[str, tuple[str, set[tuple[str, str]]]] = {
    "allow_failure": ("clean.submit(allow_failure(raw.submit())).wait()", {("raw", "clean")}),
    "unmapped": ("clean.map([1000], y=unmapped(raw())).wait()", {("raw", "clean")}),
    "quote": ("clean(quote(raw()))", set()),
    "an item of a mapped task": (
        "for f in part.map([1000, 2000]):\n        clean.submit(f).wait()",
        {("part", "clean")},
    ),
    "a list made in a loop": (
        "made = []\n    for f in part.map([1000]):\n        made.append(clean.submit(f))\n    agg.submit(made).wait()",
        {("part", "clean"), ("clean", "agg")},
    ),
    "a list made of results": (
        "agg.submit([clean.submit(f) for f in part.map([1000])]).wait()",
        {("part", "clean"), ("clean", "agg")},
    ),
    "unpacked": ("a, b = two()\n    clean(a)\n    agg(b)", {("two", "clean"), ("two", "agg")}),
    "an item of an item": ("r = raw()\n    clean(r['a'])\n    agg(r['a']['x'])", {("raw", "clean")}),
    "as they complete": ("for f in as_completed([raw.submit()]):\n        clean(f.result())", {("raw", "clean")}),
    "waited for": (
        "done, rest = wait([raw.submit()])\n    for f in done:\n        clean(f.result())",
        {("raw", "clean")},
    ),
    "within an object": ("clean(Box(raw()))", {("raw", "clean")}),
    "in either branch": (
        "r = raw()\n    if r:\n        clean(r)\n    else:\n        agg(r)",
        {("raw", "clean"), ("raw", "agg")},
    ),
}
ASYNC: dict[str, tuple[str, set[tuple[str, str]]]] = {
    "gathered": ("a, b = await asyncio.gather(later(), later())\n    clean(a)", {("later", "clean")}),
    "in a task of a loop": ("t = asyncio.create_task(later())\n    clean(await t)", {("later", "clean")}),
}
FLOWS = {name: (f"@flow\ndef f():\n    {body}\n", edges) for name, (body, edges) in BODIES.items()} | {
    name: (f"@flow\nasync def f():\n    {body}\n", edges) for name, (body, edges) in ASYNC.items()
}


@both
def test_results_are_followed_as_by_prefect(tmp_path: Path, read: Read) -> None:
    """Each flow has a file of its own, with tasks of its own."""
    for number, (name, (body, _)) in enumerate(FLOWS.items()):
        (tmp_path / f"flow_{number}.py").write_text(HEAD + body.replace("@flow", f"@flow(name={name!r})"))

    reading = read(tmp_path)
    graph = reading.graph

    assert reading.failures == ()
    found = {flow.names["prefect"][0]: _edges(map(graph.job.__getitem__, flow.jobs)) for flow in graph.flows}
    assert found == {name: edges for name, (_, edges) in FLOWS.items()}


PROGRAM = """
import asyncio, importlib.util, inspect, sys, json
from prefect.context import AssetContext
from prefect.testing.utilities import prefect_test_harness
seen = {}
def note(self, _state):
    upstream = self.upstream_assets | self.direct_asset_dependencies
    seen.setdefault(name, set()).update((u.key, d.key) for u in upstream for d in self.downstream_assets)
AssetContext.emit_events = note
with prefect_test_harness(server_startup_timeout=150):
    for name, file in json.loads(sys.argv[1]).items():
        spec = importlib.util.spec_from_file_location(f"m{len(seen)}", file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        returned = module.f()
        if inspect.iscoroutine(returned):
            asyncio.run(returned)
print("SEEN " + json.dumps({name: sorted(pairs) for name, pairs in seen.items()}))
"""


@pytest.mark.prefect
def test_prefect_itself_follows_results_so(tmp_path: Path) -> None:
    """The real events. Of two branches a run takes one."""
    files = {name: tmp_path / f"flow_{number}.py" for number, name in enumerate(FLOWS)}
    for name, file in files.items():
        file.write_text(HEAD + FLOWS[name][0])
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        json.dumps({name: str(file) for name, file in files.items()}),
    ]
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "home"), "PREFECT_LOGGING_LEVEL": "ERROR"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=280)
    said = [line for line in done.stdout.splitlines() if line.startswith("SEEN ")]
    assert said, done.stdout + done.stderr

    seen = json.loads(said[0].removeprefix("SEEN "))
    told = {
        name: {tuple(key.removeprefix("s3://b/") for key in pair) for pair in pairs} for name, pairs in seen.items()
    }
    told["in either branch"] |= {("raw", "agg")}
    assert told == {name: edges for name, (_, edges) in FLOWS.items()}


@both
def test_an_item_that_prefect_may_not_follow_is_reported(tmp_path: Path, read: Read) -> None:
    reading = _read(tmp_path, read, "@flow\ndef f():\n    clean(raw()['a'])\n")

    assert _losses(reading) == {("flow f", "jobs", Code.UNCERTAIN)}


@both
@pytest.mark.parametrize("parameter", ["full: bool", "full: bool = False"])
def test_a_branch_that_is_not_taken_is_read_too(tmp_path: Path, read: Read, parameter: str) -> None:
    body = f"@flow\ndef f({parameter}):\n    r = raw()\n    if full:\n        clean(r)\n    else:\n        agg(r)\n"
    reading = _read(tmp_path, read, body)

    assert set(reading.graph.flow["f"].jobs) == {"f/raw", "f/clean", "f/agg"}
    assert _losses(reading) == {("flow f", "jobs", Code.UNCERTAIN)}


@both
def test_tags_around_a_call_are_those_of_the_job(tmp_path: Path, read: Read) -> None:
    reading = _read(tmp_path, read, "@flow\ndef f():\n    with tags('x', 'team:y'):\n        raw()\n    clean()\n")

    assert {name: dict(job.tags) for name, job in reading.graph.job.items() if name.startswith("f/")} == {
        "f/raw": {"x": "", "team": "y"},
        "f/clean": {},
    }


@both
def test_an_option_that_depends_on_a_parameter_is_reported_and_not_guessed(tmp_path: Path, read: Read) -> None:
    text = "@flow\ndef f(day: str):\n    clean.with_options(name=f'clean-{day}', tags=[day], assets=[f's3://b/{day}'])(raw())\n"
    reading = _read(tmp_path, read, text)
    job = reading.graph.job["f/clean"]

    assert (dict(job.tags), job.writes) == ({}, ())
    assert {(subject, name) for subject, name, _ in _losses(reading)} >= {
        ("task clean", "name"),
        ("task clean", "tags"),
        ("task clean", "assets"),
    }


@both
def test_a_key_made_of_a_default_is_reported(tmp_path: Path, read: Read) -> None:
    text = "@flow\ndef f(day: str = '2024-01-01'):\n    clean.with_options(assets=[f's3://b/{day}'])(raw())\n"

    assert ("task clean", "assets") in {(subject, name) for subject, name, _ in _losses(_read(tmp_path, read, text))}


@both
@pytest.mark.parametrize("call", ["run_deployment('other/prod')", "emit_event('x', resource={})", "pause_flow_run()"])
def test_what_a_flow_does_besides_is_reported(tmp_path: Path, read: Read, call: str) -> None:
    reading = _read(tmp_path, read, f"@flow\ndef f():\n    r = raw()\n    {call}\n    clean(r)\n")

    assert _losses(reading) == {("flow f", "*", Code.UNKNOWN_KIND)}
    assert _edges(reading.graph.jobs) == {("raw", "clean")}


@both
def test_flows_that_are_static_or_class_methods_are_read(tmp_path: Path, read: Read) -> None:
    text = (
        "class P:\n    @staticmethod\n    @flow\n    def s():\n        raw()\n"
        "    @classmethod\n    @flow\n    def c(cls):\n        clean()\n"
    )

    assert {name: flow.jobs for name, flow in _read(tmp_path, read, text).graph.flow.items()} == {
        "s": ("s/raw",),
        "c": ("c/clean",),
    }


@both
def test_what_a_factory_made_is_read_and_the_factory_itself_is_no_flow(tmp_path: Path, read: Read) -> None:
    text = (
        "def make(name):\n    @flow(name=f'flow-{name}')\n    def f():\n"
        "        @materialize(f's3://b/{name}')\n        def inner(x=None): return x\n        inner(raw())\n    return f\n"
        "flows = [make(name) for name in 'xy']\n"
    )
    reading = _read(tmp_path, read, text)

    assert sorted(reading.graph.flow) == ["flow-x", "flow-y"]
    assert _edges(reading.graph.jobs) == {("raw", "x"), ("raw", "y")}


@both
def test_a_task_of_a_task_is_the_outer_one_and_reported(tmp_path: Path, read: Read) -> None:
    text = "@materialize('s3://b/over')\n@task(retries=3)\ndef q(x=None): ...\n@flow\ndef f():\n    q(raw())\n"
    reading = _read(tmp_path, read, text)

    assert _edges(reading.graph.jobs) == {("raw", "over")}
    assert _losses(reading) == {("task q", "*", Code.UNKNOWN_KIND)}


def test_what_is_defined_under_a_condition_is_reported(tmp_path: Path) -> None:
    reading = _read(tmp_path, static, "if os.environ.get('X'):\n    @flow\n    def f():\n        raw()\n")

    assert _losses(reading) == {("flow f", "*", Code.UNCERTAIN)}


STUBBORN = {
    "catches": "    while True:\n        try:\n            time.sleep(9)\n        except Exception:\n            pass\n",
    "interrupts": "    raise KeyboardInterrupt\n",
    "cancels": "    raise asyncio.CancelledError\n",
}


@pytest.mark.prefect
@pytest.mark.parametrize("body", STUBBORN.values(), ids=STUBBORN.keys())
def test_no_body_stops_the_reading_of_the_others(tmp_path: Path, body: str) -> None:
    reading = _read(
        tmp_path, loaded, f"import time\n@flow\ndef f():\n    raw()\n{body}\n@flow\ndef g():\n    clean(raw())\n"
    )

    assert _edges(reading.graph.jobs) == {("raw", "clean")}
    assert ("flow f", "jobs", Code.UNCERTAIN) in _losses(reading)


@pytest.mark.prefect
def test_a_thread_that_a_body_starts_has_no_effects_later_either(tmp_path: Path) -> None:
    """It tries for as long as it lives, also while no body runs."""
    effect, project = tmp_path / "effect", tmp_path / "project"
    project.mkdir()
    text = (
        "import threading\ndef act():\n    while True:\n        try:\n"
        f"            open({str(effect)!r}, 'w')\n            return\n        except PermissionError:\n            pass\n"
        "@flow\ndef f():\n    threading.Thread(target=act, daemon=True).start()\n"
    )
    flows = "".join(f"@flow\ndef g{number}():\n    clean(raw())\n" for number in range(20))

    assert "g19" in _read(project, loaded, text + flows).graph.flow
    assert not effect.exists()


@pytest.mark.prefect
@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "asyncio.CancelledError", "SystemExit(3)"])
def test_a_file_that_ends_in_anything_is_reported_and_the_others_are_read(tmp_path: Path, raised: str) -> None:
    (tmp_path / "bad.py").write_text(f"import asyncio\nraise {raised}\n")
    (tmp_path / "p.py").write_text(f"{HEAD}@flow\ndef f():\n    clean(raw())\n")
    reading = loaded(tmp_path)

    assert [failure.path for failure in reading.failures] == ["bad.py"]
    assert _edges(reading.graph.jobs) == {("raw", "clean")}
