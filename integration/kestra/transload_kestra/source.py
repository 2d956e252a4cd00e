"""Model → files of flows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from transload import carry
from transload.adapter import Translation
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.jobs import Flow, Job
from transload.writing.names import Names, file_stem
from transload.writing.project import ProjectFiles

from . import TOOL
from .static import DATASET, FLOW, STUB
from .support import trigger_names
from .words import duration, input_of, retry_of, trigger_of


class _Dumper(yaml.SafeDumper):
    """Equal values are written out each time: people do not read anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True


def write(translation: Translation) -> ProjectFiles:
    """One file for each flow, and the manifest."""
    native = translation.native
    flows = {".".join(flow.names[TOOL]): flow for flow in native.flows}
    stems = Names(form=file_stem).allocate_all(sorted(flows))
    files = {f"{stems[name]}.yaml": _text(_flow(flow, native)) for name, flow in flows.items()}
    return {**files, carry.MANIFEST: carry.dumps(translation.carried, TOOL)} if translation.carried else files


def _text(content: Mapping[str, Any]) -> str:
    # Escapes of what is no ASCII: no character turns a line round, and JSON's escapes would not be YAML's.
    return yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=float("inf"))


def _flow(flow: Flow, graph: AssetGraph) -> dict[str, Any]:
    namespace, name = flow.names[TOOL]
    triggers = [
        trigger_of(schedule, id_) for schedule, id_ in zip(flow.schedules, trigger_names(flow.schedules), strict=True)
    ]
    fields = {
        "id": name,
        "namespace": namespace,
        "description": flow.description,
        "labels": dict(flow.tags),
        "inputs": [input_of(name, value) for name, value in flow.parameters.items()],
        "concurrency": None if flow.concurrency is None else {"limit": flow.concurrency},
        **_own(flow, "flow", {}, FLOW),
        "tasks": [_task(graph.job[job], graph) for job in flow.jobs],
        "triggers": triggers,
    }
    return {key: value for key, value in fields.items() if value is not None and value not in ({}, [])}


def _task(job: Job, graph: AssetGraph) -> dict[str, Any]:
    assets = {
        "inputs": [{"id": graph.asset[read.asset].names[TOOL][0]} for read in job.reads],
        "outputs": [_asset(graph.asset[write.asset]) for write in job.writes],
    }
    fields = {
        "id": job.names[TOOL][2],
        **_own(job, "task", STUB, frozenset({"id", "description", "assets"})),
        "description": job.description,
        "assets": {key: value for key, value in assets.items() if value},
    }
    fields |= {} if job.retries is None else {"retry": retry_of(job.retries)}
    fields |= {} if job.timeout is None else {"timeout": duration(job.timeout)}
    return {key: value for key, value in fields.items() if value is not None and value != {}}


def _asset(asset: Asset) -> dict[str, Any]:
    fields = {
        "id": asset.names[TOOL][0],
        **_own(asset, "asset", {"type": DATASET}, frozenset({"id"})),
        "displayName": asset.title,
        "description": asset.description,
        "metadata": dict(asset.metadata),
    }
    return {key: value for key, value in fields.items() if value is not None and value != {}}


def _own(entity: Any, key: str, otherwise: Mapping[str, Any], ours: frozenset[str]) -> dict[str, Any]:
    """What was read of Kestra's own; never in the place of what the model says."""
    held = entity.native.get(TOOL, {}).get(key)
    rest = held if isinstance(held, Mapping) else otherwise
    return {name: value for name, value in rest.items() if name not in ours}
