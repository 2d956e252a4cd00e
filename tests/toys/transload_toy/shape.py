"""The toy runs jobs, never flows, and starts all of them from one job that the writer makes up."""

from __future__ import annotations

from transload.adapter import Notes
from transload.loss import Code, Loss, Severity
from transload.model.graph import AssetGraph, subject_of
from transload.model.jobs import Job

from . import TOOL

MADE = "the toy's beginning"


def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
    """Leave the flows out, and put one job in front."""
    for flow in graph.flows:
        notes.add(
            Loss(
                subject=subject_of(flow),
                field="*",
                severity=Severity.CARRIED,
                code=Code.FLOW_SHAPE,
                message="The toy has no flows.",
                kept="transload.json",
                origin=flow.origin,
            )
        )
    beginning = Job(name=MADE, names={TOOL: (MADE,)})
    return graph.replaced(flows=(), jobs=(*graph.jobs, beginning))
