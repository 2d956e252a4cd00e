"""What becomes of a whole trigger in another tool: the rows of the table, put together from its innermost parts on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.jobs import Flow
from transload.model.triggers import AllOf, AnyOf, AtLeast, InOrder, Trigger
from transload.triggering.conversions import same
from transload.triggering.equivalences import PLACES, TOOLS, Equivalence, equivalence
from transload.triggering.examples import form_of
from transload.triggering.normal import COUNTING, named, normal
from transload.triggering.steps import Context

_GROUPS: Final = (AllOf, AnyOf, AtLeast, InOrder)
_OPAQUE: Final = "opaque"
_OF_ASSETS: Final = "dagster"
"""The tool whose triggers stand on assets."""


@dataclass(frozen=True)
class Counterpart:
    """The trigger that is written, None where there is none, and how its firings differ: a sentence for each row that applies."""

    written: Trigger | None
    differences: tuple[str, ...] = ()


def counterpart(trigger: Trigger, source: str, target: str, context: Context) -> Counterpart:
    """What becomes of a trigger that `source` means in `target`; in the tool itself, the same.

    Raises `TriggerError` for a tool that the table does not have.
    """
    written = _became(trigger, source, target, context)
    rows = [] if source == target else list(_rows(trigger, source, target))
    if written is None:
        rows = [row for row in rows if row.written is None] or [NOTHING_LIKE[target]]
    return Counterpart(written, tuple(dict.fromkeys(row.difference for row in rows if row.difference)))


NOTHING_LIKE: Final = {
    tool: next(row for row in PLACES.values() if row.target == tool and row.form == form)
    for tool, form in (("airflow", "condition"), ("dagster", "once"), ("prefect", "condition"))
}
"""The row of what a tool has nothing like: also for a trigger that it has in general, but not with these values."""


def meant_by(trigger: Trigger, tools: Iterable[str | None]) -> str:
    """The tool by whose rules a trigger fires: the first of `tools`, or else of all, that has its form."""
    wanted = [tool for tool in (*tools, *TOOLS) if tool in TOOLS]
    return next((tool for tool in wanted if _has(tool, trigger)), wanted[0])


def of_flow(trigger: Trigger, flow: Flow, graph: AssetGraph, target: str) -> Counterpart:
    """What becomes in `target` of a trigger that starts a flow; where nobody says by whose rules it fires, by those of `target`."""
    source = meant_by(trigger, (_read_in(flow), target))
    return counterpart(trigger, source, target, around(graph, flow.jobs, flow.jobs))


def of_asset(trigger: Trigger, asset: Asset, target: str, context: Context) -> Counterpart:
    """What becomes in `target` of a condition on an asset, for what starts the job that makes it."""
    return counterpart(trigger, meant_by(trigger, (_OF_ASSETS, _read_in(asset))), target, context)


def _read_in(entity: Asset | Flow) -> str | None:
    return entity.origin.tool if entity.origin else None


def around(graph: AssetGraph, jobs: Iterable[str], together: Iterable[str]) -> Context:
    """What the triggers that start `jobs` look at: the assets that these read, and that none of the jobs run `together` writes."""
    own = {write.asset for name in together for write in graph.job[name].writes}
    reads = dict.fromkeys(read.asset for name in jobs for read in graph.job[name].reads if read.asset not in own)
    return Context(upstream=tuple(reads))


def _has(tool: str, trigger: Trigger) -> bool:
    form = form_of(normal(trigger, tool))
    return form == _OPAQUE or any((form, tool, other) in PLACES for other in TOOLS)


def _became(trigger: Trigger, source: str, target: str, context: Context) -> Trigger | None:
    if source == target and target in COUNTING:
        return trigger
    if isinstance(trigger, _GROUPS):
        parts = [_became(part, source, target, context) for part in trigger.parts]
        there = tuple(part for part in parts if part is not None)
        if len(there) < len(parts):
            return None
        if len(there) == 1:
            return there[0]
        trigger = named(trigger.model_copy(update={"parts": there}))
    row = _row(trigger, source, target)
    return trigger if row is None else row.becomes(trigger, context)


def _row(trigger: Trigger, source: str, target: str) -> Equivalence | None:
    """The row of the tool that has the form, which for a part may be another; None where that is the target itself."""
    tool = meant_by(trigger, (source,))
    return None if tool == target else equivalence(trigger, tool, target)


def _rows(trigger: Trigger, source: str, target: str) -> Iterator[Equivalence]:
    """The row of the whole, and those of the parts that are written as something else."""
    pending = [trigger]
    while pending:
        part = pending.pop(0)
        pending.extend(part.parts if isinstance(part, _GROUPS) else ())
        row = _row(part, source, target)
        if row is not None and (part is trigger or row.becomes is not same):
            yield row
