"""What the modules of an adapter do, and the records that they and core hand to one another.

`transload.declaration` says which modules there are, and which of them a tool may lack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from transload.carry import MANIFEST, Carried
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Origin
from transload.model.graph import AssetGraph, Entity, subject_of
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job
from transload.routing import Route

if TYPE_CHECKING:
    from transload.reading.project import Project
    from transload.writing.project import ProjectFiles


@dataclass(frozen=True)
class Subject:
    """The entity that a rule looks at, and the graph around it."""

    graph: AssetGraph
    entity: Entity


class Notes:
    """Collects losses."""

    def __init__(self) -> None:
        self.losses: list[Loss] = []

    def add(self, loss: Loss) -> None:
        """Take one loss down."""
        self.losses.append(loss)


Keep = Callable[[Any, Subject, "Report"], Any]
"""(value, subject, report) → the part of the value that the tool holds natively, exactly as a reader will give it back."""

Report = Callable[..., None]
"""report(path, message, *, severity=None, code=None, remedy=None): say in detail what of the value is not held."""


Explain = Callable[[Any, Subject, Report], None]
"""(value, subject, report): say in detail what becomes of a value of which nothing is held."""


@dataclass(frozen=True)
class Rule:
    """What becomes of a field that the tool does not hold, or holds in part.

    `severity` CARRIED or APPROXIMATED: the whole value is kept beside the tool at `kept`; DROPPED: it is gone.
    `keep` gives the part that is written natively; without it nothing is, the field keeps its default, and `explain` may say more
    than `reason`. `since` is the tool's version that the rule was seen on.
    """

    severity: Severity
    code: Code
    reason: str
    keep: Keep | None = None
    kept: str | None = None
    remedy: str | None = None
    since: str | None = None
    explain: Explain | None = None

    @property
    def keeps_some(self) -> bool:
        """Whether some values are written natively."""
        return self.keep is not None


NATIVE: Final = None
"""The table's word for a field that the tool holds whole."""

Table = Mapping[str, Rule | None]


@dataclass(frozen=True)
class Support:
    """For each field of each entity: `NATIVE`, or a rule. Every field of the model has a row, a new one too."""

    asset: Table
    job: Table
    flow: Table
    native_keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """entity kind ("asset", "job", "flow", "alias") → keys of this tool's own residue that its writers write back."""
    alias: Rule | None = None
    """`NATIVE`, or the rule of a tool without aliases: core leaves all of them out; the rules of the fields that name an alias
    must then keep none of these names."""


@dataclass(frozen=True)
class Target:
    """What to read: a folder or file (`path`), or a module (`module`), and in it an `attribute`; `deployment` names the instance."""

    tool: str
    text: str
    path: Path | None = None
    module: str | None = None
    attribute: str | None = None
    deployment: str = "default"


@dataclass(frozen=True)
class Failure:
    """A file (relative to the project's root) that could not be loaded, and the last line of why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """What a reader found: a graph in the tool's own words, what was carried in it, what was not understood, what did not load."""

    graph: AssetGraph
    carried: Carried = field(default_factory=Carried)
    losses: tuple[Loss, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Translation:
    """A graph on its way into a tool.

    `graph` is the whole, with names given for the tool; `native` what is written in the tool's own words; `carried` what goes
    beside it; `expected` what reading it back must give; `losses` the difference, sorted. `routes` are what the bridge must start in
    the place of triggers that the tool does not have.
    """

    tool: str
    graph: AssetGraph
    native: AssetGraph
    carried: Carried
    expected: AssetGraph
    losses: tuple[Loss, ...]
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True)
class Built:
    """Runtime objects of a tool, and what of the carried fields is not inside them."""

    objects: Any
    manifest: Carried = field(default_factory=Carried)


class NamesModule(Protocol):
    """`names.py`: identity ↔ native names."""

    def assign(self, graph: AssetGraph) -> AssetGraph:
        """The graph with a legal, stable, distinct native name in `names[tool]` of each asset, job and flow; names already there stay."""
        ...

    def asset_id(self, asset: Asset) -> AssetId | None:
        """The identity that this tool's reader gives to the written asset; None where that depends on the deployment."""
        ...

    def job_name(self, job: Job) -> str:
        """The name that this tool's reader gives to the written job."""
        ...

    def flow_name(self, flow: Flow) -> str:
        """The name that this tool's reader gives to the written flow."""
        ...


