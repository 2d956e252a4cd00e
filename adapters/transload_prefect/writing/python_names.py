"""The Python names in a written project: constants for assets, functions for tasks and flows, all distinct; and their modules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from transload.check_jobs import MODULE
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId
from transload.writing.layout import MOST, area, area_of_flow, area_of_job, spread
from transload.writing.names import Names
from transload_prefect.codecs import keywords
from transload_prefect.codecs.partitions import NAMES, PARAMETERS
from transload_prefect.names import TOOL
from transload_prefect.writing.partitions import constants as partition_names

_CHECKING: Final = ("failure_of", "CheckError", "get_run_logger", "failure", MODULE)
_IMPORTED: Final = (
    "Asset", "AssetProperties", "materialize", "task", "flow", "NotImplementedError", "assets", "flows", *_CHECKING
)  # fmt: skip
_PARTS: Final = 3
"""Parts of a key, counted from its end, that the name of a constant is made of at most."""


_T = TypeVar("_T")


@dataclass(frozen=True)
class Modules:
    """Asset, job and flow → the module that it is in, dotted."""

    assets: Mapping[AssetId, str]
    jobs: Mapping[str, str]
    flows: Mapping[str, str]


@dataclass(frozen=True)
class PythonNames:
    """Asset, job, flow and (by its JSON) partition definition → identifier; and where each is."""

    assets: Mapping[AssetId, str]
    jobs: Mapping[str, str]
    flows: Mapping[str, str]
    partitions: Mapping[str, str]
    modules: Modules


def python_names(graph: AssetGraph) -> PythonNames:
    """Names for everything in a graph; one thing more or less changes no other's, but for those of the same word."""
    parameters = {name for flow in graph.flows for name in (*flow.parameters, *_required(flow))}
    words = _words({asset.id: asset.names[TOOL][0] for asset in graph.assets})
    # What `_words` gives is in lower case or no identifier, so that nothing differs by case only.
    constants = {word: name.upper() for word, name in Names().allocate_all(words.values()).items()}
    definitions = partition_names(graph, constants.values())
    functions = Names({*_IMPORTED, *NAMES, *PARAMETERS, *parameters, *constants.values(), *definitions.values()})
    task_count = Counter(job.names[TOOL][1] for job in graph.jobs)
    tasks = {
        job.name: task if task_count[task] == 1 else f"{flow}/{task}"
        for job in graph.jobs
        for flow, task in [job.names[TOOL]]
    }
    # A flow that is called as its task is `orders_flow` beside `orders`.
    task_texts = set(tasks.values())
    flows = {
        flow.name: f"{name} flow" if name in task_texts else name
        for flow in graph.flows
        for name in [flow.names[TOOL][0]]
    }
    # First the flows, whose names are part of the entrypoints of deployments.
    flow_functions = functions.allocate_all(flows.values())
    task_functions = functions.allocate_all(tasks.values())
    return PythonNames(
        {asset: constants[word] for asset, word in words.items()},
        {job: task_functions[text] for job, text in tasks.items()},
        {flow: flow_functions[text] for flow, text in flows.items()},
        definitions,
        _modules(graph),
    )


def _modules(graph: AssetGraph) -> Modules:
    """`assets` and `flows`; where they would be too long for a person, packages of modules by area, with the tasks in a third."""
    areas = {asset.id: area(asset) for asset in graph.assets}
    assets = _spread("assets", areas) if len(areas) > MOST else dict.fromkeys(areas, "assets")
    jobs = {job.name: area_of_job(job, graph) or job.names[TOOL][0] for job in graph.jobs}
    # Prefect puts the folder of a flow first on the path: a file that is called as a package would hide that.
    flows = {flow.name: f"{area_of_flow(flow, graph) or 'other'}_flows" for flow in graph.flows}
    if len(jobs) + len(flows) <= MOST:
        return Modules(assets, dict.fromkeys(jobs, "flows"), dict.fromkeys(flows, "flows"))
    return Modules(assets, _spread("tasks", jobs), _spread("flows", flows))


def _spread(package: str, areas: Mapping[_T, str]) -> dict[_T, str]:
    parts = spread(areas, areas.__getitem__)
    return {key: f"{package}.{stem}" for stem, part in parts.items() for key in part}


def _required(flow: Any) -> Iterable[str]:
    return flow.native.get(TOOL, {}).get(keywords.REQUIRED, ())  # type: ignore[no-any-return]


def _words(keys: Mapping[AssetId, str]) -> dict[AssetId, str]:
    """The end of each key, as much of it as tells it from the others."""
    texts: dict[AssetId, str] = {}
    for size in range(1, _PARTS + 1):
        ends = {asset: _end(key, size) for asset, key in keys.items() if asset not in texts}
        count = Counter(ends.values())
        taken = set(texts.values())
        texts.update({asset: end for asset, end in ends.items() if count[end] == 1 and end not in taken})
    return {asset: texts.get(asset, key) for asset, key in keys.items()}


def _end(key: str, size: int) -> str:
    """The last parts of a key as words: `s3://lake/raw/orders.csv` is `orders`, then `raw orders`."""
    path = re.sub(r"\.(?:csv|json|parquet|txt|avro|orc|gz)$", "", key.partition("://")[2].rstrip("/"))
    parts = [part for part in re.split(r"[/.:]", path) if part] or [key]
    return " ".join(re.findall(r"[A-Za-z0-9]+", " ".join(parts[-size:]))).lower() or key
