"""What becomes of a whole trigger in another tool: what becomes of its parts, put together from the innermost on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.model.jobs import Flow
from transload.model.triggers import AllOf, AnyOf, AtLeast, InOrder, Trigger, updated_assets
from transload.triggering.conversions import same
from transload.triggering.differences import missing, sentence
from transload.triggering.equivalences import Equivalence, equivalence
from transload.triggering.examples import form_of
from transload.triggering.normal import named, normal
from transload.triggering.semantics import Groups, Semantics
from transload.triggering.steps import Context

_GROUPS: Final = (AllOf, AnyOf, AtLeast, InOrder)


@dataclass(frozen=True)
class Counterpart:
    """The trigger that is written, None where there is none, and how its firings differ: a sentence for each part that differs.

    `of_clock`: they do so only when the clock changes.
    """

    written: Trigger | None
    differences: tuple[str, ...] = ()
    of_clock: bool = False


@dataclass(frozen=True)
class Tools:
    """The tools that say what their triggers mean, by name and in order; `titles` are what people call them and all others."""

    semantics: Mapping[str, Semantics]
    titles: Mapping[str, str] = field(default_factory=dict)

    def title(self, tool: str) -> str:
        """What people call a tool."""
        return self.titles.get(tool) or tool[:1].upper() + tool[1:]

    def equivalence(self, trigger: Trigger, source: str, target: str, context: Context) -> Equivalence:
        """What becomes of a trigger that `source` means in `target`; both must be known."""
        return equivalence(trigger, self.semantics[source], self.semantics[target], context)

    def meant_by(self, trigger: Trigger, tools: Iterable[str | None]) -> str | None:
        """The tool by whose rules a trigger fires: the first of `tools`, or else of all, that has its form; None without any tool."""
        wanted = [tool for tool in (*tools, *self.semantics) if tool is not None and tool in self.semantics]
        return next((tool for tool in wanted if self._has(tool, trigger)), next(iter(wanted), None))

    def of_flow(self, trigger: Trigger, flow: Flow, graph: AssetGraph, target: str) -> Counterpart:
        """What becomes in `target` of a trigger that starts a flow; where nobody says by whose rules it fires, by those of `target`."""
        context = around(graph, flow.jobs, flow.jobs, updated_assets(trigger))
        return self._of(trigger, (read_in(flow), target), target, context)

    def of_asset(self, trigger: Trigger, asset: Asset, target: str, context: Context) -> Counterpart:
        """What becomes in `target` of a condition on an asset, for what starts the job that makes it."""
        standing = (tool for tool, known in self.semantics.items() if known.on_assets)
        origin = read_in(asset)
        rules = (*standing, origin) if origin is None or origin in self.semantics else (origin,)
        return self._of(trigger, rules, target, context)

    def _of(self, trigger: Trigger, rules: Sequence[str | None], target: str, context: Context) -> Counterpart:
        """`rules` are the tools by whose rules the trigger may fire. One that is not known is read as the target would be."""
        strange = {tool for tool in rules if tool is not None and tool != target and tool not in self.semantics}
        if target not in self.semantics:
            source = next((tool for tool in rules if tool is not None and tool != target), None)
            names = [
                tool for tool in dict.fromkeys((source, target)) if tool is not None and tool not in self.semantics
            ]
            return Counterpart(trigger, () if source is None else (self.unknown(names, source),))
        source = self.meant_by(trigger, (target,) if strange else rules) or target
        counterpart = self.counterpart(trigger, source, target, context)
        return (
            replace(counterpart, differences=(self.unknown(strange, source, *counterpart.differences),), of_clock=False)
            if strange
            else counterpart
        )

    def unknown(self, strange: Iterable[str], source: str | None, *differences: str) -> str:
        """The sentence on triggers of tools that do not say what theirs mean, and are taken to mean what those of `source` do."""
        names = " and ".join(f"{self.title(tool)}'s" for tool in strange)
        reading = (
            f", and they are read as {self.title(source)}'s would be" if source in self.semantics and source else ""
        )
        return sentence(
            [f"nothing is known of when {names} triggers fire{reading}", *(each.rstrip(".") for each in differences)]
        )

    def counterpart(self, trigger: Trigger, source: str, target: str, context: Context) -> Counterpart:
        """What becomes of a trigger that `source` means in `target`; in the tool itself, the same. Both must be known."""
        written = self._became(trigger, source, target, context)
        rows = [] if source == target else list(self._rows(trigger, source, target, context))
        if written is None:
            absent = [row.difference for row in rows if row.written is None]
            return Counterpart(None, tuple(dict.fromkeys(absent or [nothing_like(self.semantics[target])])))
        rows = [row for row in rows if row.difference]
        differences = tuple(dict.fromkeys(row.difference for row in rows))
        return Counterpart(written, differences, bool(rows) and all(row.of_clock for row in rows))

    def _has(self, tool: str, trigger: Trigger) -> bool:
        known = self.semantics[tool]
        return known.has(form_of(normal(trigger, known)))

    def _became(self, trigger: Trigger, source: str, target: str, context: Context) -> Trigger | None:
        if source == target and self.semantics[target].groups is Groups.FIRINGS:
            return trigger
        if isinstance(trigger, _GROUPS):
            parts = [self._became(part, source, target, context) for part in trigger.parts]
            there = tuple(part for part in parts if part is not None)
            if len(there) < len(parts):
                return None
            if len(there) == 1:
                return there[0]
            trigger = named(trigger.model_copy(update={"parts": there}))
        row = self._row(trigger, source, target, context)
        return trigger if row is None else row.becomes(trigger, context)

    def _row(self, trigger: Trigger, source: str, target: str, context: Context) -> Equivalence | None:
        """The row of the tool that has the form, which for a part may be another; None where that is the target itself."""
        tool = self.meant_by(trigger, (source,))
        return None if tool is None or tool == target else self.equivalence(trigger, tool, target, context)

    def _rows(self, trigger: Trigger, source: str, target: str, context: Context) -> Iterator[Equivalence]:
        """The row of the whole, and those of the parts that are written as something else."""
        pending = [trigger]
        while pending:
            part = pending.pop(0)
            pending.extend(part.parts if isinstance(part, _GROUPS) else ())
            row = self._row(part, source, target, context)
            if row is not None and (part is trigger or row.becomes is not same):
                yield row


def nothing_like(target: Semantics) -> str:
    """The sentence on a trigger of which nothing is written, though its form may be one that the target has with other values."""
    return missing("", target)


def read_in(entity: Asset | Flow) -> str | None:
    """The tool that an entity was read in."""
    return entity.origin.tool if entity.origin else None


def around(graph: AssetGraph, jobs: Iterable[str], together: Iterable[str], updated: Iterable[AssetId] = ()) -> Context:
    """What the triggers that start `jobs` look at: the assets that these read, and that none of the jobs run `together` writes.

    `updated` are further assets whose partitions matter.
    """
    own = {write.asset for name in together for write in graph.job[name].writes}
    reads = dict.fromkeys(read.asset for name in jobs for read in graph.job[name].reads if read.asset not in own)
    partitions = {asset: graph.asset[asset].partitions for asset in (*reads, *updated)}
    return Context(
        upstream=tuple(reads), partitions={asset: each for asset, each in partitions.items() if each is not None}
    )
