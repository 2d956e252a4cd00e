"""One estate for each form of trigger, on which the table of equivalences is tried in real projects."""

from __future__ import annotations

from typing import Final

from transload.model.assets import Alias, Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.triggers import Trigger
from transload.triggering import Equivalence
from transload.triggering.examples import OWN, A, B, C

ON_ASSETS: Final = frozenset({"eager", "on_cron", "on_missing", "deps_updated", "condition"})
"""Forms that stand on an asset, and not on a flow."""


def place(row: Equivalence) -> str:
    return f"{row.form}-{row.source}-{row.target}"


def estate(trigger: Trigger, source: str, *, on_asset: bool = False, name: str = "finance") -> AssetGraph:
    """One job that makes an asset of two others; the trigger starts its flow, or stands on the asset."""
    origin = Origin(tool=source)
    made = AssetId(OWN.namespace, name)
    job = Job(name=f"{name}.own", reads=(Read(asset=A), Read(asset=B)), writes=(Write(asset=made),), origin=origin)
    own = Asset(id=made, trigger=trigger if on_asset else None, origin=origin)
    flow = Flow(name=name, jobs=(job.name,), schedules=(Schedule(trigger=trigger),), origin=origin)
    return graph_of(
        [Asset(id=A), Asset(id=B), Asset(id=C), own], [job], [] if on_asset else [flow], [Alias(name="daily")]
    )
