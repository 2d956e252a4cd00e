"""OpenMetadata's own parsers take every event of its dialect, and make one connected graph of them.

Its package loads its whole product and warns much on the way, so it judges in a process of its own.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from typing import Any, Final

import pytest
from tests.core.lineage.estate import BEST, ORDERS, RAW, REPORT, REVENUE, estate

from transload.lineage.dialects import DIALECTS
from transload.lineage.events import Settings, serialised, static_events

DISTRIBUTION: Final = "openmetadata-ingestion"


def _installed() -> bool:
    try:
        importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


pytestmark = pytest.mark.skipif(
    not _installed() and "TRANSLOAD_JUDGES" not in os.environ, reason=f"{DISTRIBUTION} is not installed"
)

JUDGE: Final = """
import json, sys
from metadata.generated.schema.api.lineage.openlineage.openLineageRunEvent import OpenLineageRunEvent
from metadata.ingestion.source.pipeline.openlineage.metadata import OpenlineageSource
from metadata.ingestion.source.pipeline.openlineage.models import EventType
from metadata.ingestion.source.pipeline.openlineage.utils import message_to_open_lineage_event

def table(dataset):
    found = OpenlineageSource._iter_table_candidates(dataset)
    return [(each.database, each.schema, each.name) for each, _ in found]

def judged(event):
    verdict = {}
    try:
        verdict["rest"] = bool(OpenLineageRunEvent.model_validate(event))
    except ValueError as error:
        verdict["refused"] = str(error)
    try:
        taken = message_to_open_lineage_event(event)
    except (KeyError, ValueError) as error:
        return verdict | {"malformed": str(error)}
    kept = OpenlineageSource._filter_event_by_types(taken, list(EventType))
    verdict["connector"] = kept is not None
    verdict["pipeline"] = OpenlineageSource._render_pipeline_name(taken)
    sides = {"inputs": taken.inputs, "outputs": taken.outputs}
    return verdict | {side: [[each["namespace"], each["name"], table(each)] for each in found] for side, found in sides.items()}

json.dump([judged(json.loads(line)) for line in sys.stdin], sys.stdout)
"""


def judged(dialect: str) -> list[dict[str, Any]]:
    """What both parsers say of each event of the estate."""
    settings = Settings(time="2026-01-01T00:00:00+00:00", dialect=DIALECTS[dialect])
    lines = b"\n".join(map(serialised, static_events(estate(), settings)))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", JUDGE], input=lines, capture_output=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    verdicts: list[dict[str, Any]] = json.loads(done.stdout)
    return verdicts


@pytest.fixture(scope="module")
def verdicts() -> list[dict[str, Any]]:
    """Of the dialect made for it."""
    return judged("openmetadata")


def test_both_parsers_take_every_event_of_the_dialect(verdicts: list[dict[str, Any]]) -> None:
    assert verdicts
    for verdict in verdicts:
        assert (verdict.get("rest"), verdict.get("connector")) == (True, True), verdict


def test_both_parsers_refuse_the_static_events_that_the_dialect_replaces() -> None:
    for verdict in judged("plain"):
        assert {"refused", "malformed"} <= set(verdict)


def test_tables_are_looked_up_by_what_they_are_and_never_by_a_tools_own_name(verdicts: list[dict[str, Any]]) -> None:
    found = {(each[0], each[1]): each[2] for verdict in verdicts for each in (*verdict["inputs"], *verdict["outputs"])}

    assert found[ORDERS] == [["shop", "public", "orders"]]
    assert found[REVENUE] == [["shop", "analytics", "daily_revenue"]]
    assert found[BEST] == [["shop", "analytics", "best"]]


def test_three_projects_are_one_connected_graph(verdicts: list[dict[str, Any]]) -> None:
    """It links each input of a job to each output."""
    edges = [
        ({tuple(each[:2]) for each in verdict["inputs"]}, {tuple(each[:2]) for each in verdict["outputs"]})
        for verdict in verdicts
    ]
    reached: set[tuple[str, str]] = {RAW}
    for _ in edges:
        reached |= {name for inputs, outputs in edges if inputs & reached for name in outputs}

    assert reached == {RAW, ORDERS, REVENUE, BEST, REPORT}
