"""Adapters that lie: each wraps an honest one and breaks one promise. The suite must catch every one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from types import SimpleNamespace
from typing import Any, cast

from transload.adapter import (
    Built,
    LoadModule,
    NamesModule,
    Notes,
    Reading,
    RuntimeModule,
    ShapeModule,
    SourceModule,
    StaticModule,
    Support,
    Target,
    Translation,
)
from transload.declaration import Adapter
from transload.errors import TransloadError
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, logical
from transload.model.jobs import Flow, Job
from transload.reading.project import Project
from transload.testing.content import NO_TOOL
from transload.writing.project import ProjectFiles


@dataclass(frozen=True)
class Liar(Adapter):
    """An adapter that is honest but for what `lies` puts in the place of its modules and tables."""

    lies: tuple[tuple[str, Any], ...] = ()

    def _module_or_lie(self, name: str, truth: Any) -> Any:
        return dict(self.lies).get(name, truth)

    @property
    def support(self) -> Support:
        """Perhaps another table."""
        return cast("Support", self._module_or_lie("support", super().support))

    @property
    def names(self) -> NamesModule:
        """Perhaps other names."""
        return cast("NamesModule", self._module_or_lie("names", super().names))

    @property
    def shape(self) -> ShapeModule:
        """Perhaps another shape."""
        return cast("ShapeModule", self._module_or_lie("shape", super().shape))

    @property
    def source(self) -> SourceModule:
        """Perhaps another writer."""
        return cast("SourceModule", self._module_or_lie("source", super().source))

    @property
    def static(self) -> StaticModule:
        """Perhaps another reader."""
        return cast("StaticModule", self._module_or_lie("static", super().static))

    @property
    def runtime(self) -> RuntimeModule:
        """Perhaps another builder."""
        return cast("RuntimeModule", self._module_or_lie("runtime", super().runtime))

    @property
    def load(self) -> LoadModule:
        """Perhaps another loader."""
        return cast("LoadModule", self._module_or_lie("load", super().load))


def liar(honest: Adapter, **lies: Any) -> Liar:
    """The adapter with `lies` in the place of its modules and tables."""
    declared = {field.name: getattr(honest, field.name) for field in fields(Adapter)}
    return Liar(**declared, lies=tuple(lies.items()))


def _without_owners(translation: Translation) -> Translation:
    assets = [asset.model_copy(update={"owners": ()}) for asset in translation.native.assets]
    entries = translation.carried.assets.items()
    kept = {key: {field: value for field, value in entry.items() if field != "owners"} for key, entry in entries}
    carried = translation.carried.model_copy(update={"assets": kept})
    return replace(translation, native=translation.native.replaced(assets=assets), carried=carried)


def forgets_owners(honest: Adapter) -> Adapter:
    """Its writers leave the owners of assets out."""

    def write(translation: Translation) -> ProjectFiles:
        return honest.source.write(_without_owners(translation))

    def build(translation: Translation) -> Built:
        return honest.runtime.build(_without_owners(translation))

    return liar(honest, source=SimpleNamespace(write=write), runtime=SimpleNamespace(build=build))


def claims_too_much(honest: Adapter) -> Adapter:
    """Its table says that the tool holds everything; its writers and readers do not know that."""
    support = honest.support
    native = replace(
        support, asset=dict.fromkeys(support.asset), job=dict.fromkeys(support.job), flow=dict.fromkeys(support.flow)
    )
    return liar(honest, support=native)


def invents(honest: Adapter) -> Adapter:
    """Its readers add an asset that nobody wrote."""
    ghost = Asset(id=logical(NO_TOOL, "default", ["ghost"]))

    def haunted(reading: Reading) -> Reading:
        return replace(reading, graph=reading.graph.replaced(assets=[*reading.graph.assets, ghost]))

    def read(project: Project, target: Target) -> Reading:
        return haunted(honest.static.read(project, target))

    def from_objects(objects: Any, manifest: Any, target: Target) -> Reading:
        return haunted(honest.load.from_objects(objects, manifest, target))

    return liar(honest, static=SimpleNamespace(read=read), load=SimpleNamespace(from_objects=from_objects))


def reshapes_in_silence(honest: Adapter) -> Adapter:
    """Its shape lets go of what jobs read, and says nothing."""

    def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
        shaped = honest.shape.shape(graph, notes)
        return shaped.replaced(jobs=[job.model_copy(update={"reads": (), "description": "new"}) for job in shaped.jobs])

    return liar(honest, shape=SimpleNamespace(shape=shape))


def drops_jobs_in_silence(honest: Adapter) -> Adapter:
    """Its shape leaves all jobs out, and says nothing."""

    def shape(graph: AssetGraph, notes: Notes) -> AssetGraph:
        shaped = honest.shape.shape(graph, notes)
        return shaped.replaced(jobs=(), flows=[flow.model_copy(update={"jobs": ()}) for flow in shaped.flows])

    return liar(honest, shape=SimpleNamespace(shape=shape))


def names_twice(honest: Adapter) -> Adapter:
    """It gives all assets one name."""

    def assign(graph: AssetGraph) -> AssetGraph:
        named = honest.names.assign(graph)
        first = named.assets[0].names
        return named.replaced(assets=[asset.model_copy(update={"names": first}) for asset in named.assets])

    return _with_names(honest, assign=assign)


def knows_its_names_badly(honest: Adapter) -> Adapter:
    """It says that its reader finds the name of everything by itself."""

    def asset_id(asset: Asset) -> AssetId:
        return asset.id

    def name(entity: Job | Flow) -> str:
        return entity.name

    return _with_names(honest, asset_id=asset_id, job_name=name, flow_name=name)


def _with_names(honest: Adapter, **changes: Callable[..., Any]) -> Adapter:
    names = {name: getattr(honest.names, name) for name in ("assign", "asset_id", "job_name", "flow_name")}
    return liar(honest, names=SimpleNamespace(**{**names, **changes}))


def falls_over(honest: Adapter) -> Adapter:
    """Its reader of text ends in Python's own errors where it should say what is wrong."""

    def read(project: Project, target: Target) -> Reading:
        try:
            reading = honest.static.read(project, target)
        except TransloadError as error:
            raise KeyError(error.message) from error
        if reading.losses:
            raise TypeError(reading.losses[0].message)
        return reading

    return liar(honest, static=SimpleNamespace(read=read))


def passes_over(honest: Adapter) -> Adapter:
    """Its reader of text passes over what it cannot read, and says nothing."""

    def read(project: Project, target: Target) -> Reading:
        try:
            return replace(honest.static.read(project, target), losses=())
        except TransloadError:
            return Reading(graph_of([Asset(id=logical(NO_TOOL, "default", ["ghost"]))]))

    return liar(honest, static=SimpleNamespace(read=read))


def forgets_where(honest: Adapter) -> Adapter:
    """Its reader of text does not say where anything stands."""

    def read(project: Project, target: Target) -> Reading:
        reading = honest.static.read(project, target)
        assets = [asset.model_copy(update={"origin": None}) for asset in reading.graph.assets]
        return replace(reading, graph=reading.graph.replaced(assets=assets))

    return liar(honest, static=SimpleNamespace(read=read))


READING_LIES: tuple[Callable[[Adapter], Adapter], ...] = (falls_over, passes_over, forgets_where)
"""Those of which a reader alone is capable."""

LIES: tuple[Callable[[Adapter], Adapter], ...] = (
    forgets_owners,
    claims_too_much,
    invents,
    reshapes_in_silence,
    drops_jobs_in_silence,
    names_twice,
    knows_its_names_badly,
)
