"""Model → Airflow's objects."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset

from transload.adapter import Built, Translation
from transload.carry import KEY
from transload.check_jobs import CheckJob, check_jobs
from transload.check_runtime import failure_of
from transload.errors import AdapterError
from transload.forms import to_object
from transload.model.assets import Asset as GraphAsset
from transload.model.graph import AssetGraph
from transload.model.jobs import Job
from transload_airflow.codecs.classes import HOMES
from transload_airflow.codecs.definitions import DagDefinition, TaskDefinition
from transload_airflow.codecs.fields import is_group
from transload_airflow.codecs.own_mappings import HOME as MAPPERS
from transload_airflow.codecs.own_timetables import HOME as TIMETABLES
from transload_airflow.codecs.records import HOME as RECORDS
from transload_airflow.names import TOOL, assign
from transload_airflow.writing.outline import asset_form, asset_forms, describe, manifest
from transload_airflow.writing.stubs import message_of

try:
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:  # Airflow 3.1
    from airflow.exceptions import AirflowFailException  # type: ignore[no-redef]

_PACKAGES: Final = (
    "airflow.sdk",
    "airflow.providers.standard.triggers.file",
    *sorted(set(HOMES.values())),
    MAPPERS,
    RECORDS,
    TIMETABLES,
)
"""Where everything that is built comes from."""


def build(translation: Translation) -> Built:
    """The DAGs by dag_id, each with stubs for tasks. Raises `AdapterError` where the installed Airflow is too old for one."""
    checks = check_jobs(translation.graph)
    things = {key: _object(form) for key, form in asset_forms(translation).items()}
    bodies = {job.names[TOOL]: _body(job, checks) for job in _jobs(translation)}
    return Built({dag.dag_id: _dag(dag, bodies) for dag in describe(translation.native, things)}, manifest(translation))


def external(graph: AssetGraph) -> dict[str, Asset]:
    """All assets by name, also those that no DAG of the translation would mention."""
    named = assign(graph)
    return {asset.names[TOOL][0]: _object(asset_form(_plain(asset), {})) for asset in named.assets}


def _plain(asset: GraphAsset) -> GraphAsset:
    """What Airflow itself understands of an asset; what it means is in the graph that it comes from."""
    metadata = {key: value for key, value in asset.metadata.items() if key != KEY}
    group = asset.group if is_group(asset.group) else None
    return asset.model_copy(update={"metadata": metadata, "group": group, "watchers": ()})


def _dag(definition: DagDefinition, bodies: dict[tuple[str, ...], Callable[[], None]]) -> DAG:
    arguments = {key: _object(value) for key, value in definition.arguments.items()}
    dag = DAG(definition.dag_id, schedule=arguments.pop("schedule", None), **arguments)
    tasks = {task.task_id: _task(task, dag, bodies[definition.dag_id, task.task_id]) for task in definition.tasks}
    for task in definition.tasks:
        if task.upstream:
            tasks[task.task_id].set_upstream([tasks[each] for each in task.upstream])
    return dag


def _task(task: TaskDefinition, dag: DAG, body: Callable[[], None]) -> PythonOperator:
    arguments: dict[str, Any] = dict(task.arguments)
    return PythonOperator(task_id=task.task_id, python_callable=body, dag=dag, **arguments)


def _object(form: Any) -> Any:
    try:
        return to_object(form, _PACKAGES)
    except (AttributeError, ImportError) as error:
        hint = "Install Airflow 3.3: partitions came with 3.2, roll-ups and keys given at run time with 3.3."
        raise AdapterError(f"The installed Airflow is too old: {error}.", hint=hint) from error


def _jobs(translation: Translation) -> Iterator[Job]:
    """The jobs as they were, and those that only the shape has."""
    return (translation.graph.job.get(job.name, job) for job in translation.native.jobs)


def _body(job: Job, checks: Mapping[str, CheckJob]) -> Callable[[], None]:
    each = checks.get(job.name)
    if each is None or not each.check.function:
        return _stub(message_of(job) if each is None else each.message)
    return _check(each, each.check.function)


def _check(each: CheckJob, function: str) -> Callable[[], None]:
    def check() -> None:
        failure = failure_of(function, each.check.name, each.place)
        if failure and each.check.blocking:
            raise AirflowFailException(failure)
        if failure:
            logging.getLogger(__name__).warning(failure)

    return check


def _stub(message: str) -> Callable[[], None]:
    def fill_in() -> None:
        raise NotImplementedError(message)

    return fill_in
