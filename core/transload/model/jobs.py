"""Jobs, which read and write assets, and the flows that run them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, JsonValue

from transload.model.assets import NativeNames, Origin, Residue
from transload.model.base import Record
from transload.model.dataflow import Argument, Decision, Rule, RunsIf, Start, Work, jobs_of
from transload.model.identity import AssetId
from transload.model.partitions import PartitionMapping, Partitions
from transload.model.triggers import Trigger


class Read(Record):
    """An input. `argument` is the parameter of the function that receives it; `inferred` that a tool found it in the code's data flow."""

    asset: AssetId
    mapping: PartitionMapping | None = None
    argument: str | None = None
    inferred: bool = False
    metadata: Mapping[str, JsonValue] = Field(default_factory=dict)


class Write(Record):
    """An output. `reads` are the inputs that it is made from, None for all of the job's. `optional`: a run may leave it out."""

    asset: AssetId
    reads: tuple[AssetId, ...] | None = None
    optional: bool = False


class Retries(Record):
    """How often and when a failed job is tried again.

    `count` further tries; `delays` in seconds: one for all, or one per try. With `backoff` the n-th wait is the delay times n ("linear",
    Dagster), times 2ⁿ - 1 ("exponential", Dagster), or times `factor` to the power of n - 1 ("geometric", Airflow). `jitter`: "full", up
    to the wait, and "plus_minus", the delay more or less, are Dagster's; "up_to_double", in whole seconds, comes with Airflow's backoff;
    a number is Prefect's `retry_jitter_factor`. `max_delay` caps a wait, in seconds. `transload.retrying` computes the waits.
    """

    count: int
    delays: tuple[float, ...] = ()
    backoff: Literal["linear", "exponential", "geometric"] | None = None
    factor: float = 2.0
    jitter: Literal["full", "plus_minus", "up_to_double"] | float | None = None
    max_delay: float | None = None


class BackfillPolicy(Record):
    """`per_run` partitions at most in each run of a backfill; None: all in one run."""

    per_run: int | None = None


class Job(Record):
    """The smallest unit that a tool itself runs and names: an Airflow task, a Dagster asset's op, one call of a Prefect task in a flow.

    `name` is its OpenLineage job name, unique in a graph (Airflow `dag.task`). `after` are jobs that must run before it without
    handing data over; those whose results its `arguments` are made of run before it, too. `rule` says how these may have ended (None:
    all of them well), `runs_if` on what result it depends whether it runs, `decision` that others depend on its own. `group` is the
    path of task groups around it. `stage`: a setup or teardown of the jobs around it. `starts` is the flow that it starts, `work` what it
    does without code of its own. `writes_aliases` and `reads_aliases` name aliases. `function` is the qualified name of the original code.
    """

    name: str
    names: NativeNames = Field(default_factory=dict)
    reads: tuple[Read, ...] = ()
    writes: tuple[Write, ...] = ()
    after: tuple[str, ...] = ()
    arguments: tuple[Argument, ...] = ()
    rule: Rule | None = None
    runs_if: RunsIf | None = None
    decision: Decision | None = None
    group: tuple[str, ...] = ()
    stage: Literal["setup", "teardown"] | None = None
    starts: Start | None = None
    work: Work | None = None
    reads_aliases: tuple[str, ...] = ()
    writes_aliases: tuple[str, ...] = ()
    description: str | None = None
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = Field(default_factory=dict)
    retries: Retries | None = None
    timeout: float | None = None
    backfill: BackfillPolicy | None = None
    pool: str | None = None
    function: str | None = None
    native: Residue = Field(default_factory=dict)
    origin: Origin | None = None

    @property
    def upstream(self) -> tuple[str, ...]:
        """The jobs that must run before this one: those it waits for, and those whose results or decision it needs; each once."""
        handed = (name for argument in self.arguments for name in jobs_of(argument.source))
        deciding = (self.runs_if.job,) if self.runs_if else ()
        return tuple(dict.fromkeys((*self.after, *handed, *deciding)))


class Schedule(Record):
    """One way in which a flow is started: Airflow's schedule of the DAG, a Dagster schedule or sensor, a Prefect deployment."""

    name: str | None = None
    trigger: Trigger | None = None
    active: bool | None = None
    description: str | None = None
    parameters: Mapping[str, JsonValue] = Field(default_factory=dict)
    tags: Mapping[str, str] = Field(default_factory=dict)
    native: Residue = Field(default_factory=dict)


class Flow(Record):
    """A unit that groups jobs and is scheduled: an Airflow DAG, a Dagster asset job, a Prefect flow.

    `jobs` are names of jobs in the graph; `concurrency` the number of runs at once; `start` and `end` (ISO-8601) bound the schedule;
    `catchup`: whether ticks missed in the past are run.
    """

    name: str
    names: NativeNames = Field(default_factory=dict)
    jobs: tuple[str, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    partitions: Partitions | None = None
    title: str | None = None
    description: str | None = None
    owners: tuple[str, ...] = ()
    tags: Mapping[str, str] = Field(default_factory=dict)
    parameters: Mapping[str, JsonValue] = Field(default_factory=dict)
    retries: Retries | None = None
    concurrency: int | None = None
    start: str | None = None
    end: str | None = None
    catchup: bool | None = None
    native: Residue = Field(default_factory=dict)
    origin: Origin | None = None
