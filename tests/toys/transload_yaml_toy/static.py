"""A project of the YAML toy → model.

```yaml
job: load
reads: [s3://lake/raw]
writes: [s3://lake/orders]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from transload.adapter import Reading, Target, attribute_losses, unread_loss
from transload.errors import IdentityError
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Origin
from transload.model.graph import graph_of
from transload.model.identity import AssetId, identify, logical, scrub
from transload.model.jobs import Job, Read, Write
from transload.reading.data_files import DataFile, data_files
from transload.reading.project import Project

from . import TOOL, adapter

_FIELDS: Final = frozenset({"job", "reads", "writes"})


def read(project: Project, target: Target) -> Reading:
    """Every file of YAML below the project's folder."""
    found = _Reader(target.deployment)
    for file in data_files(project.root, adapter.endings, target.path):
        found.add(file)
    return Reading(
        graph_of(found.assets.values(), found.jobs.values()), losses=(*found.losses, *attribute_losses(target))
    )


class _Reader:
    """Collects jobs and assets, each where it is first met."""

    def __init__(self, deployment: str) -> None:
        self.assets: dict[AssetId, Asset] = {}
        self.jobs: dict[str, Job] = {}
        self.losses: list[Loss] = []
        self._deployment = deployment

    def add(self, file: DataFile) -> None:
        """The job of a file."""
        origin = Origin(tool=TOOL, path=file.path, line=file.line("job"))
        subject = f"file {file.path}"
        content = file.content
        if file.problem is not None:
            self._lose(subject, "*", file.problem, origin, Code.UNREADABLE)
            return
        if not isinstance(content, dict) or not isinstance(content.get("job"), str):
            self._lose(subject, "job", "It names no job.", origin)
            return
        for key in sorted(set(map(str, content)) - _FIELDS):
            self._lose(subject, key, "The YAML toy has no such field.", origin, Code.UNKNOWN_KEYWORD)
        reads, writes = (list(self._named(content.get(key), key, origin)) for key in ("reads", "writes"))
        job = Job(
            name=content["job"],
            names={TOOL: (content["job"],)},
            reads=tuple(Read(asset=asset) for asset in reads),
            writes=tuple(Write(asset=asset) for asset in writes),
            origin=origin,
        )
        if self.jobs.setdefault(job.name, job) is not job:
            self._lose(f"job {job.name}", "*", "There is another job of this name.", origin, Code.CONTRADICTION)

    def _named(self, value: Any, key: str, origin: Origin) -> Iterator[AssetId]:
        names = value if isinstance(value, list) else [] if value is None else [value]
        for name in dict.fromkeys(each if isinstance(each, str) else None for each in names):
            if not name:
                self._lose(f"file {origin.path}", key, "This is no name of an asset.", origin)
                continue
            asset = self._identity(name, origin)
            self.assets.setdefault(asset, Asset(id=asset, names={TOOL: (scrub(name),)}, origin=origin))
            yield asset

    def _identity(self, name: str, origin: Origin) -> AssetId:
        clean = scrub(name)
        if clean != name:
            message = "The name holds credentials, which were removed."
            self.losses.append(
                Loss(
                    subject=f"asset {clean}",
                    field="name",
                    severity=Severity.APPROXIMATED,
                    code=Code.CREDENTIAL_REMOVED,
                    message=message,
                    remedy="Use names without credentials.",
                    origin=origin,
                )
            )
        try:
            return identify(clean)
        except IdentityError:
            return logical(TOOL, self._deployment, [clean])

    def _lose(self, subject: str, field: str, message: str, origin: Origin, code: Code = Code.UNRESOLVED) -> None:
        self.losses.append(unread_loss(subject, field, message, origin, code=code))
