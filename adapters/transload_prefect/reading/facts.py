"""What a reader finds in a project, in Prefect's words: the same for the reader that imports and the one that does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from transload.adapter import Failure
from transload.loss import Code, Loss, Severity
from transload.model.assets import Origin
from transload.model.partitions import PartitionMapping, Partitions
from transload_prefect.codecs.retries import Told


@dataclass(eq=False)
class AssetFact:
    """An `Asset`; `properties` holds those that are set."""

    key: str
    properties: Mapping[str, Any]
    origin: Origin


@dataclass(eq=False)
class TaskFact:
    """A task. `writes` and `deps` are keys, some with one of `mappings`; `residue` the options that only Prefect understands.

    `variant`: made by `with_options`.
    """

    name: str
    origin: Origin
    function: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    retries: Told = field(default_factory=Told)
    timeout: float | None = None
    writes: tuple[str, ...] = ()
    deps: tuple[str, ...] = ()
    mappings: Mapping[str, PartitionMapping] = field(default_factory=dict)
    residue: Mapping[str, JsonValue] = field(default_factory=dict)
    variant: bool = False

    @property
    def definition(self) -> tuple[Any, ...]:
        """What it has in common with the same task with other options."""
        return (self.origin.path, self.origin.line, self.name, self.writes, self.deps)

    @property
    def content(self) -> str:
        """All that it says: tasks of one content are one task."""
        options = (
            sorted(self.mappings.items()),
            self.description,
            sorted(self.tags),
            self.retries,
            self.timeout,
            sorted(self.residue.items()),
        )
        return repr((self.definition, options))


@dataclass(eq=False)
class CallFact:
    """A call of a task in a flow. `inputs` are earlier calls whose result it gets, with the parameter (None: it only waits)."""

    task: TaskFact
    inputs: tuple[tuple[str | None, CallFact], ...] = ()


@dataclass(frozen=True)
class RunFact:
    """That the body of a flow works on one partition of `partitions`, which are said there or (`of_asset`) are those of an asset."""

    partitions: Partitions
    of_asset: bool = False


@dataclass(eq=False)
class FlowFact:
    """A flow. `entrypoint` is `file.py:function`, relative to the root; `parameters` are those with a default.

    `acts`: calls by which it acts on something besides its tasks.
    """

    name: str
    origin: Origin
    entrypoint: str | None = None
    description: str | None = None
    retries: Told = field(default_factory=Told)
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    calls: tuple[CallFact, ...] = ()
    run: RunFact | None = None
    acts: list[str] = field(default_factory=list)
    residue: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """All that it says, but for what it calls."""
        return repr((self.name, self.description, self.retries, self.parameters, sorted(self.residue.items())))


@dataclass(eq=False)
class DeploymentFact:
    """A deployment in the form of `prefect.yaml`, of the flow with this name or, if it has none, this entrypoint.

    `in_main`: it is made only where its file is run as a program.
    """

    fields: Mapping[str, Any]
    origin: Origin
    flow: str | None = None
    in_main: bool = False


@dataclass
class Facts:
    """Everything that was found below `root`, in the files `read` (relative to it)."""

    root: Path = field(default_factory=Path)
    read: set[str] = field(default_factory=set)
    assets: list[AssetFact] = field(default_factory=list)
    tasks: list[TaskFact] = field(default_factory=list)
    flows: list[FlowFact] = field(default_factory=list)
    deployments: list[DeploymentFact] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def once(self, reported: int) -> None:
        """Take back what was reported after the first `reported` losses and is among them already."""
        self.losses[reported:] = [loss for loss in self.losses[reported:] if loss not in self.losses[:reported]]

    def doubted(self, subject: str, name: str, message: str, origin: Origin | None) -> None:
        """Take down what is taken to be so and may be otherwise."""
        severity, code = Severity.APPROXIMATED, Code.UNCERTAIN
        self.losses.append(
            Loss(subject=subject, field=name, severity=severity, code=code, message=message, origin=origin)
        )

    def lost(self, subject: str, name: str, message: str, code: Code, origin: Origin | None = None) -> None:  # noqa: PLR0913, PLR0917 - a loss
        """Take down what could not be taken in; what is no plain value is at least described."""
        severity = Severity.APPROXIMATED if code is Code.NOT_SERIALISABLE else Severity.DROPPED
        loss = Loss(subject=subject, field=name, severity=severity, code=code, message=message, origin=origin)
        self.losses.append(loss)


def report_wrapped(subject: str, origin: Origin, found: Facts) -> None:
    """Take down that what a task or flow runs is a task or flow itself."""
    message = "What it runs is another task or flow, whose own options are not taken over."
    found.lost(subject, "*", message, Code.UNKNOWN_KIND, origin)


def report_acts(flow: FlowFact, found: Facts) -> None:
    """Take down what a flow does besides calling its tasks."""
    for act in dict.fromkeys(flow.acts):
        message = f"It calls `{act}`, which acts on something outside of the flow and is not taken over."
        found.lost(f"flow {flow.name}", "*", message, Code.UNKNOWN_KIND, flow.origin)


def report_parts(flow: FlowFact, tasks: Iterable[str], found: Facts) -> None:
    """Take down which tasks get an item of a result, of which nobody says before run time whether Prefect follows it."""
    names = ", ".join(sorted(set(tasks)))
    if names:
        message = (
            f"{names} gets an item of a result, which Prefect follows only if the result is a list, a tuple or a dictionary; "
            "it is taken to read what the result stands for."
        )
        found.doubted(f"flow {flow.name}", "jobs", message, flow.origin)
