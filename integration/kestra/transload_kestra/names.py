"""Identity ↔ Kestra's names: an asset has an id, a flow a namespace and an id, a task those of its flow and an id of its own.

The forms are those of Kestra 1.3: `AbstractFlow`, `TaskInterface` and `Asset` in `io.kestra.core.models`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from transload.model.assets import Asset
from transload.model.graph import AssetGraph, name_of
from transload.model.identity import AssetId, logical_parts, uri_of
from transload.model.jobs import Flow, Job
from transload.naming import Style, digest, kept, with_name

from . import TOOL

NAMESPACE: Final = "transload"
"""Of flows that come from elsewhere."""

FLOW_ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}")
FLOW_NAMESPACE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,149}")
TASK_ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,255}")
ASSET_ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,149}")

_OTHERS: Final = re.compile(r"[^a-zA-Z0-9_]+")
_LONGEST: Final = 60
"""Characters of a name that is made here, without its digest."""

Names = tuple[str, ...]


def asset_id(_asset: Asset) -> AssetId | None:
    """It depends on the deployment."""
    return None


def flow_name(flow: Flow) -> str:
    """Namespace and id."""
    return ".".join(flow.names[TOOL])


def job_name(job: Job) -> str:
    """Namespace and id of the flow, and the task's own id."""
    return ".".join(job.names[TOOL])


def assign(graph: AssetGraph) -> AssetGraph:
    """The graph with a legal and distinct native name for everything."""
    flows = _distinct(graph.flows, _legal_flow, lambda flow: (NAMESPACE, _slug(flow.name)))
    homes = home_of(graph, flows)
    return graph.model_copy(
        update={
            "assets": _with(graph.assets, _distinct(graph.assets, _legal_asset, lambda asset: (_asset_slug(asset),))),
            "flows": _with(graph.flows, flows),
            "jobs": _with(graph.jobs, _job_names(graph.jobs, homes)),
        }
    )


def home_of(graph: AssetGraph, flows: Mapping[str, Names]) -> dict[str, Names]:
    """Job → the flow whose task it is: the first of those that run it, or one of its own."""
    taken = {".".join(names) for names in flows.values()} | {flow.name for flow in graph.flows}
    homes: dict[str, Names] = {}
    for job in graph.jobs:
        running = [flows[flow.name] for flow in graph.flows_of.get(job.name, ())]
        homes[job.name] = min(running) if running else _own(job, taken)
    return homes


def _own(job: Job, taken: Iterable[str]) -> Names:
    former = job.names.get(TOOL, ())
    home = former[:2] if _legal_job(former) else (NAMESPACE, _slug(job.name))
    return home if ".".join(home) not in taken else (NAMESPACE, f"{_slug(job.name)}-{digest(job.name)}-flow")


def _job_names(jobs: Iterable[Job], homes: Mapping[str, Names]) -> dict[Any, Names]:
    rooms: dict[Names, list[Job]] = {}
    for job in jobs:
        rooms.setdefault(homes[job.name], []).append(job)
    names: dict[Any, Names] = {}
    for home, members in rooms.items():
        names |= _distinct(members, partial(_is_task_of, home), partial(_task_of, home))
    return names


def _is_task_of(home: Names, names: Names) -> bool:
    return _legal_job(names) and names[:2] == home


def _task_of(home: Names, job: Job) -> Names:
    return (*home, _slug(_last(job.name, home)))


def _last(name: str, home: Names) -> str:
    """The name of a job without the flow's in front of it."""
    own = name.removeprefix(f"{'.'.join(home)}.").removeprefix(f"{home[1]}.")
    return own or name


_STYLE: Final[Style[Names]] = Style("/".join, lambda names, mark: (*names[:-1], f"{names[-1][:_LONGEST]}-{mark}"))


def _distinct(
    entities: Sequence[Any], legal: Callable[[Names], bool], derived: Callable[[Any], Names]
) -> dict[Any, Names]:
    """Legal names stay; the others are derived, and get a digest where they would be alike."""
    former = {name_of(entity): entity.names.get(TOOL, ()) for entity in entities}
    stay = kept((key, names if legal(names) else None) for key, names in former.items())
    wanted = {name_of(entity): derived(entity) for entity in entities if name_of(entity) not in stay}
    return {**stay, **_STYLE.distinct(wanted, {"/".join(names) for names in stay.values()}, _text)}


def _text(key: str | AssetId) -> str:
    return key if isinstance(key, str) else str(tuple(key))


def _with(entities: Iterable[Any], names: Mapping[Any, Names]) -> tuple[Any, ...]:
    return tuple(with_name(entity, TOOL, names[name_of(entity)]) for entity in entities)


def _legal_flow(names: Names) -> bool:
    return len(names) == 2 and bool(FLOW_NAMESPACE.fullmatch(names[0]) and FLOW_ID.fullmatch(names[1]))


def _legal_job(names: Names) -> bool:
    return len(names) == 3 and _legal_flow(names[:2]) and bool(TASK_ID.fullmatch(names[2]))


def _legal_asset(names: Names) -> bool:
    return len(names) == 1 and bool(ASSET_ID.fullmatch(names[0]))


def _asset_slug(asset: Asset) -> str:
    parts = logical_parts(asset.id)
    return _slug(uri_of(asset.id) if parts is None else "_".join(parts[2]))


def _slug(text: str) -> str:
    """Letters, digits and underscores, with a digest where that is not the whole text."""
    plain = _OTHERS.sub("_", text).strip("_")[:_LONGEST]
    return plain if plain and _OTHERS.sub("_", text) == plain else f"{plain or 'x'}-{digest(text)}"
