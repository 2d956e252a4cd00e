"""The judges: each tool's own code, started once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .airflow_judge import AirflowJudge
from .prefect_judge import PrefectJudge


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowJudge]:
    pytest.importorskip("airflow.partition_mappers.window", reason="what is judged is Airflow's scheduler from 3.3 on")
    judge = AirflowJudge(_home(tmp_path_factory))
    yield judge
    judge.close()


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectJudge]:
    judge = PrefectJudge(_home(tmp_path_factory))
    yield judge
    judge.close()


def _home(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("judge")
