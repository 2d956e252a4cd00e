"""Identity ↔ the names that Prefect takes: the key of an asset, the name of a flow, and a task within its flow.

An asset's key is its URI, with what a key cannot hold written as `~` and the hexadecimal code of each byte of UTF-8 (`prefect` 3.9.1,
`types/names.py`: `%` is forbidden, so that percent-encoding is no way out). A URI whose scheme Prefect refuses (`x-dag://`, `arn:`)
stands behind `uri://`. A job is named by the flow that it runs in and its task: `daily-sales/load_orders`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from transload.errors import IdentityError
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, name_of
from transload.model.identity import AssetId, identify, scrub, uri_of
from transload.model.jobs import Flow, Job
from transload.naming import Style, digest, kept, with_name
from transload_prefect.codecs.deployments import is_name, legal_name
from transload_prefect.shaping.flows import made_flows

TOOL: Final = "prefect"
LONGEST: Final = 512
"""Characters in a key (Prefect 3.4.7 and later)."""

_FORBIDDEN: Final = frozenset("\n\r\t\0 #?&%\"'<>[]{}|\\^`")
_ESCAPED: Final = re.compile("[" + re.escape("".join(sorted(_FORBIDDEN))) + "]|~(?=[0-9A-F]{2})")
_ESCAPED_INSIDE: Final = re.compile(_ESCAPED.pattern + "|[@;]")
"""Behind `uri://` also what would make credentials of a text that has none."""
_ESCAPE: Final = re.compile(r"(?:~[0-9A-F]{2})+")
_SCHEME: Final = re.compile(r"[a-z0-9]+://")
_WRAPPED: Final = "uri://"
_DIGEST: Final = 16
_CACHED: Final = 1 << 17
"""Keys whose identities are cached: more than most estates have."""


# Assets


def is_key(text: str) -> bool:
    """True if Prefect takes a text as an asset's key."""
    return bool(_SCHEME.match(text)) and len(text) <= LONGEST and _FORBIDDEN.isdisjoint(text)


def key_of_uri(uri: str) -> str:
    """The key of a URI; one that is too long is cut, and a digest of the whole put at its end.

    >>> key_of_uri("s3://lake/orders"), key_of_uri("s3://lake/a b"), key_of_uri("x-dag://d")
    ('s3://lake/orders', 's3://lake/a~20b', 'uri://x-dag://d')
    """
    legal = _SCHEME.match(uri) and not uri.startswith(_WRAPPED)
    key = _ESCAPED.sub(_escape, uri) if legal else _WRAPPED + _ESCAPED_INSIDE.sub(_escape, uri)
    return key if len(key) <= LONGEST else f"{key[: LONGEST - _DIGEST - 1]}~{digest(uri, _DIGEST)}"


def uri_of_key(key: str) -> str:
    """The URI of a key: `uri_of_key(key_of_uri(uri)) == uri` unless the key had to be cut.

    >>> uri_of_key("s3://lake/a~20b"), uri_of_key("s3://lake/~ann"), uri_of_key("uri://x-dag://d")
    ('s3://lake/a b', 's3://lake/~ann', 'x-dag://d')
    """
    try:
        text = _ESCAPE.sub(_unescape, key)
    except UnicodeDecodeError:
        return key
    uri = text.removeprefix(_WRAPPED)
    return uri if key_of_uri(uri) == key else key


@lru_cache(maxsize=_CACHED)
def identity_of(key: str) -> AssetId | None:
    """The identity that a key stands for; None if it is no URI."""
    try:
        return identify(uri_of_key(key))
    except IdentityError:
        return None


def is_canonical(key: str) -> bool:
    """True for the spelling of a key that its identity is written with; other spellings stand for the same dataset."""
    identity = identity_of(key)
    return identity is not None and key_of_uri(uri_of(identity)) == key


def _escape(match: re.Match[str]) -> str:
    return "".join(f"~{byte:02X}" for byte in match[0].encode())


def _unescape(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("~", "")).decode()


# What the readers derive


def asset_id(asset: Asset) -> AssetId | None:
    """The identity that the readers give to the written asset; None where another spelling may come before this one."""
    key = asset.names[TOOL][0]
    return identity_of(key) if is_canonical(key) else None


def job_name(job: Job) -> str:
    """`flow/task`; a slash is no part of a flow's name in Prefect."""
    return qualified(*job.names[TOOL])


def qualified(flow: str, task: str) -> str:
    """The name of a job. A task outside of any flow has its own name.

    >>> qualified("daily-sales", "load"), qualified("", "load")
    ('daily-sales/load', 'load')
    """
    return f"{flow}/{task}" if flow else task


def flow_name(flow: Flow) -> str:
    """The flow's own name."""
    return flow.names[TOOL][0]


# Giving names


