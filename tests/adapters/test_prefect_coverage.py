"""Law L2: whatever Prefect's public classes and decorators can say has a place. A new field of a newer Prefect fails here."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from transload_prefect.codecs import keywords
from transload_prefect.codecs.deployments import KNOWN, WORK_POOL
from transload_prefect.codecs.triggers import SCHEDULE_FIELDS, TRIGGER_FIELDS
from transload_prefect.reading.facts import AssetFact
from transload_prefect.reading.manifest import PROJECT
from transload_prefect.reading.objects.facts import PROPERTIES
from transload_prefect.reading.syntax.deployments import KEYWORDS
from transload_prefect.reading.syntax.symbols import DECORATORS, SCHEDULES, TRIGGERS

pytestmark = pytest.mark.prefect

_ITEM_OF_SCHEDULES = {"active", "parameters", "slug", "replaces", "max_scheduled_runs", "schedule"}
_BASES = {"Trigger", "ResourceTrigger", "CompositeTrigger"}
_AUTOMATION_FIELDS = {"name", "description", "enabled", "parameters", "job_variables", "schedule_after"}


def _keywords(function: object) -> set[str]:
    names = inspect.signature(function).parameters  # type: ignore[arg-type]
    return {name for name in names if name not in ("self", "fn") and not name.endswith("__fn")}


def test_the_public_names_of_assets_are_known() -> None:
    import prefect.assets

    assert set(prefect.assets.__all__) <= {"Asset", "AssetProperties", "materialize", "add_asset_metadata"}
    assert {"materialize", "task", "flow"} == DECORATORS


def test_every_field_of_an_asset_is_read() -> None:
    from prefect.assets import Asset, AssetProperties

    assert set(Asset.model_fields) <= {*AssetFact.__annotations__}
    assert set(AssetProperties.model_fields) <= set(PROPERTIES)


def test_every_option_of_a_task_has_a_place() -> None:
    from prefect import Task, task
    from prefect.assets import materialize
    from prefect.tasks import MaterializingTask, TaskOptions

    said = _keywords(task) | _keywords(Task.__init__) | _keywords(materialize) | _keywords(MaterializingTask.__init__)
    said |= set(TaskOptions.__annotations__)

    assert said - {"task_kwargs", "materialized_by"} <= set(keywords.TASK) | keywords.MODELLED


def test_every_option_of_a_flow_has_a_place() -> None:
    from prefect import Flow, flow

    assert _keywords(flow) | _keywords(Flow.__init__) <= set(keywords.FLOW) | keywords.MODELLED_BY_FLOWS


@pytest.mark.parametrize("method", ["to_deployment", "serve", "deploy"])
def test_every_keyword_of_a_deployment_has_a_place(method: str) -> None:
    from prefect import Flow

    assert _keywords(getattr(Flow, method)) <= KEYWORDS


@pytest.mark.parametrize("name", ["from_flow", "from_entrypoint"])
def test_every_keyword_of_a_runner_deployment_has_a_place(name: str) -> None:
    from prefect.deployments.runner import RunnerDeployment

    assert _keywords(getattr(RunnerDeployment, name)) <= KEYWORDS | {"flow_name"}


@pytest.mark.parametrize("name", ["serve", "deploy"])
def test_every_keyword_of_deploying_several_has_a_place(name: str) -> None:
    import prefect

    assert _keywords(getattr(prefect, name)) <= KEYWORDS | {"args", "deployments", "kwargs"}


@pytest.mark.parametrize("name", ["Task", "MaterializingTask", "Flow"])
def test_every_keyword_of_with_options_has_a_place(name: str) -> None:
    import prefect.flows
    import prefect.tasks

    known = (
        set(keywords.FLOW) | keywords.MODELLED_BY_FLOWS if name == "Flow" else set(keywords.TASK) | keywords.MODELLED
    )
    kind = getattr(prefect.tasks, name, None) or getattr(prefect.flows, name)

    assert _keywords(kind.with_options) - {"task_kwargs"} <= known


def test_every_field_of_prefect_yaml_has_a_place() -> None:
    models = pytest.importorskip("prefect.cli.deploy._models", reason="Prefect before 3.6 has no model of the file")

    said = {field.alias or name for name, field in models.PrefectYamlModel.model_fields.items()}
    assert {name.replace("_", "-") if name.startswith("prefect") else name for name in said} <= PROJECT
    assert set(models.DeploymentConfig.model_fields) <= KNOWN
    assert set(models.WorkPoolConfig.model_fields) <= set(WORK_POOL)
    assert set(models.RawScheduleConfig.model_fields) <= SCHEDULE_FIELDS | _ITEM_OF_SCHEDULES


def test_every_schedule_is_read() -> None:
    import prefect.schedules
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

    public = {
        name
        for name, value in vars(prefect.schedules).items()
        if inspect.isfunction(value) and value.__module__ == "prefect.schedules"
    }
    fields = {name for kind in (CronSchedule, IntervalSchedule, RRuleSchedule) for name in kind.model_fields}

    assert public <= set(SCHEDULES)
    said = {keyword for name in public for keyword in _keywords(getattr(prefect.schedules, name))}
    said |= {field.name for field in dataclasses.fields(prefect.schedules.Schedule)}
    assert said <= SCHEDULE_FIELDS | _ITEM_OF_SCHEDULES
    assert fields <= SCHEDULE_FIELDS
    assert set(DeploymentScheduleCreate.model_fields) <= _ITEM_OF_SCHEDULES


def test_every_trigger_is_read() -> None:
    import prefect.events
    from prefect.events import DeploymentCompoundTrigger, DeploymentEventTrigger, DeploymentSequenceTrigger

    public = {name for name in prefect.events.__all__ if name.endswith("Trigger") and name not in _BASES}
    kinds = (DeploymentEventTrigger, DeploymentCompoundTrigger, DeploymentSequenceTrigger)

    assert public <= set(TRIGGERS)
    assert {name for kind in kinds for name in kind.model_fields} <= TRIGGER_FIELDS | _AUTOMATION_FIELDS


def test_every_runner_deployment_field_is_read() -> None:
    from prefect.deployments.runner import RunnerDeployment

    read = KNOWN | {"work_pool_name", "work_queue_name", "job_variables", "concurrency_options", "flow_name"}

    assert set(RunnerDeployment.model_fields) - {"storage"} <= read


BEFORE_3_7_8 = {"persist_result", "cache_policy", "on_running"}
"""Options that the attribute of a newer version holds, and that are read in another way before."""


def test_written_options_have_the_attribute_that_is_read() -> None:
    from prefect import Flow, Task
    from prefect.tasks import MaterializingTask

    def nothing() -> None: ...

    task = MaterializingTask(nothing, assets=["s3://b/k"])
    assert {name for name, option in keywords.TASK.items() if not hasattr(task, option.attribute)} in (
        set(),
        BEFORE_3_7_8,
    )
    assert [name for name, option in keywords.FLOW.items() if not hasattr(Flow(nothing), option.attribute)] == []
    assert isinstance(task, Task)
