"""Checks of assets as jobs, for tools that have no checks: the job that runs each, and what its code says."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from transload import check_runtime
from transload.adapter import Notes, shape_loss
from transload.loss import Code, Severity
from transload.model.assets import Asset, Check
from transload.model.graph import AssetGraph, Entity, unchecked
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job, Read
from transload.naming import WHOLE, digest
from transload.writing.expressions import call
from transload.writing.expressions import name as name_expr
from transload.writing.module import Source
from transload.writing.statements import assign, expression, if_, not_implemented, raise_

MODULE: Final = "transload_checks"
"""The module of a written project that runs checks. A check's own module may well be called checks."""

_UNFIT: Final = re.compile(r"[^A-Za-z0-9]+")
_LONGEST: Final = 80


class CheckJob(NamedTuple):
    """The job that runs a check of an asset once `writer` has written it. `place` says where the asset was defined."""

    name: str
    asset: AssetId
    check: Check
    writer: str
    place: str

    @property
    def job(self) -> Job:
        """The job, without a name in any tool."""
        reads = dict.fromkeys((self.asset, *self.check.reads))
        return Job(
            name=self.name,
            reads=tuple(Read(asset=asset) for asset in reads),
            description=self.check.description or None,
        )

    @property
    def message(self) -> str:
        """What to write where the function of the check is not known."""
        return f"Write the check {self.check.name} of {uri_of(self.asset)} here."


@dataclass(frozen=True)
class Words:
    """What a tool says of checks: how one that runs as a task differs, why nothing runs it, and where all of it is kept."""

    differs: str
    nobody: str
    kept: str


def check_jobs(graph: AssetGraph) -> dict[str, CheckJob]:
    """The jobs by name, none of which the graph has: one for each check and job that writes the asset of the check."""
    wanted = [each for asset in graph.assets if asset.checks for each in _of_asset(asset, graph.writers)]
    count = Counter(each.name for each in wanted)
    named = [_distinct(each) if count[each.name] > 1 or each.name in graph.job else each for each in wanted]
    return {each.name: each for each in named}


def with_check_jobs(
    graph: AssetGraph, whole: AssetGraph, words: Words, notes: Notes
) -> tuple[AssetGraph, dict[str, CheckJob]]:
    """The graph with its checks as jobs of the flows that write the assets, and these jobs.

    `whole` is what the tool's shape was made from: every change to something of it is noted.
    """
    if not any(asset.checks for asset in graph.assets):
        return graph, {}
    checks = {name: each for name, each in check_jobs(graph).items() if each.writer in graph.flows_of}
    running: dict[AssetId, dict[str, str]] = {}
    for name, each in checks.items():
        running.setdefault(each.asset, {}).setdefault(each.check.name, name)
    assets = [_unchecked(asset, running.get(asset.id, {}), words, notes) for asset in graph.assets]
    flows = [_running(flow, checks) for flow in graph.flows]
    for flow, more in zip(graph.flows, flows, strict=True):
        if more is not flow and flow.name in whole.flow:
            note(notes, flow, "jobs", Code.FLOW_SHAPE, "It also has a job for each check of what its jobs write.")
    return unchecked(assets, [*graph.jobs, *(each.job for each in checks.values())], flows, graph.aliases), checks


def note(  # noqa: PLR0913, PLR0917 - a loss
    notes: Notes, entity: Entity, field: str, code: Code, message: str, **details: Any
) -> None:
    """Take down that checks changed an entity."""
    notes.add(shape_loss(entity, field, code, message, **details))


def _unchecked(asset: Asset, jobs: Mapping[str, str], words: Words, notes: Notes) -> Asset:
    for check in asset.checks:
        job = jobs.get(check.name)
        message = f"The task {job} runs it. {words.differs}" if job else words.nobody
        note(
            notes,
            asset,
            f"checks[{check.name}]",
            Code.ASSET_CHECKS,
            message,
            kept=words.kept,
            severity=Severity.APPROXIMATED if job else Severity.CARRIED,
            remedy=_remedy(check) if job else None,
        )
    return asset.model_copy(update={"checks": ()}) if asset.checks else asset


def _remedy(check: Check) -> str:
    if not check.function:
        return "Write its code into the task."
    return f"Install the project with {check.function} beside the new one, or write its code into the task."


def _running(flow: Flow, checks: Mapping[str, CheckJob]) -> Flow:
    inside = set(flow.jobs)
    more = tuple(name for name, each in checks.items() if each.writer in inside)
    return flow.model_copy(update={"jobs": (*flow.jobs, *more)}) if more else flow


def held_back(graph: AssetGraph, checks: Mapping[str, CheckJob]) -> dict[str, list[str]]:
    """Job → the blocking checks that it waits for, since it reads what they check, and neither writes nor checks it."""
    waits: dict[str, list[str]] = {}
    for name, each in checks.items():
        readers = graph.readers.get(each.asset, ()) if each.check.blocking else ()
        free = {*checks, *(writer.name for writer in graph.writers[each.asset])}
        for reader in readers:
            if reader.name not in free:
                waits.setdefault(reader.name, []).append(name)
    return waits


def body_of(each: CheckJob, source: Source, failed: str, warn: Callable[[], ast.expr]) -> list[ast.stmt]:
    """The statements of the task: a blocking check that does not pass raises `failed`, another one is told to what `warn` gives."""
    if not each.check.function:
        return [not_implemented(each.message)]
    failure_call = call(source.reference(f"{MODULE}.failure_of"), each.check.function, each.check.name, each.place)
    failure = name_expr("failure")
    outcome = (
        raise_(call(source.reference(failed), failure)) if each.check.blocking else expression(call(warn(), failure))
    )
    return [assign("failure", failure_call), if_(failure, [outcome])]


def module_text() -> str:
    """The text of the module that runs checks."""
    return Path(check_runtime.__file__).read_text(encoding="utf-8")


def _of_asset(asset: Asset, writers: Mapping[AssetId, Sequence[Job]]) -> Iterator[CheckJob]:
    jobs = list(dict.fromkeys(job.name for job in writers.get(asset.id, ())))
    place = str(asset.origin) if asset.origin is not None and asset.origin.path else uri_of(asset.id)
    for check in asset.checks:
        for job in jobs:
            yield CheckJob(_name(asset, check), asset.id, check, job, place)


def _name(asset: Asset, check: Check) -> str:
    text = f"check_{asset.id.name.rpartition('/')[2]}_{check.name}"
    return _UNFIT.sub("_", text)[:_LONGEST].strip("_")


def _distinct(each: CheckJob) -> CheckJob:
    whole = "\n".join((uri_of(each.asset), each.check.name, each.writer))
    return each._replace(name=f"{each.name}_{digest(whole, WHOLE)}")
