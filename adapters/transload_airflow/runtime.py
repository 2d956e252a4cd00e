"""Model → Airflow's objects."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from airflow.providers.standard.operators.python import BranchPythonOperator, PythonOperator, ShortCircuitOperator
from airflow.sdk import DAG, Asset

from transload.adapter import Built, Translation
from transload.carry import KEY
from transload.check_jobs import CheckJob, check_jobs
from transload.check_runtime import failure_of
from transload.errors import AdapterError
from transload.forms import to_object
from transload.model.graph import AssetGraph
from transload.reading.stubs import MARK
from transload_airflow.codecs.classes import HOMES
from transload_airflow.codecs.control import DECIDING
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition
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
"""Modules of everything that is built: a form that names any other is refused."""


def build(translation: Translation) -> Built:
    """The DAGs by dag_id, each with stubs for tasks. Raises `AdapterError` where the installed Airflow is too old for one."""
    checks = check_jobs(translation.graph)
    references = {key: _object(form) for key, form in asset_forms(translation).items()}
    bodies: dict[tuple[str, ...], Callable[[], None]] = {}
    for shaped in translation.native.jobs:
        # The job as it was; those that only the shape has are as they are there.
        job = translation.graph.job.get(shaped.name, shaped)
        check = checks.get(job.name)
        if check is not None and check.check.function:
            bodies[job.names[TOOL]] = _check(check, check.check.function)
        else:
            bodies[job.names[TOOL]] = _stub(message_of(job) if check is None else check.message)
    dags = {dag.dag_id: _dag(dag, bodies) for dag in describe(translation.native, references)}
    return Built(dags, manifest(translation))


def external(graph: AssetGraph) -> dict[str, Asset]:
    """All assets by name, also those that no DAG of the translation would mention."""
    assets = {}
    for asset in assign(graph).assets:
        # Only what Airflow itself understands of an asset; what it means is in the graph that it comes from.
        metadata = {key: value for key, value in asset.metadata.items() if key != KEY}
        group = asset.group if is_group(asset.group) else None
        plain = asset.model_copy(update={"metadata": metadata, "group": group, "watchers": ()})
        assets[asset.names[TOOL][0]] = _object(asset_form(plain, {}))
    return assets


def _dag(definition: DagDefinition, bodies: Mapping[tuple[str, ...], Callable[[], None]]) -> DAG:
    arguments = {key: _object(value) for key, value in definition.arguments.items()}
    dag = DAG(definition.dag_id, schedule=arguments.pop("schedule", None), **arguments)
    tasks: dict[str, PythonOperator] = {}
    for task in definition.tasks:
        body = bodies[definition.dag_id, task.task_id]
        keywords: dict[str, Any] = dict(task.arguments)
        operator = _OPERATORS[task.operator]
        tasks[task.task_id] = operator(task_id=task.task_id, python_callable=body, dag=dag, **keywords)
    for task in definition.tasks:
        if task.upstream:
            tasks[task.task_id].set_upstream([tasks[task_id] for task_id in task.upstream])
    return dag


_OPERATORS: Final[Mapping[str, type[PythonOperator]]] = {
    PLAIN_OPERATOR: PythonOperator,
    DECIDING["branch"]: BranchPythonOperator,
    DECIDING["short_circuit"]: ShortCircuitOperator,
}


def _object(form: Any) -> Any:
    try:
        return to_object(form, _PACKAGES)
    except (AttributeError, ImportError) as error:
        hint = "Install Airflow 3.3: partitions came with 3.2, roll-ups and keys given at run time with 3.3."
        raise AdapterError(f"The installed Airflow is too old: {error}.", hint=hint) from error


def _check(job: CheckJob, function: str) -> Callable[[], None]:
    def check() -> None:
        failure = failure_of(function, job.check.name, job.place)
        # A failure that is not tried again: the outcome of a check is an answer, not an accident.
        if failure and job.check.blocking:
            raise AirflowFailException(failure)
        if failure:
            logging.getLogger(__name__).warning(failure)

    return check


def _stub(message: str) -> Callable[[], None]:
    def fill_in() -> None:
        raise NotImplementedError(message)

    fill_in.__dict__[MARK] = True
    return fill_in
