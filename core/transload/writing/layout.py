"""Which module of a large project a definition goes into: by where its asset belongs, and not too many in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import is_physical
from transload.model.jobs import Flow, Job
from transload.writing.names import Names, file_stem

MOST: Final = 200
"""Definitions in one module, so that a person can still read it."""

_T = TypeVar("_T")


def spread(
    items: Iterable[_T], home: Callable[[_T], str], taken: Iterable[str] = (), *, most: int = MOST
) -> dict[str, list[_T]]:
    """Module → its items, at most `most` and in their order: `sales`, `sales_2`; `taken` are modules that something else is in.

    >>> spread(["a1", "b1", "a2", "a3"], lambda item: item[0], most=2)
    {'a': ['a1', 'a2'], 'a_2': ['a3'], 'b': ['b1']}
    """
    homes: dict[str, list[_T]] = {}
    for item in items:
        homes.setdefault(home(item), []).append(item)
    parts = {text: part for each in sorted(homes) for text, part in _parts(each, homes, most)}
    stems = Names(taken, file_stem).allocate_all(parts)
    return {stems[text]: part for text, part in parts.items()}


def _parts(home: str, homes: dict[str, list[_T]], most: int) -> Iterator[tuple[str, list[_T]]]:
    items = homes[home]
    yield home, items[:most]
    for number, start in enumerate(range(most, len(items), most), 2):
        text = f"{home}_{number}"
        while text in homes:
            text += "_"
        yield text, items[start : start + most]


def area(asset: Asset) -> str:
    """Where an asset belongs: its group, else the folder, schema or bucket that it is in, else `assets`.

    >>> from transload.model.identity import identify
    >>> [area(Asset(id=identify(uri))) for uri in ("s3://lake/raw/orders.csv", "postgres://h/db/sales/orders", "s3://lake/orders")]
    ['raw', 'sales', 'lake']
    """
    if asset.group:
        return asset.group
    namespace, name = asset.id
    if not is_physical(asset.id) and "/" not in name:
        return "assets"
    for separator in "/.":
        folders = [part for part in name.split(separator)[:-1] if part]
        if len(folders) > (separator == "."):
            return folders[-1]
    return namespace.rstrip("/").rpartition("/")[2]


def area_of_job(job: Job, graph: AssetGraph) -> str | None:
    """Where what it writes belongs, else what it reads; None if it does neither."""
    assets = [write.asset for write in job.writes] + [read.asset for read in job.reads]
    return area(graph.asset[assets[0]]) if assets else None


def area_of_flow(flow: Flow, graph: AssetGraph) -> str | None:
    """Where what its jobs make belongs, the first of them first; None if they have no assets."""
    areas: Sequence[str | None] = [area_of_job(graph.job[name], graph) for name in flow.jobs]
    return next(filter(None, areas), None)
