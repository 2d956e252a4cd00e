"""Checks of assets as tasks: each after the task that writes the asset, and a blocking one before those that read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from transload.adapter import Notes
from transload.check_jobs import CheckJob, Words, held_back, note, with_check_jobs
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


_HELD: Final = "It waits for the blocking checks of what it reads."
_FREE: Final = "The tasks read in a circle what they write, so that no blocking check holds one back."


def with_checks(graph: AssetGraph, whole: AssetGraph, notes: Notes) -> AssetGraph:
    """The graph with tasks in the place of its checks. Every change is noted."""
    plain, checks = with_check_jobs(graph, whole, _WORDS, notes)
    if not checks:
        return plain
    jobs = [_after_writer(job, checks[job.name]) if job.name in checks else job for job in plain.jobs]
    named = assign(unchecked(plain.assets, jobs, plain.flows, plain.aliases))
    waits = held_back(named, checks)
    held = [job for flow in named.flows for job in _held_back(flow, named, waits, notes)]
    return unchecked(named.assets, held, named.flows, named.aliases)


def _after_writer(job: Job, check: CheckJob) -> Job:
    documented = job.description is not None and fields.is_documentation(job.description)
    return job.model_copy(update={"after": (check.writer,), "description": job.description if documented else None})


def _held_back(flow: Flow, graph: AssetGraph, waits: Order, notes: Notes) -> Iterator[Job]:
    """The jobs of a flow, after the checks of it that hold them back; as they are where they would wait in a circle."""
    order = {name: graph.job[name].after for name in flow.jobs}
    more = {name: [each for each in waits.get(name, ()) if each in order] for name in flow.jobs}
    together = joined(order, more)
    fits = is_acyclic(together)
    for name in flow.jobs:
        job = graph.job[name]
        if more[name]:
            note(notes, job, "after", Code.JOB_GROUPING, _HELD if fits else _FREE)
        after = tuple(sorted(together[name], key=lambda other: job_name(graph.job[other])))
        yield job.model_copy(update={"after": after}) if fits and more[name] else job
