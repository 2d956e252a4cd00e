"""Airflow's objects → model. The project is imported as Airflow imports it, by its own DagBag, without database or server."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from transload.adapter import Failure, Reading, Target, attribute_losses, unread_loss
from transload.carry import Carried
from transload.errors import ReadingError
from transload.loading import scratch
from transload.loss import Code, Loss
from transload_airflow.codecs.definitions import DagDefinition
from transload_airflow.reading.graph import interpret
from transload_airflow.reading.manifest import carried_beside, root_of
from transload_airflow.reading.objects.airflow2 import Airflow2Modules
from transload_airflow.reading.objects.facts import define_all
from transload_airflow.reading.objects.serialization import last_line, unstorable

_SETTINGS: Final[Mapping[str, str]] = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
    "AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS": "False",
}
"""Configuration that Airflow reads as it is imported; what the environment sets stays."""

_BESIDE: Final = ("dags", "plugins", "include")
"""Folders of a project that Airflow or its image puts on the module path, or that stand where it looks for modules."""


def load(target: Target) -> Reading:
    """Import the project in this interpreter and read it. Raises `ReadingError` for a module that cannot be imported."""
    if "airflow" not in sys.modules:
        # A home of its own, so that no configuration, plugin or database of this machine's Airflow takes part.
        if "AIRFLOW_HOME" not in os.environ:
            os.environ["AIRFLOW_HOME"] = scratch("transload-airflow-")
        for key, value in _SETTINGS.items():
            os.environ.setdefault(key, value)
    if target.path is None:
        return interpret(define_all(_dags_in_module(target), None), target, Carried())
    root = root_of(target).resolve()
    # The folder of the project is the one around a DAGs folder, if that has the other folders of a project beside it.
    home = root.parent if any((root.parent / name).is_dir() for name in ("plugins", "include")) else root
    for folder in (root, *(root / name for name in _BESIDE), home, home / "plugins"):
        if folder.is_dir() and str(folder) not in sys.path:
            # At the end of the path, so that a folder called airflow never poses as Airflow.
            sys.path.append(str(folder))
    modules = Airflow2Modules.installed()
    with _working_in(home):
        bag = _bag(target.path.resolve(), root)
    definitions = define_all(bag.dags.values(), root)
    failures = [Failure(_relative(path, root), last_line(text)) for path, text in sorted(bag.import_errors.items())]
    reading = interpret(definitions, target, carried_beside(root), tuple(failures))
    losses = (
        *unstorable(bag.dags.values(), definitions),
        *modules.losses(target),
        *_twins(getattr(bag, "twins", ()), definitions),
        *attribute_losses(target),
    )
    return replace(reading, losses=(*reading.losses, *losses))


def from_objects(objects: Any, manifest: Carried, target: Target) -> Reading:
    """Read DAG objects: a dictionary by dag_id, or several."""
    dags = objects.values() if isinstance(objects, Mapping) else objects
    return interpret(define_all(dags, None), target, manifest)


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    """DAG files that read others by relative paths count on the project's folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _bag(path: Path, root: Path) -> Any:
    """Airflow's DagBag of a file or folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = importlib.import_module("airflow.dag_processing.dagbag")
        except ImportError:  # Airflow 3.0 and 3.1
            module = importlib.import_module("airflow.models.dagbag")

        class Bag(module.DagBag):  # type: ignore[misc, name-defined]
            """It keeps in `twins` the ids that several DAGs of one file have.

            Airflow takes either of them, by chance; here it is always the one of the lesser tasks and schedule.
            """

            def bag_dag(self, dag: Any) -> None:
                former = self.dags.get(dag.dag_id)
                super().bag_dag(dag)
                if former is not None and former is not dag:
                    self.twins = {*getattr(self, "twins", ()), dag.dag_id}
                    self.dags[dag.dag_id] = min(former, dag, key=_content)

        # Since Airflow 3.3 there are no examples, nor an argument that leaves them out.
        has_examples = "include_examples" in module.DagBag.__init__.__code__.co_varnames
        return Bag(str(path), bundle_path=root, **({"include_examples": False} if has_examples else {}))


def _content(dag: Any) -> tuple[list[str], str]:
    return sorted(dag.task_ids), repr(dag.schedule)


def _twins(dag_ids: Iterable[str], definitions: Iterable[DagDefinition]) -> Iterator[Loss]:
    """A loss for each id that several DAGs of one file have."""
    origins = {dag.dag_id: dag.origin for dag in definitions}
    for dag_id in sorted(dag_ids):
        message = "There is another DAG of this id in its file: which of them Airflow takes is left to chance."
        yield unread_loss(f"flow {dag_id}", "*", message, origins[dag_id], code=Code.CONTRADICTION)


def _dags_in_module(target: Target) -> Iterable[Any]:
    """The DAGs that a module has, or the one that `attribute` names."""
    try:
        module = importlib.import_module(target.module or "")
    except ImportError as error:
        raise ReadingError(
            f"The module does not import: {error}.", where=target.text, hint="Check the module path."
        ) from error
    values = [getattr(module, target.attribute, None)] if target.attribute else list(vars(module).values())
    # By id: a DAG may have several names.
    dags = {id(value): value for value in values if type(value).__name__ == "DAG" and hasattr(value, "task_dict")}
    if not dags:
        raise ReadingError(
            "There is no DAG in it.", where=target.text, hint="Give the module or folder that defines the DAGs."
        )
    return dags.values()


def _relative(path: str, root: Path) -> str:
    file = Path(path)
    return file.relative_to(root).as_posix() if file.is_absolute() and file.is_relative_to(root) else file.as_posix()
