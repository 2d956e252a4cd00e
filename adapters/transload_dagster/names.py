"""Identity ↔ Dagster's names: key paths of assets, names of ops, names of asset jobs.

A name that a graph brings along stays, if Dagster takes it and no other has it. Everything else gets a readable name of its own; those
that would clash all end in a short hash of what they stand for, so that none depends on the order or on what else is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from operator import is_
from typing import Any, Final

from transload.errors import IdentityError
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, identify, is_physical, logical, logical_parts, uri_of
from transload.model.jobs import Flow, Job
from transload.naming import Style, kept, with_name
from transload_dagster.codecs import legal

TOOL: Final = "dagster"
KIND: Final = "dagster/kind/"
"""The start of the tags that are kinds."""
DEPLOYMENT: Final = "default"

_OTHERS: Final = re.compile(r"[^A-Za-z0-9_]+")
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_LONGEST: Final = 60
"""Characters of a made part of a name: two parts and a hash stay readable in Dagster's pages."""

_REMEMBERED: Final = 1 << 17
"""Identities: one asset is asked for several times on its way."""

Parts = tuple[str, ...]


def assign(graph: AssetGraph) -> AssetGraph:
    """The graph with a name for Dagster in every asset, job and flow."""
    assets = _asset_names(graph)
    taken = {legal.identifier(parts) for parts in assets.values()}
    jobs = _job_names(graph, assets, taken)
    flows = _flow_names(graph, {*taken, *(name for (name,) in jobs.values())})
    return changed(
        graph,
        assets=[with_name(asset, TOOL, assets[asset.id]) for asset in graph.assets],
        jobs=[with_name(job, TOOL, jobs[job.name]) for job in graph.jobs],
        flows=[with_name(flow, TOOL, flows[flow.name]) for flow in graph.flows],
    )


def changed(graph: AssetGraph, **parts: list[Any]) -> AssetGraph:
    """The graph with other parts; itself, which needs no check anew, where each is what is there."""
    same = all(len(getattr(graph, kind)) == len(new) for kind, new in parts.items())
    if same and all(all(map(is_, new, getattr(graph, kind))) for kind, new in parts.items()):
        return graph
    return graph.replaced(**parts)


def asset_id(asset: Asset) -> AssetId | None:
    """The identity that the reader gives to a written asset: the place that its metadata tells, else its key."""
    return asset.id if written_uri(asset) is not None else logical(TOOL, DEPLOYMENT, asset.names[TOOL])


def job_name(job: Job) -> str:
    """The name that the reader gives to a written job."""
    return job.names[TOOL][0]


def flow_name(flow: Flow) -> str:
    """The name that the reader gives to a written flow."""
    return flow.names[TOOL][0]


def written_uri(asset: Asset) -> str | None:
    """The URI that goes into the metadata `dagster/uri`: that of an identity that reads back the same, in its own spelling if known."""
    if not is_physical(asset.id):
        return None
    spelled = asset.native.get(TOOL, {}).get("uri")
    return next((uri for uri in (spelled, uri_of(asset.id)) if isinstance(uri, str) and _reads_as(uri, asset.id)), None)


@lru_cache(maxsize=_REMEMBERED)
def _reads_as(uri: str, asset: AssetId) -> bool:
    try:
        return identify(uri) == asset
    except IdentityError:
        return False


def is_default_op(job: Job, graph: AssetGraph) -> bool:
    """True for the job of an `@asset`: it writes one asset, and its op is named after the asset's key."""
    return len(job.writes) == 1 and job.names[TOOL] == (legal.identifier(graph.asset[job.writes[0].asset].names[TOOL]),)


_NAMES: Final = Style[Parts](
    lambda parts: legal.identifier(parts).lower(), lambda parts, end: (*parts[:-1], f"{parts[-1]}_{end}")
)
"""Names differ in their ops, and by more than case: some file systems know no case."""


def _word(text: str, otherwise: str) -> str:
    """Letters, digits and underscores; never empty."""
    return _OTHERS.sub("_", text).strip("_")[:_LONGEST].rstrip("_") or otherwise


def _asset_names(graph: AssetGraph) -> dict[AssetId, Parts]:
    used = {read.asset for job in graph.jobs for read in job.reads} | set(graph.writers)
    own = ((asset.id, _own_key(asset, unused=asset.id not in used)) for asset in graph.assets)
    names = kept(own, legal.identifier)
    missing = {asset.id: _key(asset) for asset in graph.assets if asset.id not in names}
    return names | _distinct(missing, map(legal.identifier, names.values()), uri_of)


