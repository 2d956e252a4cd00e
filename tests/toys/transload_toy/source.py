"""Model → a toy project."""

from __future__ import annotations

import json
from typing import Any

from transload import carry
from transload.adapter import Translation
from transload.model.graph import AssetGraph
from transload.writing.project import ProjectFiles

from . import TOOL
from .model import PROJECT


def write(translation: Translation) -> ProjectFiles:
    """One file, and the manifest."""
    return {
        PROJECT: json.dumps(content(translation.native), indent=1),
        carry.MANIFEST: carry.dumps(translation.carried, TOOL),
    }


def content(graph: AssetGraph) -> dict[str, Any]:
    """The graph in the toy's own words."""
    names = {asset.id: asset.names[TOOL][0] for asset in graph.assets}
    return {
        "assets": [
            {
                "name": asset.names[TOOL][0],
                "description": asset.description,
                "tags": dict(asset.tags),
                "colour": asset.native.get(TOOL, {}).get("colour"),
            }
            for asset in graph.assets
        ],
        "jobs": [
            {
                "name": job.names[TOOL][0],
                "reads": [{**read.model_dump(mode="json"), "asset": names[read.asset]} for read in job.reads],
                "writes": [
                    {
                        "asset": names[write.asset],
                        "reads": None if write.reads is None else [names[asset] for asset in write.reads],
                        "optional": write.optional,
                    }
                    for write in job.writes
                ],
            }
            for job in graph.jobs
        ],
    }
