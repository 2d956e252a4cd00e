"""`prefect.yaml` as people write it, right and wrong: what it says is taken in or reported, and nothing of it ends the reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from transload.adapter import Reading, Target
from transload.loss import Code
from transload.model.triggers import Cron, RRule
from transload.reading.project import read_project
from transload_prefect import adapter


def _read(root: Path, manifest: str | bytes) -> Reading:
    (root / "p.py").write_text("from prefect import flow\n@flow\ndef f(p=1): ...\n")
    (root / "prefect.yaml").write_bytes(manifest.encode() if isinstance(manifest, str) else manifest)
    return adapter.static.read(read_project(root), Target("prefect", str(root), path=root))


def _losses(reading: Reading) -> set[tuple[str, str, Code]]:
    return {(loss.subject, loss.field, loss.code) for loss in reading.losses}


BOMB = "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
FILES = {
    "an alias in itself": "deployments: &d\n- {name: a, entrypoint: 'p.py:f', parameters: &p {x: *p}}\n",
    "aliases of aliases": f"{BOMB}deployments:\n- {{name: a, entrypoint: 'p.py:f', parameters: {{x: *i}}}}\n",
    "a list": "- a\n",
    "a text": "foo\n",
    "deployments by name": "deployments: {a: {entrypoint: 'p.py:f'}}\n",
    "a tag of Python": "deployments: !!python/object/apply:os.system ['true']\n",
    "binary": bytes(range(256)),
    "two documents": "deployments: []\n---\n{}\n",
}


@pytest.mark.parametrize("manifest", FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, manifest: str | bytes) -> None:
    reading = _read(tmp_path, manifest)

    assert _losses(reading) == {("file prefect.yaml", "*", Code.UNREADABLE)}
    assert set(reading.graph.flow) == {"f"}


TRIGGERS = (
    "{expect: 5}",
    "{match: x}",
    "{threshold: many}",
    "{type: bogus, expect: [x]}",
    "{type: compound, triggers: 5}",
    "{type: compound, require: most, triggers: [{expect: [a]}]}",
    "{type: compound, require: all, triggers: [{expect: [a]}, {type: bogus}]}",
)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_trigger_that_prefect_refuses_is_reported(tmp_path: Path, trigger: str) -> None:
    reading = _read(tmp_path, f"deployments:\n- {{name: a, entrypoint: 'p.py:f', triggers: [{trigger}]}}\n")

    assert _losses(reading) == {("deployment a", "triggers", Code.UNREADABLE)}


@pytest.mark.prefect
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_prefect_refuses_these_triggers(trigger: str) -> None:
    import yaml
    from prefect.events import DeploymentTriggerTypes
    from pydantic import TypeAdapter, ValidationError

    with pytest.raises(ValidationError):
        TypeAdapter(DeploymentTriggerTypes).validate_python({"type": "event", **yaml.safe_load(trigger)})


@pytest.mark.parametrize("schedule", ["{cron: '0 1 * * *', interval: 60}", "{timezone: UTC}"])
def test_a_schedule_that_does_not_say_when_in_one_way_is_reported(tmp_path: Path, schedule: str) -> None:
    reading = _read(
        tmp_path,
        f"deployments:\n- {{name: a, entrypoint: 'p.py:f', schedule: {schedule}}}\n"
        f"- {{name: b, entrypoint: 'p.py:f', schedules: [{schedule}, {{cron: '5 * * * *'}}]}}\n",
    )

    assert {each.name: each.trigger for each in reading.graph.flow["f"].schedules} == {
        "a": None,
        "b": Cron(expression="5 * * * *"),
    }
    assert _losses(reading) == {
        ("deployment a", "schedule", Code.UNREADABLE),
        ("deployment b", "schedules", Code.UNREADABLE),
    }


def test_an_empty_schedule_is_none(tmp_path: Path) -> None:
    reading = _read(tmp_path, "deployments:\n- {name: a, entrypoint: 'p.py:f', schedule: {}}\n")

    assert ([each.trigger for each in reading.graph.flow["f"].schedules], reading.losses) == ([None], ())


def test_a_rule_may_be_a_json_text(tmp_path: Path) -> None:
    text = '\'{"rrule": "FREQ=DAILY", "timezone": "Europe/Berlin"}\''
    reading = _read(tmp_path, f"deployments:\n- {{name: a, entrypoint: 'p.py:f', schedules: [{{rrule: {text}}}]}}\n")

    assert [each.trigger for each in reading.graph.flow["f"].schedules] == [
        RRule(rule="FREQ=DAILY", timezone="Europe/Berlin")
    ]


@pytest.mark.parametrize("entrypoint", ["p.py:f", "./p.py:f", "p.f"])
def test_an_entrypoint_is_a_file_or_a_module(tmp_path: Path, entrypoint: str) -> None:
    reading = _read(tmp_path, f"deployments:\n- {{name: a, entrypoint: '{entrypoint}'}}\n")

    assert ([each.name for each in reading.graph.flow["f"].schedules], reading.losses) == (["a"], ())


def test_what_prefect_fills_in_when_it_deploys_is_reported(tmp_path: Path) -> None:
    reading = _read(
        tmp_path,
        "deployments:\n- name: a\n  entrypoint: p.py:f\n  version: '{{ $V }}'\n  parameters: {p: '{{ prefect.variables.p }}'}\n"
        "  triggers: [{expect: [x], parameters: {p: '{{ event.id }}'}}]\n",
    )

    assert _losses(reading) == {
        ("deployment a", "version", Code.UNCERTAIN),
        ("deployment a", "parameters", Code.UNCERTAIN),
    }


def test_a_deployment_that_is_there_twice_is_reported(tmp_path: Path) -> None:
    one = "- {name: a, entrypoint: 'p.py:f'}\n"

    assert _losses(_read(tmp_path, f"deployments:\n{one}{one}")) == {("deployment a", "name", Code.CONTRADICTION)}
