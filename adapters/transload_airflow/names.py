"""Identity ↔ Airflow's names: an asset's (name, uri), a task's (dag_id, task_id), a DAG's (dag_id,).

A URI states the identity. An asset that is known by name alone has its name for a URI, as in Airflow, and belongs to the deployment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from typing import Final, TypeVar

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, unchecked
from transload.model.identity import AssetId, logical_parts
from transload.model.jobs import Flow, Job
from transload_airflow.codecs.uris import LONGEST, encoded, identity_of, is_legal, is_stable, uri_for

TOOL: Final = "airflow"

_KEY: Final = re.compile(r"[\w.-]{1,249}")
"""What Airflow allows in a DAG's and a task's id (`validate_key`)."""

_PROHIBITED: Final = frozenset({"self", "context"})
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_KEY: Final = 120
_LONGEST_NAME: Final = 250

Pair = tuple[str, str]
Entity = TypeVar("Entity", Asset, Job, Flow)


def assign(graph: AssetGraph) -> AssetGraph:
    """The graph with a legal, stable, distinct name of each asset, job and flow; legal names already there stay."""
    assets = _asset_names(graph.assets)
    flows = _flow_names(graph.flows)
    jobs = _job_names(graph, flows)
    return unchecked(
        [_named(asset, assets[asset.id]) for asset in graph.assets],
        [_named(job, jobs[job.name]) for job in graph.jobs],
        [_named(flow, (flows[flow.name],)) for flow in graph.flows],
        graph.aliases,
    )


def asset_id(asset: Asset) -> AssetId | None:
    """The identity that the URI states; None for a mere name in Airflow, whose identity depends on the deployment."""
    stated = identity_of(asset.names[TOOL][1])
    parts = logical_parts(stated) if stated else None
    return None if parts and parts[0] == TOOL else stated


def job_name(job: Job) -> str:
    """`dag_id.task_id`, as in Airflow's own OpenLineage events."""
    return ".".join(job.names[TOOL])


def flow_name(flow: Flow) -> str:
    """The dag_id."""
    return flow.names[TOOL][0]


def is_key(text: str) -> bool:
    """Whether Airflow takes a text as a dag_id or task_id."""
    return _KEY.fullmatch(text) is not None


def is_asset_name(text: str) -> bool:
    """Whether Airflow takes a text as the name of an asset or alias on every database but MySQL, which wants ASCII."""
    return 0 < len(text) <= LONGEST and not text.isspace() and text not in _PROHIBITED and text.isprintable()


def homes(graph: AssetGraph, flows: Mapping[str, str]) -> dict[str, str]:
    """The one flow in which each job becomes a task. `flows`: name → dag_id.

    It is the one that its name tells, else one that has a schedule, else the one with most jobs, else the first.
    """
    found = {}
    for job, runs in graph.flows_of.items():
        told = (*graph.job[job].names.get(TOOL, ()), "")[0]
        found[job] = max(runs, key=lambda flow: (flows[flow.name] == told, _is_started(flow), len(flow.jobs))).name
    return found


def _is_started(flow: Flow) -> bool:
    return any(schedule.trigger is not None and schedule.active is not False for schedule in flow.schedules)


def _pair(entity: Asset | Job) -> Pair | None:
    """The name in two parts that an asset or job already has."""
    match entity.names.get(TOOL):
        case (first, second):
            return first, second
        case _:
            return None


def _named(entity: Entity, names: tuple[str, ...]) -> Entity:
    if entity.names.get(TOOL) == names:
        return entity
    return entity.model_copy(update={"names": {**entity.names, TOOL: names}})


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _distinct(wanted: Mapping[str, str], taken: Collection[str]) -> dict[str, str]:
    """Thing → text, with a hash of the thing after each text that two want or that is taken."""
    counts = Counter(text.lower() for text in wanted.values())
    lower = {text.lower() for text in taken}
    shared = {text for text, count in counts.items() if count > 1} | lower
    return {thing: _hashed(text, thing, lower) if text.lower() in shared else text for thing, text in wanted.items()}


def _hashed(text: str, thing: str, taken: Collection[str]) -> str:
    """Where even the hash is taken, that of something else with the same name, it is hashed again."""
    name = f"{text}-{_digest(thing)}"
    while name.lower() in taken:
        name = f"{text}-{_digest(name)}"
    return name


def _asset_names(assets: Iterable[Asset]) -> dict[AssetId, Pair]:
    assets = list(assets)
    kept = _kept_assets(assets)
    fresh = [asset for asset in assets if asset.id not in kept]
    wanted = {repr(tuple(asset.id)): _readable(asset) for asset in fresh}
    names = _distinct(wanted, {name for name, _ in kept.values()})
    uris = {uri for _, uri in kept.values()}
    return kept | {asset.id: _fresh_pair(asset.id, names[repr(tuple(asset.id))], uris) for asset in fresh}


