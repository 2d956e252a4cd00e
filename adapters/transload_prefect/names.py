"""Identity ↔ the names that Prefect takes: the key of an asset, the name of a flow, and a task within its flow.

An asset's key is its URI, with what a key cannot hold written as `~` and the hexadecimal code of each byte of UTF-8 (`prefect` 3.9.1,
`types/names.py`: `%` is forbidden, so that percent-encoding is no way out). A URI whose scheme Prefect refuses (`x-dag://`, `arn:`)
stands behind `uri://`. A job is named by the flow that it runs in and its task: `daily-sales/load_orders`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from transload.errors import IdentityError
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, identify, scrub, uri_of
from transload.model.jobs import Flow, Job
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
    return key if len(key) <= LONGEST else f"{key[: LONGEST - _DIGEST - 1]}~{_digest(uri, _DIGEST)}"


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


def _digest(text: str, length: int = 8) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


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
    flows = _given(graph.flows, lambda flow: legal_name(flow.name, "flow"), _legal_flow)
    named = graph.model_copy(update={"flows": tuple(_with_name(flow, (flows[flow.name],)) for flow in graph.flows)})
    home = homes(named)
    assets = _given(graph.assets, lambda asset: key_of_uri(uri_of(asset.id)), _legal_asset)
    jobs = _job_names(graph, home)
    return AssetGraph.model_construct(
        assets=tuple(_with_name(asset, (assets[asset.id],)) for asset in graph.assets),
        jobs=tuple(_with_name(job, jobs[job.name]) for job in graph.jobs),
        flows=named.flows,
        aliases=graph.aliases,
    )


def _with_name(entity: Any, names: tuple[str, ...]) -> Any:
    if entity.names.get(TOOL) == names:
        return entity
    return entity.model_copy(update={"names": {**entity.names, TOOL: names}})


def _legal_flow(names: tuple[str, ...]) -> str | None:
    return names[0] if len(names) == 1 and is_name(names[0]) else None


def _legal_asset(names: tuple[str, ...]) -> str | None:
    return names[0] if len(names) == 1 and is_key(names[0]) and scrub(names[0]) == names[0] else None


def _given(
    entities: Iterable[Any], derive: Callable[[Any], str], legal: Callable[[tuple[str, ...]], str | None]
) -> dict[Any, str]:
    """A distinct name for each entity: first those that have one, then the others; order does not matter."""
    given: dict[Any, str] = {}
    taken: set[str] = set()
    waiting = []
    for name, entity in _by_name(entities):
        own = legal(entity.names.get(TOOL, ()))
        if own is not None and own not in taken:
            given[name] = own
            taken.add(own)
        else:
            waiting.append((name, entity))
    for name, entity in waiting:
        given[name] = _free(derive(entity), str(tuple(name) if isinstance(name, AssetId) else name), taken)
        taken.add(given[name])
    return given


def _by_name(entities: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    pairs = ((entity.id if isinstance(entity, Asset) else entity.name, entity) for entity in entities)
    return iter(sorted(pairs, key=lambda pair: pair[0]))


def _free(name: str, whole: str, taken: set[str]) -> str:
    while name in taken:
        whole = f"{name} {whole}"
        name = f"{name[: LONGEST - 9]}~{_digest(whole)}"
    return name


def _job_names(graph: AssetGraph, home: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    rooms: dict[str, list[Job]] = {}
    for job in graph.jobs:
        rooms.setdefault(home[job.name], []).append(job)
    given: dict[str, tuple[str, str]] = {}
    for room, jobs in rooms.items():
        names = _given(jobs, lambda job, room=room: _task(job, room), lambda own, room=room: _legal_task(own, room))  # type: ignore[misc]
        given.update({job: (room, name) for job, name in names.items()})
    return given


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
