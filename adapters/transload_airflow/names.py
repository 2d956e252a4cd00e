"""Identity ↔ Airflow's names: an asset's (name, uri), a task's (dag_id, task_id), a DAG's (dag_id,).

A URI states the identity. An asset that is known by name alone has its name for a URI, as in Airflow, and belongs to the deployment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, unchecked
from transload.model.identity import AssetId, logical_parts
from transload.model.jobs import Flow, Job
from transload.naming import Style, digest, kept, with_name
from transload_airflow.codecs.uris import LONGEST, encoded, identity_of, is_legal, is_stable, uri_for

TOOL: Final = "airflow"

_KEY: Final = re.compile(r"[\w.-]{1,249}")
"""The ids of DAGs and tasks that Airflow allows (`validate_key`)."""

_PROHIBITED: Final = frozenset({"self", "context"})
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_KEY: Final = 120
_LONGEST_NAME: Final = 250

Pair = tuple[str, str]


def assign(graph: AssetGraph) -> AssetGraph:
    """The graph with a legal, stable, distinct name of each asset, job and flow; legal names already there stay."""
    assets = _asset_names(graph.assets)
    flows = _flow_names(graph.flows)
    jobs = _job_names(graph, flows)
    return unchecked(
        [with_name(asset, TOOL, assets[asset.id]) for asset in graph.assets],
        [with_name(job, TOOL, jobs[job.name]) for job in graph.jobs],
        [with_name(flow, TOOL, (flows[flow.name],)) for flow in graph.flows],
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
    """True of a text that Airflow takes as a dag_id or task_id."""
    return _KEY.fullmatch(text) is not None


def is_asset_name(text: str) -> bool:
    """True of a name of an asset or alias that Airflow takes on every database but MySQL, which wants ASCII."""
    return 0 < len(text) <= LONGEST and not text.isspace() and text not in _PROHIBITED and text.isprintable()


def homes(graph: AssetGraph, flows: Mapping[str, str]) -> dict[str, str]:
    """The one flow in which each job becomes a task. `flows`: name → dag_id.

    It is the one of its dag_id, else one that has a schedule, else the one with most jobs, else the first.
    """
    scheduled = {
        flow.name
        for flow in graph.flows
        if any(schedule.trigger is not None and schedule.active is not False for schedule in flow.schedules)
    }
    by_job = {}
    for job, runs in graph.flows_of.items():
        dag_id = (*graph.job[job].names.get(TOOL, ()), "")[0]
        by_job[job] = max(
            runs, key=lambda flow: (flows[flow.name] == dag_id, flow.name in scheduled, len(flow.jobs))
        ).name
    return by_job


def _pair(entity: Asset | Job) -> Pair | None:
    """The name in two parts that an asset or job already has."""
    match entity.names.get(TOOL):
        case (first, second):
            return first, second
        case _:
            return None


_NAMES: Final = Style[str](str.lower, "{}-{}".format)
"""Names that differ by more than case: files are called after some."""


def _distinct(wanted: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    return _NAMES.distinct(wanted, {text.lower() for text in taken})


def _asset_names(assets: Iterable[Asset]) -> dict[AssetId, Pair]:
    assets = list(assets)
    own = _own_assets(assets)
    fresh = {repr(tuple(asset.id)): asset for asset in assets if asset.id not in own}
    names = _distinct({key: _readable(asset) for key, asset in fresh.items()}, {name for name, _ in own.values()})
    taken = {uri for _, uri in own.values()}
    pairs: dict[AssetId, Pair] = {}
    for key, asset in fresh.items():
        name, parts = names[key], logical_parts(asset.id)
        if parts is None or parts[0] != TOOL:
            uri = uri_for(asset.id)
        elif parts[2] == (name,) and is_stable(name) and identity_of(name) is None:
            # In Airflow an asset that is known by its name alone has it for a URI too.
            uri = name
        else:
            uri = encoded(asset.id)
        pairs[asset.id] = (name, encoded(asset.id) if uri in taken else uri)
    return own | pairs


def _own_assets(assets: Collection[Asset]) -> dict[AssetId, Pair]:
    """The names that can stay: legal, unlike any other, and with no URI that is the identity of another asset of the graph."""
    known = {asset.id for asset in assets}
    own: dict[AssetId, Pair] = {}
    names, uris = set(), set()
    for asset in assets:
        pair = _pair(asset)
        if pair is None or pair[0] in names or pair[1] in uris or not (is_asset_name(pair[0]) and is_legal(pair[1])):
            continue
        if identity_of(pair[1]) in {None, asset.id} or identity_of(pair[1]) not in known:
            own[asset.id] = pair
            names.add(pair[0])
            uris.add(pair[1])
    return own


def _readable(asset: Asset) -> str:
    parts = logical_parts(asset.id)
    path = asset.names.get("dagster", parts[2] if parts else (asset.id.name,))
    # Stripped once more, as a name that is cut off may end in a space.
    text = "".join(char if char.isprintable() else "_" for char in "/".join(path)).strip()[:_LONGEST_NAME].strip()
    return text if is_asset_name(text) else f"asset-{digest(repr(tuple(asset.id)))}"


def _slug(text: str) -> str:
    slug = _UNFIT.sub("_", text).strip("_-")[:_LONGEST_KEY]
    return slug or f"x{digest(text)}"


def _flow_names(flows: Collection[Flow]) -> dict[str, str]:
    names = kept((flow.name, _own_dag_id(flow)) for flow in flows)
    fresh = [flow.name for flow in flows if flow.name not in names]
    wanted = {name: name if is_key(name) and len(name) <= _LONGEST_KEY else _slug(name) for name in fresh}
    return names | _distinct(wanted, names.values())


def _own_dag_id(flow: Flow) -> str | None:
    name = flow.names.get(TOOL, ())
    return name[0] if len(name) == 1 and is_key(name[0]) else None


def _job_names(graph: AssetGraph, flows: Mapping[str, str]) -> dict[str, Pair]:
    home = homes(graph, flows)
    alone = [job for job in graph.jobs if job.name not in home]
    # A job that no flow runs has a DAG of its own, whose name is no flow's, so that it is seen to be added.
    reserved = {*flows.values(), *flows}
    pairs = {job.name: pair for job in alone if (pair := _pair(job)) is not None}
    own = {job: dag for job, (dag, _) in pairs.items() if is_key(dag) and dag not in reserved}
    wanted = {job.name: _slug(_subject(graph, job)) for job in alone if job.name not in own}
    added = own | _distinct(wanted, {*reserved, *own.values()})
    return _task_names(graph, {job: flows[flow] for job, flow in home.items()} | added)


def _subject(graph: AssetGraph, job: Job) -> str:
    """The only asset that a job writes, else its own name."""
    written = list(dict.fromkeys(write.asset for write in job.writes))
    return _readable(graph.asset[written[0]]) if len(written) == 1 and written[0] in graph.asset else _own_name(job)


def _own_name(job: Job) -> str:
    others = [job.names[tool] for tool in sorted(job.names) if tool != TOOL and job.names[tool]]
    return others[0][-1] if others else job.name.rpartition(".")[2] or job.name


def _task_names(graph: AssetGraph, dags: Mapping[str, str]) -> dict[str, Pair]:
    names = kept(((job.name, _own_task(job, dags[job.name])) for job in graph.jobs), ".".join)
    wanted = {job.name: f"{dags[job.name]}.{_slug(_own_name(job))}" for job in graph.jobs if job.name not in names}
    fresh = _distinct(wanted, map(".".join, names.values()))
    return names | {job: (dags[job], name.removeprefix(f"{dags[job]}.")) for job, name in fresh.items()}


def _own_task(job: Job, dag: str) -> Pair | None:
    pair = _pair(job)
    return pair if pair is not None and pair[0] == dag and is_key(pair[1]) else None
