"""The flows that are made for jobs which are in none: the jobs that run together, and the name of such a flow.

Jobs of one group of assets with one trigger and the same partitions run together. Their flow has the name of the asset if it makes
only one, and else that of the group, with the kind of the trigger and a word for the partitions where there are any. A digest is added
only where two would have one name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.jobs import Job
from transload.naming import WHOLE, digest
from transload_prefect.codecs.deployments import legal_name
from transload_prefect.codecs.partitions import word_of

_NO_GROUP: Final = "assets"
_PARTS: Final = 3
"""Parts of an asset's name, counted from its end, that the name of a flow is made of at most."""

_FILE: Final = re.compile(r"\.(?:csv|json|parquet|txt|avro|orc|gz)$")


class Shared(NamedTuple):
    """The group, trigger and partitions of the first asset of a job, as JSON ("" for none); jobs in which they are equal run together."""

    group: str
    trigger: str
    partitions: str


def made_flows(graph: AssetGraph, jobs: Iterable[Job], taken: Iterable[str]) -> dict[str, str]:
    """Job → the name of the flow that is made for it, none of which is in `taken`."""
    together: dict[Shared, list[Job]] = {}
    for job in jobs:
        asset = _asset(graph, job)
        trigger = asset.trigger if asset else None
        partitions = asset.partitions if asset else None
        shared = Shared(
            (asset.group if asset else None) or _NO_GROUP,
            trigger.model_dump_json() if trigger else "",
            partitions.model_dump_json() if partitions else "",
        )
        together.setdefault(shared, []).append(job)
    candidates = {shared: _candidates(shared, members, graph) for shared, members in together.items()}
    names = _distinct(candidates, set(taken))
    return {job.name: names[shared] for shared, members in together.items() for job in members}


def _asset(graph: AssetGraph, job: Job) -> Asset | None:
    return graph.asset[job.writes[0].asset] if job.writes else None


def _candidates(shared: Shared, jobs: Sequence[Job], graph: AssetGraph) -> list[str]:
    """Names for a flow, best first."""
    asset = _asset(graph, jobs[0])
    trigger = asset.trigger if asset else None
    kind = f"-{trigger.kind.replace('_', '-')}" if trigger else ""
    word = f"-{word_of(asset.partitions).replace(' ', '-')}" if asset and asset.partitions else ""
    of_group = legal_name(f"{shared.group}{kind}{word}", _NO_GROUP)
    if asset is None or trigger is None:
        return [of_group]
    if len(jobs) > 1 or len(jobs[0].writes) > 1:
        return [of_group]
    return [*_ends(asset.id.name), of_group]


def _ends(name: str) -> list[str]:
    """The ends of an asset's name as words, the shortest first.

    >>> _ends("lake/raw/orders.csv"), _ends("shop.public.orders")
    (['orders', 'raw-orders', 'lake-raw-orders'], ['orders', 'public-orders', 'shop-public-orders'])
    """
    parts = [re.sub(r"[^A-Za-z0-9_]+", "-", part).strip("-") for part in re.split(r"[/.:]", _FILE.sub("", name))]
    words = [part for part in parts if part]
    ends = ["-".join(words[-size:]) for size in range(1, min(_PARTS, len(words)) + 1)]
    return [end for end in ends if legal_name(end, _NO_GROUP) == end]


def _distinct(candidates: Mapping[Shared, Sequence[str]], taken: set[str]) -> dict[Shared, str]:
    """For each the first candidate that is its alone, else one with a digest; the order of the flows does not matter."""
    chosen: dict[Shared, str] = {}
    for rank in range(max(map(len, candidates.values()), default=0)):
        wanted = {flow: names[rank] for flow, names in candidates.items() if flow not in chosen and rank < len(names)}
        count = Counter(wanted.values())
        free = {flow: name for flow, name in wanted.items() if count[name] == 1 and name not in taken}
        chosen.update(free)
        taken.update(free.values())
    for flow in sorted(set(candidates) - set(chosen)):
        name, text = candidates[flow][-1], "\n".join(flow)
        # At least one digest, since another flow wants the name too; more only where that is taken as well.
        while name in taken or "\n" in text:
            text = digest(text, WHOLE)
            name = f"{name}-{text[:6]}"
        chosen[flow] = name
        taken.add(name)
    return chosen
