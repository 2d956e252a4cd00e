"""The toy's own words → model."""

from __future__ import annotations

from typing import Any, Literal

from transload.model.assets import Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.jobs import Job, Read, Write

from .names import identity_of


def graph_from(raw: dict[str, Any], way: Literal["load", "static"]) -> AssetGraph:
    """The graph of a project."""
    origin = Origin(tool="toy", way=way)
    return graph_of(
        [
            Asset(
                id=identity_of(asset["name"]),
                names={"toy": (asset["name"],)},
                description=asset["description"],
                tags=asset["tags"],
                native={} if asset["colour"] is None else {"toy": {"colour": asset["colour"]}},
                origin=origin,
            )
            for asset in raw["assets"]
        ],
        [
            Job(
                name=job["name"],
                names={"toy": (job["name"],)},
                reads=tuple(
                    Read.model_validate({**read, "asset": identity_of(read["asset"])}) for read in job["reads"]
                ),
                writes=tuple(
                    Write(
                        asset=identity_of(write["asset"]),
                        reads=None if write["reads"] is None else tuple(map(identity_of, write["reads"])),
                        optional=write["optional"],
                    )
                    for write in job["writes"]
                ),
                origin=origin,
            )
            for job in raw["jobs"]
        ],
    )
