"""The toy's own words, and the model: what a project's file may hold, and the graph of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from transload.errors import ReadingError
from transload.model.assets import Asset, Origin
from transload.model.graph import AssetGraph, graph_of
from transload.model.jobs import Job, Read, Write
from transload.model.partitions import PartitionMapping

from . import TOOL
from .names import identity_of

PROJECT = "toy.json"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ToyAsset(_Record):
    """An asset; `colour` is what no other tool knows."""

    name: str
    description: str | None = None
    tags: dict[str, str] = {}
    colour: object = None


class ToyRead(_Record):
    """What a job reads."""

    asset: str
    mapping: PartitionMapping | None = None
    argument: str | None = None
    inferred: bool = False
    metadata: dict[str, object] = {}


class ToyWrite(_Record):
    """What a job writes."""

    asset: str
    reads: list[str] | None = None
    optional: bool = False


class ToyJob(_Record):
    """A job."""

    name: str
    reads: list[ToyRead] = []
    writes: list[ToyWrite] = []


class ToyProject(_Record):
    """The content of the file."""

    assets: list[ToyAsset] = []
    jobs: list[ToyJob] = []


def project_in(root: Path) -> ToyProject:
    """The project in a folder. Raises `ReadingError` where its file is missing or is none."""
    path = root / PROJECT
    hint = f"Give a folder with {PROJECT}."
    if not path.is_file():
        raise ReadingError("This is no toy project.", where=str(root), hint=hint)
    try:
        return ToyProject.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        raise ReadingError(f"This is no toy project: {error}.", where=PROJECT, hint=hint) from error


def graph_from(project: ToyProject, way: Literal["load", "static"]) -> AssetGraph:
    """The graph of a project. Raises `GraphError` for one that contradicts itself."""
    origin = Origin(tool=TOOL, way=way, path=PROJECT)
    return graph_of(
        [
            Asset(
                id=identity_of(asset.name),
                names={TOOL: (asset.name,)},
                description=asset.description,
                tags=asset.tags,
                native={} if asset.colour is None else {TOOL: {"colour": asset.colour}},
                origin=origin,
            )
            for asset in project.assets
        ],
        [
            Job(
                name=job.name,
                names={TOOL: (job.name,)},
                reads=tuple(
                    Read.model_validate({**dict(read), "asset": identity_of(read.asset)}) for read in job.reads
                ),
                writes=tuple(
                    Write(
                        asset=identity_of(write.asset),
                        reads=None if write.reads is None else tuple(map(identity_of, write.reads)),
                        optional=write.optional,
                    )
                    for write in job.writes
                ),
                origin=origin,
            )
            for job in project.jobs
        ],
    )
