"""What no trigger of the target says just so, left to the bridge: the target is written without it, and a route says when to start it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from transload.adapter import Notes, Translation, shape_loss
from transload.counterparts import known_tools
from transload.declaration import Adapter
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, Entity, subject_of
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow
from transload.model.triggers import Opaque, Trigger, Updated, leaves, updated_assets
from transload.routing import Partitioned, Route, Start
from transload.triggering import Counterpart, Equivalence, around

FILE: Final = "transload.toml"

REMEDY: Final = "`--triggers bridge` leaves it to a route of transload.toml."
"""What to do about a trigger that a tool has only something like, where it is `routable`."""

CLOCK: Final = "Give the schedule in UTC, or at a time that no change of the clock skips or shows twice."
"""What to do about a trigger that fires otherwise only when the clock changes: no reason to take it from the tool."""

FRESH: Final = (
    "Translate with `--triggers bridge`: a route in transload.toml then states it, for an asset that some job writes."
)
"""What to do about freshness that a tool does not watch."""

_CODES: Final = (Code.SCHEDULE_TRIGGER, Code.ASSET_TRIGGER, Code.ASSET_FRESHNESS)
"""The codes of losses that say that something starts otherwise in the target or not at all, or is not watched there."""


class Bridge:
    """Leaves to routes what a first translation could not hold as it is, where something in the target can be started from outside."""

    def __init__(self, first: Translation, adapter: Adapter) -> None:
        self._adapter = adapter
        losses = [loss for loss in first.losses if loss.remedy != CLOCK]
        lost = {code: {loss.subject for loss in losses if loss.code is code} for code in _CODES}
        triggers = lost[Code.SCHEDULE_TRIGGER] | lost[Code.ASSET_TRIGGER]
        self._flows = {
            flow.name for flow in first.graph.flows if subject_of(flow) in triggers and _is_left(flow, first.native)
        }
        assets = [asset for asset in first.graph.assets if first.native.writers.get(asset.id)]
        self._assets = {asset.id for asset in assets if subject_of(asset) in triggers and routable(asset.trigger)}
        self._stale = {asset.id for asset in assets if subject_of(asset) in lost[Code.ASSET_FRESHNESS]}

    def __bool__(self) -> bool:
        return bool(self._flows or self._assets or self._stale)

    def without(self, graph: AssetGraph, notes: Notes) -> AssetGraph:
        """The graph without the triggers that the routes stand for, each noted."""
        flows = [self._unscheduled(flow, notes) if flow.name in self._flows else flow for flow in graph.flows]
        assets = [self._untriggered(asset, notes) if asset.id in self._assets else asset for asset in graph.assets]
        return graph.replaced(assets=assets, flows=flows)

    def routes(self, bare: Translation) -> tuple[Route, ...]:
        """The routes into what was translated without the triggers, each under a name of its own."""
        flows = (route for flow in bare.graph.flows if flow.name in self._flows for route in _of_flow(flow, bare))
        known = self._assets | self._stale
        assets = (self._of_asset(asset, bare) for asset in bare.graph.assets if asset.id in known)
        return tuple(_named([*flows, *assets]))

    def _of_asset(self, asset: Asset, bare: Translation) -> Route:
        trigger = asset.trigger if asset.id in self._assets else None
        reads = {read.asset: read for job in bare.graph.writers.get(asset.id, ()) for read in job.reads}
        looked_at = [Updated(asset=read.asset, mapping=read.mapping) for read in reads.values()]
        return Route(
            name=uri_of(asset.id),
            like=_like(trigger, asset, bare.tool),
            when=trigger,
            start=_start(asset, bare),
            reads=tuple(looked_at) if trigger is not None else (),
            partitions=_partitions([*updated_assets(trigger), *reads, asset.id], bare.graph),
            fresh=asset.freshness if asset.id in self._stale else None,
        )

    def _unscheduled(self, flow: Flow, notes: Notes) -> Flow:
        notes.add(self._loss(flow, "schedules", Code.SCHEDULE_TRIGGER))
        schedules = tuple(schedule.model_copy(update={"trigger": None}) for schedule in flow.schedules)
        return flow.model_copy(update={"schedules": schedules})

    def _untriggered(self, asset: Asset, notes: Notes) -> Asset:
        notes.add(self._loss(asset, "trigger", Code.ASSET_TRIGGER))
        return asset.model_copy(update={"trigger": None})

    def _loss(self, entity: Entity, field: str, code: Code) -> Loss:
        message = f"{self._adapter.title} has no trigger that says just this; a route says what is to start it."
        return shape_loss(entity, field, code, message, kept=FILE)


def unreported(native: AssetGraph, whole: AssetGraph, adapter: Adapter, notes: Notes) -> None:
    """Note how triggers fire otherwise that an adapter writes as they are, and of which its shape reports nothing."""
    codes = (Code.SCHEDULE_TRIGGER, Code.ASSET_TRIGGER)
    reported = {(loss.subject, loss.field.split(".", 1)[0]) for loss in notes.losses if loss.code in codes}
    for flow in whole.flows:
        written = native.flow[flow.name].schedules if flow.name in native.flow else ()
        # An adapter that merges or leaves out schedules has reported it; else each stands where it stood.
        for place, (schedule, other) in enumerate(zip(flow.schedules, written, strict=False)):
            field = f"schedules[{place}]"
            if schedule.trigger is None or schedule.trigger != other.trigger or (subject_of(flow), field) in reported:
                continue
            counterpart = known_tools().of_flow(schedule.trigger, flow, whole, adapter.tool)
            notes.losses.extend(_losses(flow, f"{field}.trigger", schedule.trigger, counterpart))
    for asset in whole.assets:
        same = asset.id in native.asset and asset.trigger == native.asset[asset.id].trigger
        if asset.trigger is not None and same and (subject_of(asset), "trigger") not in reported:
            writers = [job.name for job in whole.writers.get(asset.id, ())]
            context = around(whole, writers, writers, updated_assets(asset.trigger))
            counterpart = known_tools().of_asset(asset.trigger, asset, adapter.tool, context)
            notes.losses.extend(_losses(asset, "trigger", asset.trigger, counterpart))


def _losses(entity: Asset | Flow, field: str, trigger: Trigger, counterpart: Counterpart) -> Iterator[Loss]:
    code = Code.SCHEDULE_TRIGGER if isinstance(entity, Flow) else Code.ASSET_TRIGGER
    details = {"severity": Severity.APPROXIMATED, "kept": None, "remedy": remedy(trigger, counterpart)}
    return (shape_loss(entity, field, code, sentence, **details) for sentence in counterpart.differences)


def _is_left(flow: Flow, native: AssetGraph) -> bool:
    """Whether the target has the flow, and something outside can tell when each of its triggers fires."""
    triggers = [schedule.trigger for schedule in flow.schedules if schedule.trigger is not None]
    return flow.name in native.flow and bool(triggers) and all(map(routable, triggers))


def _of_flow(flow: Flow, bare: Translation) -> Iterator[Route]:
    native = bare.native.flow[flow.name]
    for place, schedule in enumerate(flow.schedules):
        if schedule.trigger is not None:
            yield Route(
                name=flow.name,
                like=_like(schedule.trigger, flow, bare.tool),
                when=schedule.trigger,
                start=_start_of(native, bare.tool, place),
                partitions=_partitions(updated_assets(schedule.trigger), bare.graph),
            )


def _start(asset: Asset, bare: Translation) -> Start:
    """The flow of the target that writes the asset; the asset itself where it is in none."""
    native = bare.native
    flows = (flow for job in native.writers.get(asset.id, ()) for flow in native.flows_of.get(job.name, ()))
    flow = next(flows, None)
    return Start(tool=bare.tool, asset=asset.id) if flow is None else _start_of(flow, bare.tool, 0)


def _start_of(flow: Flow, tool: str, place: int) -> Start:
    schedules = flow.schedules[place : place + 1]
    return Start(tool=tool, flow=flow.names[tool][0], schedule=next((each.name for each in schedules), None))


def _partitions(assets: Iterable[AssetId], graph: AssetGraph) -> tuple[Partitioned, ...]:
    definitions = ((asset, graph.asset[asset].partitions) for asset in dict.fromkeys(assets))
    return tuple(Partitioned(asset=asset, keys=keys) for asset, keys in definitions if keys is not None)


def routable(trigger: Trigger | None) -> bool:
    """Whether there is a trigger, and something other than its tool can tell when it fires."""
    return trigger is not None and not any(isinstance(leaf, Opaque) for leaf in leaves(trigger))


def remedy(trigger: Trigger | None, counterpart: Counterpart | Equivalence) -> str | None:
    """What to do about a trigger that fires otherwise; None where nothing can be done."""
    if counterpart.of_clock:
        return CLOCK
    return REMEDY if routable(trigger) else None


def _like(trigger: Trigger | None, entity: Entity, target: str) -> str:
    """By whose rules a trigger fires: those of the tool that it was read in, or that has such a trigger at all."""
    origin = entity.origin.tool if entity.origin else None
    if trigger is None:
        return origin or next(iter(known_tools().semantics), target)
    return known_tools().meant_by(trigger, (origin,)) or target


def _named(routes: Iterable[Route]) -> Iterator[Route]:
    """Each under its own name: the second of one name gets a number."""
    taken: set[str] = set()
    for route in routes:
        numbered = (route.name if number == 1 else f"{route.name} {number}" for number in count(1))
        name = next(name for name in numbered if name not in taken)
        taken.add(name)
        yield route.model_copy(update={"name": name})
