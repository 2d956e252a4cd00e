"""The definitions of a project, in Prefect's words: both readers gather these facts, and `graph` makes the graph of them."""

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
from transload_prefect.codecs.retries import RetryOptions


@dataclass(eq=False)
class AssetFact:
    """An `Asset`; `properties` holds those that are set."""

    key: str
    properties: Mapping[str, Any]
    origin: Origin


@dataclass(eq=False)
class TaskFact:
    """A task. `writes` and `deps` are keys of assets, `mappings` those of some `deps`; `residue`: options that only Prefect understands.

    `variant`: made by `with_options`.
    """

    name: str
    origin: Origin
    function: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    retries: RetryOptions = field(default_factory=RetryOptions)
    timeout: float | None = None
    writes: tuple[str, ...] = ()
    deps: tuple[str, ...] = ()
    mappings: Mapping[str, PartitionMapping] = field(default_factory=dict)
    residue: Mapping[str, JsonValue] = field(default_factory=dict)
    variant: bool = False

    @property
    def definition(self) -> tuple[Any, ...]:
        """The part that a task shares with its variants, which `with_options` made."""
        return (self.origin.path, self.origin.line, self.name, self.writes, self.deps)

    @property
    def content(self) -> str:
        """All of the task as text: tasks of one content are one task."""
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
    """A call of a task in a flow. `inputs`: parameter and earlier call whose result it gets (None for a call that it only waits for)."""

    task: TaskFact
    inputs: tuple[tuple[str | None, CallFact], ...] = ()


@dataclass(frozen=True)
class RunFact:
    """The partitions of which a run of a flow works on one: declared in its body, or (`of_asset`) those of an asset."""

    partitions: Partitions
    of_asset: bool = False


@dataclass(eq=False)
class FlowFact:
    """A flow. `entrypoint` is `file.py:function`, relative to the root; `parameters` are those with a default.

    `effects`: calls by which it acts on something besides its tasks, such as `run_deployment('other/default')`.
    """

    name: str
    origin: Origin
    entrypoint: str | None = None
    description: str | None = None
    retries: RetryOptions = field(default_factory=RetryOptions)
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    calls: tuple[CallFact, ...] = ()
    run: RunFact | None = None
    effects: list[str] = field(default_factory=list)
    residue: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def content(self) -> str:
        """All of the flow as text, but for what it calls."""
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
    """Everything that is defined below `root`, in the files `read` (relative to it)."""

    root: Path = field(default_factory=Path)
    read: set[str] = field(default_factory=set)
    assets: list[AssetFact] = field(default_factory=list)
    tasks: list[TaskFact] = field(default_factory=list)
    flows: list[FlowFact] = field(default_factory=list)
    deployments: list[DeploymentFact] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def drop_repeated(self, reported: int) -> None:
        """Remove losses after the first `reported` ones that are among these already."""
        self.losses[reported:] = [loss for loss in self.losses[reported:] if loss not in self.losses[:reported]]

    def add_uncertain(self, subject: str, name: str, message: str, origin: Origin | None) -> None:
        """Add the loss of something that is read in one way and may be meant in another."""
        severity, code = Severity.APPROXIMATED, Code.UNCERTAIN
        self.losses.append(
            Loss(subject=subject, field=name, severity=severity, code=code, message=message, origin=origin)
        )

    def add_loss(self, subject: str, name: str, message: str, code: Code, origin: Origin | None = None) -> None:  # noqa: PLR0913, PLR0917 - a loss
        """Add the loss of something that is left out; a value that is not plain is approximated, since its name is kept."""
        severity = Severity.APPROXIMATED if code is Code.NOT_SERIALISABLE else Severity.DROPPED
        loss = Loss(subject=subject, field=name, severity=severity, code=code, message=message, origin=origin)
        self.losses.append(loss)


def report_wrapped(subject: str, origin: Origin, facts: Facts) -> None:
    """Report a task or flow whose function is a task or flow itself."""
    message = "What it runs is another task or flow, whose own options are not taken over."
    facts.add_loss(subject, "*", message, Code.UNKNOWN_KIND, origin)


def report_effects(flow: FlowFact, facts: Facts) -> None:
    """Report each call by which a flow acts on something besides its tasks."""
    for call in dict.fromkeys(flow.effects):
        message = f"It calls `{call}`, which acts on something outside of the flow and is not taken over."
        facts.add_loss(f"flow {flow.name}", "*", message, Code.UNKNOWN_KIND, flow.origin)


def report_items(flow: FlowFact, tasks: Iterable[str], facts: Facts) -> None:
    """Report the tasks that get an item of a result: the type of the result decides whether Prefect follows it, at run time only."""
    names = ", ".join(sorted(set(tasks)))
    if names:
        message = (
            f"{names} gets an item of a result, which Prefect follows only if the result is a list, a tuple or a dictionary; "
            "it is taken to read what the result stands for."
        )
        facts.add_uncertain(f"flow {flow.name}", "jobs", message, flow.origin)