def _kept_assets(assets: Collection[Asset]) -> dict[AssetId, Pair]:
    """The names that can stay: legal, unlike any other, and stating no identity that another asset of the graph has."""
    known = {asset.id for asset in assets}
    kept: dict[AssetId, Pair] = {}
    names, uris = set(), set()
    for asset in assets:
        pair = _pair(asset)
        if pair is None or pair[0] in names or pair[1] in uris or not (is_asset_name(pair[0]) and is_legal(pair[1])):
            continue
        if identity_of(pair[1]) in {None, asset.id} or identity_of(pair[1]) not in known:
            kept[asset.id] = pair
            names.add(pair[0])
            uris.add(pair[1])
    return kept


def _fresh_pair(asset: AssetId, name: str, taken: Collection[str]) -> Pair:
    parts = logical_parts(asset)
    if parts is None or parts[0] != TOOL:
        uri = uri_for(asset)
    else:
        uri = name if parts[2] == (name,) and is_stable(name) and identity_of(name) is None else encoded(asset)
    return name, encoded(asset) if uri in taken else uri


def _readable(asset: Asset) -> str:
    parts = logical_parts(asset.id)
    path = asset.names.get("dagster", parts[2] if parts else (asset.id.name,))
    text = "".join(each if each.isprintable() else "_" for each in "/".join(path)).strip()[:_LONGEST_NAME].strip()
    return text if is_asset_name(text) else f"asset-{_digest(repr(tuple(asset.id)))}"


def _slug(text: str) -> str:
    slug = _UNFIT.sub("_", text).strip("_-")[:_LONGEST_KEY]
    return slug or f"x{_digest(text)}"


def _flow_names(flows: Collection[Flow]) -> dict[str, str]:
    owners: dict[str, str] = {}
    for flow in flows:
        name = flow.names.get(TOOL, ())
        if len(name) == 1 and is_key(name[0]):
            owners.setdefault(name[0], flow.name)
    kept = {flow: dag for dag, flow in owners.items()}
    wanted = {flow.name: _dag_id(flow.name) for flow in flows if flow.name not in kept}
    return kept | _distinct(wanted, owners)


def _dag_id(name: str) -> str:
    return name if is_key(name) and len(name) <= _LONGEST_KEY else _slug(name)


def _job_names(graph: AssetGraph, flows: Mapping[str, str]) -> dict[str, Pair]:
    home = homes(graph, flows)
    dags = {job: flows[flow] for job, flow in home.items()}
    alone = [job for job in graph.jobs if job.name not in home]
    reserved = {*flows.values(), *flows}
    dags |= _own_dags(graph, alone, reserved)
    return _task_names(graph, dags)


def _own_dags(graph: AssetGraph, alone: Iterable[Job], reserved: Collection[str]) -> dict[str, str]:
    """The DAG of each job that no flow runs; its name is no flow's, so that it can be told to be made up."""
    pairs = {job.name: pair for job in alone if (pair := _pair(job)) is not None}
    kept = {job: dag for job, (dag, _) in pairs.items() if is_key(dag) and dag not in reserved}
    wanted = {job.name: _slug(_subject(graph, job)) for job in alone if job.name not in kept}
    return kept | _distinct(wanted, {*reserved, *kept.values()})


def _subject(graph: AssetGraph, job: Job) -> str:
    """What a job is about: the only asset that it writes, else its own name."""
    written = list(dict.fromkeys(write.asset for write in job.writes))
    return _readable(graph.asset[written[0]]) if len(written) == 1 and written[0] in graph.asset else _own_name(job)


def _own_name(job: Job) -> str:
    others = [job.names[tool] for tool in sorted(job.names) if tool != TOOL and job.names[tool]]
    return others[0][-1] if others else job.name.rpartition(".")[2] or job.name


def _task_names(graph: AssetGraph, dags: Mapping[str, str]) -> dict[str, Pair]:
    kept: dict[str, Pair] = {}
    taken: set[str] = set()
    for job in graph.jobs:
        pair = _pair(job)
        if pair is not None and is_key(pair[1]) and pair[0] == dags[job.name] and ".".join(pair) not in taken:
            kept[job.name] = pair
            taken.add(".".join(pair))
    wanted = {job.name: f"{dags[job.name]}.{_slug(_own_name(job))}" for job in graph.jobs if job.name not in kept}
    fresh = _distinct(wanted, taken)
    return kept | {job: (dags[job], name.removeprefix(f"{dags[job]}.")) for job, name in fresh.items()}
