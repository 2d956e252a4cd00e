"""A project of Airflow before its own parser, asset manager and scheduler, on a throw-away database: steps in, runs out.

`PROJECT` in the environment is the folder of the DAGs, `START` the time at which they are parsed first. Each line of the input is a list
of steps, answered by the runs of each evaluation.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Any

from integration.examples.driving.serving import opened, serve
from tests.simulation.airflow_worker import SETTINGS, Airflow


class Project:
    """The DAGs of a folder, and what happens to them."""

    def __init__(self, airflow: Airflow, folder: str) -> None:
        from airflow.dag_processing.dagbag import DagBag

        sys.path.append(folder)  # as the DAG processor does
        bag: Any = DagBag(folder)
        assert bag.import_errors == {}, bag.import_errors
        self.airflow = airflow
        self.dags = list(bag.dags.values())
        self.airflow.clock.now = datetime.fromisoformat(os.environ["START"])
        with airflow.database.kept() as session:
            airflow.register(session, self.dags)

    def answer(self, steps: list[Any]) -> list[Any]:
        """The runs of each evaluation: DAG and partition key."""
        known: set[int] = set()
        answers = []
        with self.airflow.database.undone() as session:
            for kind, *rest in steps:
                if kind == "update":
                    self._update(session, *rest)
                else:
                    self.airflow.clock.now = datetime.fromisoformat(rest[0])
                    answers.append(self._evaluate(session, known))
        return answers

    def _update(self, session: Any, uri: str, key: str | None) -> None:
        from airflow.assets.manager import asset_manager
        from airflow.models.asset import AssetModel
        from sqlalchemy import select

        asset = session.scalar(select(AssetModel).where(AssetModel.uri == uri))
        asset_manager.register_asset_change(asset=asset, partition_key=key, session=session)
        session.commit()

    def _evaluate(self, session: Any, known: set[int]) -> list[Any]:
        """The DAG processor has parsed the DAGs again, and the scheduler looks at them."""
        from airflow.models.dagrun import DagRun
        from airflow.utils import sqlalchemy
        from sqlalchemy import select

        self.airflow.register(session, self.dags)
        untyped: Any = sqlalchemy
        with untyped.prohibit_commit(session) as guard:
            self.airflow.scheduler._create_dagruns_for_dags(guard, session)  # noqa: SLF001 - the step of its loop that makes runs
        made = [run for run in session.scalars(select(DagRun).order_by(DagRun.id)) if run.id not in known]
        known.update(run.id for run in made)
        self._end(session, made)
        return sorted(([run.dag_id, run.partition_key] for run in made), key=str)

    def _end(self, session: Any, runs: list[Any]) -> None:
        """They are over at once, so that they do not count against the limit of active runs."""
        from airflow.models.dag import DagModel
        from airflow.utils.state import DagRunState

        for run in runs:
            run.state = DagRunState.SUCCESS
        session.flush()
        for dag in self.dags:
            model = session.get(DagModel, dag.dag_id)
            untyped: Any = self.airflow.scheduler
            untyped._set_exceeds_max_active_runs(dag_model=model, session=session)  # noqa: SLF001 - as when a run ends
        session.commit()


def main() -> None:
    """Answer each line."""
    answers = opened()
    os.environ.update(SETTINGS)
    serve(answers, Project(Airflow(), os.environ["PROJECT"]).answer)


if __name__ == "__main__":
    main()
