"""Files of flows → model. What Kestra says and the model has no word for is kept as residue, under `flow`, `task` or `asset`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from transload import carry
from transload.adapter import Reading, Target, attribute_losses, unread_loss
from transload.loss import Code, Loss
from transload.model.assets import Asset, Origin
from transload.model.graph import graph_of
from transload.model.identity import AssetId, logical
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.reading.data_files import DataFile, data_files
from transload.reading.project import Project

from . import TOOL, adapter
from .words import parameter_of, retries_of, schedule_of, seconds_of

STUB: Final = {"type": "io.kestra.plugin.core.log.Log", "message": "This task is still to be filled."}
"""What a task does that comes from elsewhere."""

DATASET: Final = "dataset"
"""The type of an asset that comes from elsewhere; Kestra takes any text for one."""

FLOW: Final = frozenset({"id", "namespace", "description", "labels", "inputs", "tasks", "triggers", "concurrency"})
TASK: Final = frozenset({"id", "description", "retry", "timeout", "assets"})
"""Fields that the model has."""

_ASSET: Final = frozenset({"id", "displayName", "description", "metadata"})


def read(project: Project, target: Target) -> Reading:
    """Every flow below the project's folder."""
    reader = _Reader(target.deployment)
    for file in data_files(project.root, adapter.endings, target.path):
        reader.add(file)
    graph = graph_of(reader.assets.values(), reader.jobs.values(), reader.flows.values())
    return Reading(graph, carry.beside(project.root), (*reader.losses, *attribute_losses(target)))