class ShapeModule(Protocol):
    """`shape.py`: the graph in the tool's own shape."""

    def shape(self, graph: AssetGraph, notes: Notes) -> AssetGraph:
        """The graph with jobs, flows and triggers where the tool has them; every change that is one in meaning is noted."""
        ...


class StaticModule(Protocol):
    """`static.py`: symbolic calls → model."""

    def read(self, project: Project, target: Target) -> Reading:
        """What the project says, without importing it."""
        ...


class LoadModule(Protocol):
    """`load.py`: the tool's objects → model. Imports the tool."""

    def load(self, target: Target) -> Reading:
        """Import the project in this interpreter and read it."""
        ...

    def from_objects(self, objects: Any, manifest: Carried, target: Target) -> Reading:
        """Read what `runtime.build` built."""
        ...


class SourceModule(Protocol):
    """`source.py`: model → source."""

    def write(self, translation: Translation) -> ProjectFiles:
        """The files of a project, the manifest among them where it is needed; Python not yet formatted."""
        ...


class RuntimeModule(Protocol):
    """`runtime.py`: model → the tool's objects. Imports the tool."""

    def build(self, translation: Translation) -> Built:
        """The objects."""
        ...


def unread_loss(  # noqa: PLR0913 - the fields of a loss
    subject: str, field_name: str, message: str, origin: Origin | None = None, *, code: Code = Code.UNRESOLVED
) -> Loss:
    """The loss of something that a reader met and could not take in."""
    return Loss(subject=subject, field=field_name, severity=Severity.DROPPED, code=code, message=message, origin=origin)


def attribute_losses(target: Target) -> tuple[Loss, ...]:
    """The loss of an attribute of a path, where a reader takes in all that the path has."""
    if target.path is None or target.attribute is None:
        return ()
    message = f"All of it is read, and not only {target.attribute!r}."
    return (unread_loss(f"project {target.text}", "attribute", message, code=Code.UNCERTAIN),)


def shape_loss(entity: Entity, field_name: str, code: Code, message: str, **details: Any) -> Loss:
    """The loss of what an adapter changes of an entity: carried in the manifest, unless `details` say otherwise."""
    fields = {"severity": Severity.CARRIED, "kept": MANIFEST, "origin": entity.origin, **details}
    return Loss(subject=subject_of(entity), field=field_name, code=code, message=message, **fields)


def carried_rule(
    reason: str, code: Code = Code.ASSET_FIELD, keep: Keep | None = None, *, kept: str = MANIFEST, **more: Any
) -> Rule:
    """A rule for what the tool cannot act on but can carry, at `kept`; `more` are other fields of the rule."""
    return Rule(Severity.CARRIED, code, reason, keep=keep, kept=kept, **more)


def approximated_rule(
    reason: str, code: Code = Code.ASSET_FIELD, keep: Keep | None = None, *, kept: str = MANIFEST, **more: Any
) -> Rule:
    """A rule for what the tool does otherwise; the whole value is carried at `kept`, and `more` are other fields of the rule."""
    return Rule(Severity.APPROXIMATED, code, reason, keep=keep, kept=kept, **more)


def keep_if(fits: Callable[[Any], object]) -> Keep:
    """Keeps the whole value where this holds of it, and nothing else."""
    return lambda value, _subject, _report: value if fits(value) else None


EMITTED: Final = "`transload lineage emit` tells it to an OpenLineage backend, before anything has run."
"""What to do about columns and their lineage where a tool has no place for them."""


def fields_without_row(support: Support) -> Iterable[str]:
    """Fields of the model that a support table forgets, as "asset.title"."""
    for kind, model, table in (
        ("asset", Asset, support.asset),
        ("job", Job, support.job),
        ("flow", Flow, support.flow),
    ):
        yield from (f"{kind}.{name}" for name in model.model_fields if name not in table and name not in BOOKKEEPING)


BOOKKEEPING: Final = frozenset({"id", "name", "names", "origin"})
"""Fields that say where a thing is, not what it means: restored exactly, and no loss of their own."""
