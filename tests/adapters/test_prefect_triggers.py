"""Each trigger of the model that Prefect can say → Prefect's own object → the same trigger; what it cannot say is refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from transload.errors import TriggerError
from transload.model.identity import AssetId, identify
from transload.model.triggers import (
    AliasUpdated,
    AllOf,
    AnyOf,
    AtLeast,
    Continuous,
    Cron,
    Eager,
    Event,
    InOrder,
    Interval,
    Once,
    Opaque,
    RRule,
    Trigger,
    Updated,
)
from transload.triggering.steps import Context
from transload_prefect.codecs.deployments import deployment_of, schedule_of
from transload_prefect.codecs.triggers import NotExpressibleError, items, normal, trigger_of
from transload_prefect.triggering.machine import machine

A, B = identify("s3://lake/a"), identify("s3://lake/b")
KEYS = {A: "s3://lake/a", B: "s3://lake/b"}
IDS = {key: asset for asset, key in KEYS.items()}

EXPRESSIBLE = [
    Cron(expression="*/15 8-18 * jan,MAR mon-fri"),
    Cron(expression="0 0 1,15 * 1", timezone="Europe/Berlin", day_or=False),
    Cron(expression="@daily"),
    Interval(seconds=0.5),
    Interval(seconds=86400.0, anchor="2026-01-01T00:00:00+00:00", timezone="America/New_York"),
    RRule(rule="RRULE:FREQ=MONTHLY;BYDAY=MO,TU;COUNT=3"),
    RRule(rule="FREQ=DAILY;UNTIL=20300101T000000", timezone="Asia/Tokyo"),
    Updated(asset=A),
    AnyOf(parts=(Cron(expression="0 1 * * *"), Interval(seconds=60.0), Updated(asset=A), Updated(asset=B))),
    AnyOf(parts=(Updated(asset=A),)),
    AnyOf(parts=(Updated(asset=A), Updated(asset=B)), within=60.0),
    AllOf(parts=(Updated(asset=A), AnyOf(parts=(Updated(asset=B), Updated(asset=A)))), within=3600.0),
    AtLeast(count=2, parts=(Updated(asset=A), Updated(asset=B), Updated(asset=A))),
    InOrder(parts=(Updated(asset=A), AllOf(parts=(Updated(asset=B),))), within=10.5),
    Event(match={"expect": ["prefect.flow-run.Completed"], "match_related": {"prefect.resource.name": ["x", "y"]}}),
    Event(
        match={
            "expect": ["e"],
            "after": ["f"],
            "for_each": ["prefect.resource.id"],
            "posture": "Proactive",
            "within": 30,
        }
    ),
    Event(match={"threshold": 3, "match": {"prefect.resource.id": "s3://lake/*"}}),
]


def _round(trigger: Trigger) -> Trigger | None:
    schedules, automations = items(trigger, KEYS.__getitem__)
    return trigger_of(schedules, automations, IDS.get)


@pytest.mark.parametrize("trigger", EXPRESSIBLE, ids=repr)
def test_what_is_written_is_read_back(trigger: Trigger) -> None:
    assert _round(trigger) == trigger


@pytest.mark.prefect
@pytest.mark.parametrize("trigger", EXPRESSIBLE, ids=repr)
def test_prefect_takes_it_and_gives_it_back(trigger: Trigger) -> None:
    from prefect.deployments.runner import RunnerDeployment

    from transload_prefect.reading.objects.facts import deployment_of as said_by
    from transload_prefect.runtime import schedule_objects

    schedules, automations = items(trigger, KEYS.__getitem__)
    deployment = RunnerDeployment(name="d", flow_name="f", schedules=schedule_objects(schedules), triggers=automations)

    fields = said_by(deployment, None, None).fields  # type: ignore[arg-type]

    assert schedule_of(fields, IDS.get).trigger == trigger


@pytest.mark.parametrize(
    "trigger",
    [
        Cron(expression="never"),
        Cron(expression="61 * * * *"),
        Cron(expression="* * * * * *"),
        Cron(expression="0 0 31 2 *", timezone="Nowhere/Town"),
        Cron(expression="0 0 * * *", timezone="../etc/passwd"),
        Cron(expression="{{ $HOME }}"),
        Interval(seconds=0.0),
        Interval(seconds=1e300),
        RRule(rule="whenever"),
        RRule(rule="FREQ=DAILY;COUNT=1;UNTIL=20300101"),
        AllOf(parts=()),
        AllOf(parts=(Cron(expression="0 1 * * *"), Updated(asset=A))),
        AtLeast(count=3, parts=(Updated(asset=A),)),
        Once(),
        Continuous(),
        Eager(),
        AliasUpdated(alias="x"),
        Opaque(tool="airflow", type="t"),
        Event(match={"no": "field"}),
        Event(match={"expect": "text"}),
        Event(
            match={
                "expect": ["prefect.asset.materialization.succeeded"],
                "match": {"prefect.resource.id": "s3://lake/a"},
            }
        ),
        Event(match={"posture": "Proactive", "within": 5}),
        Event(match=None),
    ],
    ids=repr,
)
def test_what_prefect_cannot_say_is_refused(trigger: Trigger) -> None:
    with pytest.raises(NotExpressibleError, match=r"\.$"):
        items(trigger, KEYS.__getitem__)


def test_a_key_that_would_be_a_pattern_is_refused() -> None:
    with pytest.raises(NotExpressibleError, match="pattern"):
        items(Updated(asset=A), lambda _: "s3://lake/*")


@pytest.mark.parametrize(
    ("item", "same"),
    [
        ({"expect": "b", "within": "00:01:00"}, {"type": "event", "expect": ["b"], "within": 60.0}),
        ({"type": "event", "expect": {"b", "a"}, "threshold": 1, "posture": "Reactive"}, {"expect": ["a", "b"]}),
        (
            {"triggers": [{"expect": ["a"], "match": {}}], "require": "any"},
            {"type": "compound", "require": "any", "triggers": [{"expect": ["a"]}]},
        ),
        ({"triggers": [], "name": "x"}, {"type": "sequence", "triggers": []}),
    ],
)
def test_one_trigger_however_spelled_has_one_normal_form(item: dict[str, Any], same: dict[str, Any]) -> None:
    assert normal(item) == normal(same)


def test_what_would_be_a_template_is_not_written() -> None:
    """`prefect deploy` would put the value of the environment variable there."""
    schedule = schedule_of(
        {"name": "d", "description": "{{ $SECRET }}", "parameters": {"{{ $SECRET }}": 1}, "tags": ["{{ $A }}"]}, IDS.get
    )

    written = deployment_of(schedule, "d", KEYS.__getitem__)

    assert written.deployment == {"name": "d"}
    assert {field for field, _ in written.reasons} == {"description", "parameters"}


TOLD: list[dict[str, Any]] = [
    {
        "name": "t",
        "parameters": {
            "key": "{{ event.resource.id }}",
            "day": {"__prefect_kind": "jinja", "template": "{{ event.id }}"},
        },
        "job_variables": {"a": "b"},
        "schedule_after": 300.0,
        "type": "event",
        "expect": ["e"],
    }
]


def test_what_a_trigger_hands_on_of_the_event_is_written_back() -> None:
    """`prefect deploy` leaves the templates in the parameters of a trigger to the server."""
    schedule = schedule_of({"name": "d", "triggers": TOLD}, IDS.get)

    assert deployment_of(schedule, "d", KEYS.__getitem__).deployment == {"name": "d", "triggers": TOLD}


@pytest.mark.prefect
def test_prefect_takes_what_a_trigger_hands_on() -> None:
    from prefect.events import DeploymentEventTrigger

    trigger = DeploymentEventTrigger(**TOLD[0])
    trigger.set_deployment_id(uuid4())
    action: Any = trigger.actions()[0]

    assert (action.parameters, action.job_variables) == (TOLD[0]["parameters"], TOLD[0]["job_variables"])


@pytest.mark.parametrize(
    "more", [{"name": "{{ x }}"}, {"parameters": {"p": "{{ $SECRET }}"}}, {"job_variables": {"a": "{{ b }}"}}]
)
def test_templates_that_deploying_fills_in_are_not_written(more: dict[str, Any]) -> None:
    schedule = schedule_of({"name": "d", "triggers": [{"type": "event", "expect": ["e"], **more}]}, IDS.get)

    assert deployment_of(schedule, "d", KEYS.__getitem__).deployment["triggers"] == [{"type": "event", "expect": ["e"]}]


def test_an_unknown_asset_is_an_event() -> None:
    def nobody(_key: str) -> AssetId | None:
        return None

    automation = {"expect": ["prefect.asset.materialization.succeeded"], "match": {"prefect.resource.id": "no uri"}}

    assert trigger_of([], [automation], nobody) == Event(match=automation)


def test_a_trigger_that_prefect_does_not_have_is_said_so() -> None:
    with pytest.raises(TriggerError, match="Prefect has no such trigger"):
        machine(AliasUpdated(alias="late"), Context())
