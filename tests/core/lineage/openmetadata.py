"""OpenMetadata's own parsers as a judge: what they make of events, told by a process of its own, since they load the whole product."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any, Final

import pytest

DISTRIBUTION: Final = "openmetadata-ingestion"


def _installed() -> bool:
    try:
        importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


where_it_is = pytest.mark.skipif(
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


def judged(events: Iterable[bytes]) -> list[dict[str, Any]]:
    """What both parsers say of each event, given as JSON."""
    command = [sys.executable, "-W", "ignore", "-c", JUDGE]
    done = subprocess.run(command, input=b"\n".join(events), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-4000:]
    verdicts: list[dict[str, Any]] = json.loads(done.stdout)
    return verdicts


def reached(verdicts: Iterable[dict[str, Any]], start: tuple[str, str]) -> set[tuple[str, str]]:
    """The datasets that can be reached, where each input of a job is linked to each output."""
    edges = [
        ({tuple(each[:2]) for each in verdict["inputs"]}, {tuple(each[:2]) for each in verdict["outputs"]})
        for verdict in verdicts
    ]
    found: set[Any] = {start}
    for _ in edges:
        found |= {name for inputs, outputs in edges if inputs & found for name in outputs}
    return found