def _own_key(asset: Asset, *, unused: bool) -> Parts | None:
    parts = asset.names.get(TOOL, ())
    # An asset that nothing here computes or reads may have any key, as long as it is text that can be written.
    is_external = unused and all(part.isprintable() for part in parts)
    return parts if parts and (legal.key(parts) or is_external) else None


def _distinct(wanted: Mapping[Any, Parts], taken: Iterable[str], text: Callable[[Any], str] = str) -> dict[Any, Parts]:
    return _NAMES.distinct(wanted, {name.lower() for name in taken}, text)


def _key(asset: Asset) -> Parts:
    """A key that people would give: the name in another tool, else the last two parts of the place."""
    segments = [_word(segment, "") for segment in _segments(asset)]
    parts = tuple(segment for segment in segments if segment)[-2:] or ("asset",)
    if len(parts) == 1 and parts[0] in legal.RESERVED:
        parts = (f"{parts[0]}_",)
    return parts if legal.key(parts) else ("asset", *parts)


def _segments(asset: Asset) -> list[str]:
    name = next(
        (names[0] for tool, names in sorted(asset.names.items()) if tool != TOOL and names and "://" not in names[0]),
        None,
    )
    if name is not None:
        return name.split("/")
    native = logical_parts(asset.id)
    if native is not None:
        return list(native[2])
    last = asset.id.name.rstrip("/")
    return last.split("/") if "/" not in last and "." not in last else _place(last)


def _place(name: str) -> list[str]:
    """`raw/orders.parquet` is `raw`, `orders`; `db.schema.table` is `schema`, `table`."""
    if "/" in name:
        *folders, file = name.split("/")
        return [*folders, _EXTENSION.sub("", file)]
    parts = name.split(".")
    return [_EXTENSION.sub("", name)] if len(parts) == 2 else parts[-2:]  # noqa: PLR2004 - a file and its extension


def _job_names(graph: AssetGraph, assets: Mapping[AssetId, Parts], identifiers: Collection[str]) -> dict[str, Parts]:
    default = _default_ops(graph, assets)
    names: dict[str, Parts] = {
        job.name: (default[job.name],)
        for job in graph.jobs
        if job.name in default and job.names.get(TOOL, ()) in ((), (default[job.name],))
    }
    others = [job for job in graph.jobs if job.name not in names]
    names |= kept((job.name, _own_name(job, identifiers)) for job in others)
    missing = {job.name: (_op(job),) for job in others if job.name not in names}
    return names | _distinct(missing, {*identifiers, *(name for (name,) in names.values())})


def _own_name(entity: Job | Flow, taken: Collection[str]) -> Parts | None:
    own = entity.names.get(TOOL, ())
    return own if len(own) == 1 and legal.name(own[0]) and own[0] not in taken else None


def _default_ops(graph: AssetGraph, assets: Mapping[AssetId, Parts]) -> dict[str, str]:
    """Jobs that write one asset, which nobody else writes: their op is named after it."""
    return {
        job.name: legal.identifier(assets[job.writes[0].asset])
        for job in graph.jobs
        if len(job.writes) == 1 and graph.writers[job.writes[0].asset][0] is job
    }


def _op(job: Job) -> str:
    word = _word(job.name, "job")
    return f"{word}_op" if word in legal.RESERVED else word


def _flow_names(graph: AssetGraph, taken: Collection[str]) -> dict[str, Parts]:
    names = kept((flow.name, _own_name(flow, taken)) for flow in graph.flows)
    missing = {flow.name: (_asset_job(flow),) for flow in graph.flows if flow.name not in names}
    return names | _distinct(missing, {*taken, *(name for (name,) in names.values())})


def _asset_job(flow: Flow) -> str:
    """Named as Dagster's own documentation names asset jobs, which keeps it apart from the asset of the same name."""
    word = _word(flow.name, "flow")
    return word if word.endswith("_job") else f"{word}_job"


def default_schedule(flow: Flow) -> str:
    """The name that Dagster gives to a schedule of a job without one of its own."""
    return f"{flow.names[TOOL][0]}_schedule"


def schedule_names(wishes: Mapping[tuple[str, int], str], taken: Collection[str]) -> dict[tuple[str, int], str]:
    """Names of schedules, by flow and place: their own where Dagster takes them and no other thing has them."""
    legal_ones = ((place, own if legal.name(own) and own not in taken else None) for place, own in wishes.items())
    names = kept(legal_ones)
    missing = {place: (_schedule(own),) for place, own in wishes.items() if place not in names}
    made = _distinct(missing, {*taken, *names.values()}, lambda place: f"{place[0]}/{place[1]}/{wishes[place]}")
    return names | {place: name for place, (name,) in made.items()}


def _schedule(name: str) -> str:
    word = _word(name, "schedule")
    return f"{word}_schedule" if word in legal.RESERVED else word
