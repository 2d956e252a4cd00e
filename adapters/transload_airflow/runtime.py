"""Model → Airflow's objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

from transload.adapter import Built, Translation
from transload.forms import to_object
from transload.model.jobs import Job
from transload_airflow.bodies import message_of
from transload_airflow.definitions import DagDefinition, TaskDefinition
from transload_airflow.describing import asset_forms, describe, manifest
from transload_airflow.names import TOOL

_PACKAGES: Final = ("airflow.sdk", "airflow.providers.standard")
"""Where everything that is built comes from."""


def build(translation: Translation) -> Built:
    """The DAGs by dag_id, each with stubs for tasks."""
    things = {key: to_object(form, _PACKAGES) for key, form in asset_forms(translation).items()}
    jobs = {job.names[TOOL]: job for job in translation.graph.jobs}
    return Built({dag.dag_id: _dag(dag, jobs) for dag in describe(translation.native, things)}, manifest(translation))


def _dag(definition: DagDefinition, jobs: dict[tuple[str, ...], Job]) -> DAG:
    arguments = {key: to_object(value, _PACKAGES) for key, value in definition.arguments.items()}
    dag = DAG(definition.dag_id, schedule=arguments.pop("schedule", None), **arguments)
    tasks = {task.task_id: _task(task, dag, jobs[definition.dag_id, task.task_id]) for task in definition.tasks}
    for task in definition.tasks:
        if task.upstream:
            tasks[task.task_id].set_upstream([tasks[each] for each in task.upstream])
    return dag


def _task(task: TaskDefinition, dag: DAG, job: Job) -> PythonOperator:
    arguments: dict[str, Any] = dict(task.arguments)
    return PythonOperator(task_id=task.task_id, python_callable=_stub(message_of(job)), dag=dag, **arguments)


def _stub(message: str) -> Callable[[], None]:
    def fill_in() -> None:
        raise NotImplementedError(message)

    return fill_in