def assign(graph: AssetGraph) -> AssetGraph:
    """The graph with a native name for everything. A name that is there stays if Prefect takes it and no other has it before."""
    flows = _allotted(graph.flows, lambda flow: legal_name(flow.name, "flow"), _legal_flow)
    named = graph.model_copy(
        update={"flows": tuple(with_name(flow, TOOL, (flows[flow.name],)) for flow in graph.flows)}
    )
    home = homes(named)
    assets = _allotted(graph.assets, lambda asset: key_of_uri(uri_of(asset.id)), _legal_asset)
    jobs = _job_names(graph, home)
    return AssetGraph.model_construct(
        assets=tuple(with_name(asset, TOOL, (assets[asset.id],)) for asset in graph.assets),
        jobs=tuple(with_name(job, TOOL, jobs[job.name]) for job in graph.jobs),
        flows=named.flows,
        aliases=graph.aliases,
    )


def _legal_flow(names: tuple[str, ...]) -> str | None:
    return names[0] if len(names) == 1 and is_name(names[0]) else None


def _legal_asset(names: tuple[str, ...]) -> str | None:
    return names[0] if len(names) == 1 and is_key(names[0]) and scrub(names[0]) == names[0] else None


_NAMES: Final = Style[str](str, lambda name, end: f"{name[: LONGEST - len(end) - 1]}~{end}")


def _allotted(
    entities: Iterable[Any], derive: Callable[[Any], str], legal: Callable[[tuple[str, ...]], str | None]
) -> dict[Any, str]:
    """A distinct name for each entity: first those that have one, then the others; order does not matter."""
    table = {name_of(entity): entity for entity in sorted(entities, key=name_of)}
    names = kept((name, legal(entity.names.get(TOOL, ()))) for name, entity in table.items())
    wanted = {name: derive(entity) for name, entity in table.items() if name not in names}
    return names | _NAMES.distinct(wanted, set(names.values()), lambda name: f"{wanted[name]} {_text(name)}")


def _text(name: Any) -> str:
    return str(tuple(name) if isinstance(name, AssetId) else name)


def _job_names(graph: AssetGraph, home: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    rooms: dict[str, list[Job]] = {}
    for job in graph.jobs:
        rooms.setdefault(home[job.name], []).append(job)
    pairs: dict[str, tuple[str, str]] = {}
    for room, jobs in rooms.items():
        names = _allotted(jobs, lambda job, room=room: _task(job, room), lambda own, room=room: _legal_task(own, room))  # type: ignore[misc]
        pairs.update({job: (room, name) for job, name in names.items()})
    return pairs


def _legal_task(names: tuple[str, ...], room: str) -> str | None:
    return names[1] if len(names) == 2 and names[0] == room and names[1] else None  # noqa: PLR2004 - flow and task


def _task(job: Job, room: str) -> str:
    """The job's name without its flow, which the other tools put in front with a dot."""
    for prefix in (f"{room}/", f"{room}."):
        if job.name.startswith(prefix) and job.name != prefix:
            return job.name.removeprefix(prefix)
    return job.name or "task"


# The flow that a job is named by


def homes(graph: AssetGraph) -> dict[str, str]:
    """Job → the first flow that runs it, by Prefect's name.

    A job that is in none stays in the flow that it is named by, and else gets one with the others of its group and trigger, unless
    Prefect itself had it outside of any: then "".
    """
    taken = {name for flow in graph.flows for name in (flow.name, flow.names[TOOL][0])}
    first_flows = {}
    homeless = []
    for job in graph.jobs:
        flows = [flow.names[TOOL][0] for flow in graph.flows_of.get(job.name, ())]
        alone = _legal_task(job.names.get(TOOL, ()), "") is not None
        first_flows[job.name] = min(flows) if flows else ""
        homeless.extend([] if flows or alone else [job])
    stay = _named_before(graph, homeless, taken)
    rest = [job for job in homeless if job.name not in stay]
    return {**first_flows, **stay, **made_flows(graph, rest, taken | set(stay.values()))}


def _named_before(graph: AssetGraph, jobs: Iterable[Job], taken: Collection[str]) -> dict[str, str]:
    """Job → the flow in its name, where all jobs that name this flow are started alike."""
    named: dict[str, list[Job]] = {}
    for job in jobs:
        names = job.names.get(TOOL, ())
        if len(names) == 2 and is_name(names[0]) and names[0] not in taken:  # noqa: PLR2004 - flow and task
            named.setdefault(names[0], []).append(job)
    flows: dict[str, str] = {}
    for flow, members in named.items():
        triggers = (graph.asset[job.writes[0].asset].trigger if job.writes else None for job in members)
        if len({None if trigger is None else trigger.model_dump_json() for trigger in triggers}) == 1:
            flows.update(dict.fromkeys((job.name for job in members), flow))
    return flows
