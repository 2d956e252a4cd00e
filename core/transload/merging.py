"""Several graphs into one: the same asset is one node, and what two of them say differently is reported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from transload.loss import Code, Loss, Severity
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph, graph_of, name_of, subject_of
from transload.model.jobs import Flow, Job
from transload.model.references import Renames, renamed
from transload.naming import numbered

Named = TypeVar("Named", Asset, Job, Flow, Alias)

_UNITED = frozenset({"names", "native"})
"""Fields that hold one entry per tool: both sides' entries are kept."""

_PLACE = frozenset({"origin"})


def merged(graphs: Sequence[AssetGraph], renames: Renames | None = None) -> tuple[AssetGraph, tuple[Loss, ...]]:
    """One graph of all, after `renames`. Of two values of a field the first wins, and the other is reported.

    Jobs and flows of one name in two tools are two: the later one gets its tool's name in front.
    """
    parts = [renamed(graph, renames) if renames else graph for graph in graphs]
    distinct = _distinct(parts)
    losses: list[Loss] = []
    graph = graph_of(
        assets=_united((asset for part in distinct for asset in part.assets), losses),
        jobs=_united((job for part in distinct for job in part.jobs), losses),
        flows=_united((flow for part in distinct for flow in part.flows), losses),
        aliases=_united((alias for part in distinct for alias in part.aliases), losses),
    )
    return graph, tuple(losses)


def _distinct(graphs: Sequence[AssetGraph]) -> list[AssetGraph]:
    jobs: dict[str, str | None] = {}
    flows: dict[str, str | None] = {}
    result = []
    for graph in graphs:
        renames = Renames(jobs=_clashes(graph.jobs, jobs), flows=_clashes(graph.flows, flows))
        result.append(renamed(graph, renames))
    return result


def _clashes(entities: Iterable[Job] | Iterable[Flow], owners: dict[str, str | None]) -> dict[str, str]:
    renames = {}
    for entity in entities:
        tool = entity.origin.tool if entity.origin else None
        if owners.setdefault(entity.name, tool) != tool:
            renames[entity.name] = numbered(f"{tool or 'other'}:{entity.name}", owners.__contains__)
            owners[renames[entity.name]] = tool
    return renames


def _united(entities: Iterable[Named], losses: list[Loss]) -> list[Named]:
    united: dict[Any, Named] = {}
    for entity in entities:
        name = name_of(entity)
        united[name] = _unite(united[name], entity, losses) if name in united else entity
    return list(united.values())


def _unite(first: Named, second: Named, losses: list[Loss]) -> Named:
    changed: dict[str, Any] = {}
    for name, field in type(first).model_fields.items():
        one, other = getattr(first, name), getattr(second, name)
        if one == other or other == field.get_default(call_default_factory=True):
            continue
        if one == field.get_default(call_default_factory=True):
            changed[name] = other
        elif name in _UNITED:
            changed[name] = {**other, **one}
            losses.extend(_disagreements(first, name, one, other))
        elif name not in _PLACE:
            losses.append(_disagreement(first, second, name))
    return first.model_copy(update=changed) if changed else first


def _disagreements(entity: Any, name: str, one: Any, other: Any) -> Iterable[Loss]:
    for tool in one:
        if tool in other and one[tool] != other[tool]:
            yield _lost(
                entity, f"{name}.{tool}", f"It is also {other[tool]!r} in {tool}; {one[tool]!r} is used.", entity
            )


def _disagreement(first: Any, second: Any, name: str) -> Loss:
    places = f"{first.origin or 'the first source'} and {second.origin or 'the second source'}"
    return _lost(first, name, f"{places} say different things; the first is used.", second)


def _lost(entity: Any, name: str, message: str, at: Any) -> Loss:
    return Loss(
        subject=subject_of(entity),
        field=name,
        severity=Severity.DROPPED,
        code=Code.CONTRADICTION,
        message=message,
        remedy="Make both definitions agree, or keep only one of them.",
        origin=at.origin,
    )
