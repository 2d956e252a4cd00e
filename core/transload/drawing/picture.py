"""What all three forms draw: a graph as numbered nodes and links, with what marks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from transload.loss import Loss
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, Edge, subject_of
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Job
from transload.model.triggers import updated_assets
from transload.report import one_line

COLOURS: Final = ("#0f9d8f", "#7c5cff", "#e8891c", "#d6408a", "#2f8fdd", "#7a9a01", "#b5651d", "#6b7a90")
"""Of the tools; told apart by the colour-blind as far as the third. web/page.css repeats them as `--tool-0` and so on."""

CROSSING: Final = "#e5383b"
"""Of a link from one tool to another."""

_USUAL: Final = ("airflow", "dagster", "prefect")
_ELLIPSIS: Final = "…"


@dataclass(frozen=True)
class Node:
    """An asset. `tools` are indexes into the picture's; `losses` are its own and those of the jobs that write it."""

    asset: Asset
    uri: str
    name: str
    space: str
    tools: tuple[int, ...]
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class Link:
    """All edges between the same two nodes, by index. `crossing`: a job of another tool than those that write the upstream."""

    upstream: int
    downstream: int
    jobs: tuple[str, ...]
    kind: str
    crossing: bool


@dataclass(frozen=True)
class Picture:
    """A graph as it is drawn. `losses` are those of no node, `started` the names of the flows that each asset's updates start."""

    graph: AssetGraph
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    tools: tuple[str, ...]
    losses: tuple[Loss, ...]
    started: Mapping[AssetId, Sequence[str]]


def picture_of(graph: AssetGraph, losses: Iterable[Loss] = ()) -> Picture:
    """The picture of a graph. Equal graphs and losses give equal pictures."""
    tools = _tools(graph)
    by_subject = _by_subject(losses)
    nodes = tuple(_node(graph, asset, tools, by_subject) for asset in graph.assets)
    shown = {subject for asset in graph.assets for subject in _subjects(graph, asset)}
    rest = tuple(loss for subject, some in by_subject.items() if subject not in shown for loss in some)
    return Picture(graph, nodes, tuple(_links(graph)), tools, rest, _started(graph))


def tools_of(entity: Asset | Job) -> tuple[str, ...]:
    """The tools that know an asset or a job, sorted: those that name it, else the one it was read from."""
    read_from = (entity.origin.tool,) if entity.origin else ()
    return tuple(sorted(entity.names)) or read_from


def colour_of(tool: int) -> str:
    """The colour of a tool, by its index."""
    return COLOURS[tool % len(COLOURS)]


def shortened(text: str, limit: int) -> str:
    """The text on one line, with its middle left out where it is longer than `limit` characters.

    >>> shortened("warehouse.public.orders", 11)
    'wareh…rders'
    """
    line = one_line(text)
    if len(line) <= limit:
        return line
    head = limit // 2
    return line[:head] + _ELLIPSIS + line[len(line) - (limit - head - 1) :]


def _tools(graph: AssetGraph) -> tuple[str, ...]:
    """The usual three keep their colours, whichever are there."""
    entities: tuple[Asset | Job, ...] = (*graph.assets, *graph.jobs)
    present = {tool for entity in entities for tool in tools_of(entity)}
    return (*_USUAL, *sorted(present.difference(_USUAL)))


def _by_subject(losses: Iterable[Loss]) -> Mapping[str, list[Loss]]:
    groups: dict[str, list[Loss]] = {}
    for loss in losses:
        groups.setdefault(loss.subject, []).append(loss)
    return groups


def _subjects(graph: AssetGraph, asset: Asset) -> Iterator[str]:
    yield subject_of(asset)
    yield from (subject_of(job) for job in graph.writers.get(asset.id, ()))


def _node(graph: AssetGraph, asset: Asset, tools: Sequence[str], losses: Mapping[str, Sequence[Loss]]) -> Node:
    return Node(
        asset=asset,
        uri=uri_of(asset.id),
        name=asset.id.name,
        space=asset.id.namespace,
        tools=tuple(sorted(tools.index(tool) for tool in tools_of(asset))),
        losses=tuple(loss for subject in _subjects(graph, asset) for loss in losses.get(subject, ())),
    )


def _started(graph: AssetGraph) -> Mapping[AssetId, Sequence[str]]:
    flows: dict[AssetId, dict[str, None]] = {}
    for flow in graph.flows:
        for schedule in flow.schedules:
            for asset in updated_assets(schedule.trigger):
                flows.setdefault(asset, {})[flow.name] = None
    return {asset: list(names) for asset, names in flows.items()}


def _links(graph: AssetGraph) -> Iterator[Link]:
    index = {asset.id: number for number, asset in enumerate(graph.assets)}
    groups: dict[tuple[int, int], list[Edge]] = {}
    for edge in graph.edges:
        groups.setdefault((index[edge.upstream], index[edge.downstream]), []).append(edge)
    for (upstream, downstream), edges in sorted(groups.items()):
        jobs = tuple(dict.fromkeys(edge.job for edge in edges))
        yield Link(upstream, downstream, jobs, edges[0].kind, any(_is_crossing(graph, edge) for edge in edges))


def _is_crossing(graph: AssetGraph, edge: Edge) -> bool:
    makers = {tool for job in graph.writers.get(edge.upstream, ()) for tool in tools_of(job)}
    takers = tools_of(graph.job[edge.job])
    return bool(takers and makers.difference(takers))
