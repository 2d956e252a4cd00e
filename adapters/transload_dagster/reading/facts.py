"""The facts that both readers gather of a project before it becomes a graph: definitions, with plain values and forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transload.loss import Loss
from transload.model.assets import Origin
from transload.model.triggers import Trigger

Key = tuple[str, ...]


@dataclass
class Dep:
    """A dependency. `mapping` is a form; `argument` the parameter of the function that receives it."""

    key: Key
    mapping: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    argument: str | None = None


@dataclass
class Spec:
    """An asset: `fields` by the parameter names of `AssetSpec`, absent where they are not declared."""

    key: Key
    deps: list[Dep] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    stub: bool = False
    native: dict[str, Any] = field(default_factory=dict)


@dataclass
class CheckFact:
    """A check: `fields` by the parameter names of `AssetCheckSpec`. `inside` tells that the op of the asset itself makes it."""

    asset: Key
    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    deps: list[Dep] = field(default_factory=list)
    function: str | None = None
    inside: bool = False


@dataclass
class Op:
    """An op that computes assets: `fields` by the parameter names of `multi_asset`; `native` is its residue, for Dagster only."""

    name: str
    specs: list[Spec]
    fields: dict[str, Any] = field(default_factory=dict)
    function: str | None = None
    native: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


@dataclass
class ScheduleFact:
    """A schedule or sensor of an asset job, by the name of the job."""

    job: str
    name: str
    trigger: Trigger
    fields: dict[str, Any] = field(default_factory=dict)
    native: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


@dataclass
class JobFact:
    """An asset job and the assets that it runs."""

    name: str
    keys: list[Key]
    fields: dict[str, Any] = field(default_factory=dict)
    native: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = None


@dataclass
class Facts:
    """All facts of a project."""

    specs: list[Spec] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    checks: list[CheckFact] = field(default_factory=list)
    jobs: list[JobFact] = field(default_factory=list)
    schedules: list[ScheduleFact] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
