"""Checks of assets as tasks: each after the task that writes the asset, and a blocking one before those that read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from transload.adapter import Notes
from transload.check_jobs import Words, held_back, note, with_check_jobs
from transload.loss import Code
from transload.model.graph import AssetGraph, unchecked
from transload.model.jobs import Flow, Job
from transload.ordering import is_acyclic
from transload_airflow.codecs import fields
from transload_airflow.names import assign, job_name
from transload_airflow.shaping.order import Order, joined
from transload_airflow.support import EXTRA

_WORDS: Final = Words(
    differs=(
        "The asset's event is out before it, so that other DAGs start even where it fails, and Airflow shows its result on the task, "
        "not on the asset."
    ),
    nobody="No task writes the asset, so that nothing in Airflow runs it.",
    kept=EXTRA,
)


_HELD_BACK: Final = "It waits for the blocking checks of what it reads."
_NOT_HELD_BACK: Final = "The tasks read in a circle what they write, so that no blocking check holds one back."


def with_checks(graph: AssetGraph, whole: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with tasks in the place of its checks. Every change is noted."""
    plain, checks = with_check_jobs(graph, whole, _WORDS, notes)
    if not checks:
        return plain
    jobs = []
    for job in plain.jobs:
        if job.name not in checks:
            jobs.append(job)
            continue
        documented = job.description is not None and fields.is_documentation(job.description)
        update = {"after": (checks[job.name].writer,), "description": job.description if documented else None}
        jobs.append(job.model_copy(update=update))
    # Names first: the order of tasks is that of their names.
    named = assign(unchecked(plain.assets, jobs, plain.flows, plain.aliases))
    blocking = held_back(named, checks)
    waiting = [job for flow in named.flows for job in _waiting(flow, named, blocking, notes)]
    return unchecked(named.assets, waiting, named.flows, named.aliases)


def _waiting(flow: Flow, graph: AssetGraph, blocking: Order, notes: Notes) -> Iterator[Job]:
    """The jobs of a flow, after the checks of it that hold them back; as they are where they would wait in a circle."""
    own = {name: graph.job[name].after for name in flow.jobs}
    checks = {name: [check for check in blocking.get(name, ()) if check in own] for name in flow.jobs}
    together = joined(own, checks)
    fits = is_acyclic(together)
    for name in flow.jobs:
        job = graph.job[name]
        if checks[name]:
            note(notes, job, "after", Code.JOB_GROUPING, _HELD_BACK if fits else _NOT_HELD_BACK)
        after = tuple(sorted(together[name], key=lambda other: job_name(graph.job[other])))
        yield job.model_copy(update={"after": after}) if fits and checks[name] else job
