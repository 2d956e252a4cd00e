"""The judges: each tool's own code, started once."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
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
    if _version("prefect") < (3, 9):
        pytest.skip("what is judged is Prefect's counting of events and of days from 3.9 on; 3.4.7 counts otherwise")
    judge = PrefectJudge(_home(tmp_path_factory))
    yield judge
    judge.close()


def _version(package: str) -> tuple[int, ...]:
    return tuple(map(int, metadata.version(package).split(".")[:2]))


def _home(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("judge")