class _Reader:
    """Collects flows, tasks and assets, each where it is first met."""

    def __init__(self, deployment: str) -> None:
        self.assets: dict[AssetId, Asset] = {}
        self.jobs: dict[str, Job] = {}
        self.flows: dict[str, Flow] = {}
        self.losses: list[Loss] = []
        self._deployment = deployment

    def add(self, file: DataFile) -> None:
        """The flow of a file."""
        content, origin = file.content, Origin(tool=TOOL, path=file.path, line=file.line("id"))
        if file.problem is not None:
            self._lose(f"file {file.path}", file.problem, origin, Code.UNREADABLE)
            return
        names = _texts(content, "namespace", "id")
        if names is None or not isinstance(content.get("tasks"), list):
            self._lose(f"file {file.path}", "This is no flow: it has no id, namespace or list of tasks.", origin)
            return
        name = ".".join(names)
        if name in self.flows:
            self._lose(f"flow {name}", "There is another flow of this name, which is used.", origin, Code.CONTRADICTION)
            return
        jobs = [self._task(task, file, (names, place)) for place, task in enumerate(content["tasks"])]
        self.flows[name] = Flow(
            name=name,
            names={TOOL: names},
            jobs=tuple(dict.fromkeys(job for job in jobs if job is not None)),
            description=self._text(content, "description", f"flow {name}", origin),
            tags=dict(self._labels(content.get("labels"), f"flow {name}", origin)),
            parameters=dict(self._inputs(content.get("inputs"), f"flow {name}", origin)),
            schedules=tuple(self._triggers(content.get("triggers"), f"flow {name}", origin)),
            concurrency=self._concurrency(content.get("concurrency"), f"flow {name}", origin),
            native=_residue("flow", {key: value for key, value in content.items() if key not in FLOW}),
            origin=origin,
        )

    def _task(self, task: Any, file: DataFile, where: tuple[tuple[str, ...], int]) -> str | None:
        flow, place = where
        origin = Origin(tool=TOOL, path=file.path, line=file.line("tasks", place))
        names = _texts(task, "id")
        if names is None:
            self._lose(f"flow {'.'.join(flow)}", f"Task {place + 1} has no id.", origin)
            return None
        name = ".".join((*flow, *names))
        subject = f"job {name}"
        if name in self.jobs:
            self._lose(subject, "There is another task of this name, which is used.", origin, Code.CONTRADICTION)
            return None
        rest = {key: value for key, value in task.items() if key not in TASK}
        retries, timeout = retries_of(task.get("retry")), seconds_of(task.get("timeout"))
        rest |= {"retry": task["retry"]} if retries is None and "retry" in task else {}
        rest |= {"timeout": task["timeout"]} if timeout is None and "timeout" in task else {}
        reads, writes = self._declared(task.get("assets"), subject, origin)
        self.jobs[name] = Job(
            name=name,
            names={TOOL: (*flow, *names)},
            reads=tuple(Read(asset=asset) for asset in reads),
            writes=tuple(Write(asset=asset) for asset in writes),
            description=self._text(task, "description", subject, origin),
            retries=retries,
            timeout=timeout,
            native=_residue("task", {} if rest == STUB else rest),
            origin=origin,
        )
        return name

    def _declared(self, value: Any, subject: str, origin: Origin) -> tuple[list[AssetId], list[AssetId]]:
        """The assets that a task reads and writes."""
        listed = value if isinstance(value, Mapping) else {}
        if value is not None and listed is not value:
            self._lose(subject, "Its assets are no inputs and outputs.", origin, field="assets")
        for key in sorted(set(listed) - {"inputs", "outputs"}):
            self._lose(subject, f"`assets.{key}` is not taken over.", origin, field="assets")
        reads, writes = (
            list(dict.fromkeys(self._assets(listed.get(key), key, subject, origin))) for key in ("inputs", "outputs")
        )
        return reads, writes

    def _assets(self, value: Any, key: str, subject: str, origin: Origin) -> Iterator[AssetId]:
        for item in self._list(value, f"assets.{key}", subject, origin):
            names = _texts(item, "id")
            if names is None:
                self._lose(subject, f"An asset among its {key} has no id.", origin, field="assets")
                continue
            asset = self._asset(item, names, origin)
            known = self.assets.get(asset.id)
            says_more = asset.model_dump(exclude={"origin"}, exclude_defaults=True).keys() - {"id", "names"}
            if known is None or (key == "outputs" and says_more):
                self.assets[asset.id] = asset
            yield asset.id

    def _asset(self, item: Mapping[str, Any], names: tuple[str, ...], origin: Origin) -> Asset:
        subject = f"asset {names[0]}"
        metadata = item.get("metadata")
        if not isinstance(metadata, (Mapping, type(None))):
            self._lose(subject, "Its metadata are no mapping.", origin, field="metadata")
        rest = {key: value for key, value in item.items() if key not in _ASSET}
        return Asset(
            id=logical(TOOL, self._deployment, names),
            names={TOOL: names},
            title=self._text(item, "displayName", subject, origin),
            description=self._text(item, "description", subject, origin),
            metadata=metadata if isinstance(metadata, Mapping) else {},
            native=_residue("asset", {} if rest == {"type": DATASET} else rest),
            origin=origin,
        )

    def _labels(self, value: Any, subject: str, origin: Origin) -> Iterator[tuple[str, str]]:
        """A mapping, or a list of keys and values."""
        if isinstance(value, list):
            pairs = [
                (each.get("key"), each.get("value")) if isinstance(each, Mapping) else (None, None) for each in value
            ]
        else:
            pairs = list(value.items()) if isinstance(value, Mapping) else [] if value is None else [(None, None)]
        for key, text in pairs:
            if isinstance(key, str) and isinstance(text, str):
                yield key, text
            else:
                self._lose(subject, "One of its labels is no text with a key.", origin, field="tags")

    def _inputs(self, value: Any, subject: str, origin: Origin) -> Iterator[tuple[str, Any]]:
        for item in self._list(value, "inputs", subject, origin):
            parameter = parameter_of(item)
            if parameter is None:
                self._lose(
                    subject, f"The input {_shown(item)} is not one value with a type.", origin, field="parameters"
                )
            else:
                yield parameter

    def _triggers(self, value: Any, subject: str, origin: Origin) -> Iterator[Schedule]:
        names: set[str | None] = set()
        for item in self._list(value, "triggers", subject, origin):
            schedule = schedule_of(item)
            if schedule is None or schedule.name in names:
                self._lose(
                    subject, f"The trigger {_shown(item)} has no id of its own and type.", origin, field="schedules"
                )
            else:
                names.add(schedule.name)
                yield schedule

    def _concurrency(self, value: Any, subject: str, origin: Origin) -> int | None:
        limit = value.get("limit") if isinstance(value, Mapping) and set(value) == {"limit"} else None
        if value is not None and type(limit) is not int:
            self._lose(subject, "Its concurrency is more than a limit.", origin, field="concurrency")
        return limit if type(limit) is int else None

    def _list(self, value: Any, field: str, subject: str, origin: Origin) -> list[Any]:
        if not isinstance(value, (list, type(None))):
            self._lose(subject, f"`{field}` is no list.", origin, field=field)
        return value if isinstance(value, list) else []

    def _text(self, item: Mapping[str, Any], key: str, subject: str, origin: Origin) -> str | None:
        value = item.get(key)
        if not isinstance(value, (str, type(None))):
            self._lose(subject, f"`{key}` is no text.", origin, field=key)
        return value if isinstance(value, str) else None

    def _lose(  # noqa: PLR0913 - the fields of a loss
        self, subject: str, message: str, origin: Origin, code: Code = Code.UNRESOLVED, *, field: str = "*"
    ) -> None:
        self.losses.append(unread_loss(subject, field, message, origin, code=code))


def _texts(item: Any, *keys: str) -> tuple[str, ...] | None:
    """The texts behind keys; None if one of them is none."""
    values = [item.get(key) for key in keys] if isinstance(item, Mapping) else []
    texts = tuple(value for value in values if isinstance(value, str) and value)
    return texts if len(texts) == len(keys) else None


def _residue(key: str, rest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {TOOL: {key: dict(rest)}} if rest else {}


def _shown(item: Any) -> str:
    return repr(item.get("id")) if isinstance(item, Mapping) else repr(item)[:40]
