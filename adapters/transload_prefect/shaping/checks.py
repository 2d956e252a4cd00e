"""Checks of assets as tasks that the flow calls: each after the one that makes the asset, a blocking one before those that read it."""

from __future__ import annotations

from typing import Final

from transload.adapter import Notes
from transload.carry import MANIFEST
from transload.check_jobs import Words, held_back, with_check_jobs
from transload.model.graph import AssetGraph, unchecked
from transload_prefect.shaping.order import in_order_of_dependencies

_WORDS: Final = Words(
    differs=(
        "The asset's event is out before it, so that deployments triggered by the asset start even where it fails; a blocking check "
        "that fails, and any error in a check's code, ends the flow; Prefect shows the result on the task, not on the asset."
    ),
    nobody="No flow makes the asset, so that nothing in Prefect runs it.",
    kept=MANIFEST,
)


def with_checks(graph: AssetGraph, whole: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with tasks in the place of its checks, called in an order that holds back who reads. Every change is noted."""
    plain, checks = with_check_jobs(graph, whole, _WORDS, notes)
    if not checks:
        return plain
    waits = held_back(plain, checks)
    waiting = [job.model_copy(update={"after": (*job.after, *waits.get(job.name, ()))}) for job in plain.jobs]
    ordered = unchecked(plain.assets, waiting, plain.flows, plain.aliases)
    flows = [
        flow
        if checks.keys().isdisjoint(flow.jobs)
        else flow.model_copy(update={"jobs": in_order_of_dependencies(ordered, flow.jobs)})
        for flow in plain.flows
    ]
    return unchecked(plain.assets, plain.jobs, flows, plain.aliases)
