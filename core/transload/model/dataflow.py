"""What a call hands to a job: where each argument comes from, and what decides whether the job runs at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, JsonValue

from transload.model.base import Record, Tagged


class ResultOf(Tagged):
    """The result of another job; `item` one part of it: a key or an index of what that job returns."""

    kind: Literal["result"] = "result"
    job: str
    item: str | int | None = None


class ParameterOf(Tagged):
    """The value of a parameter of the flow that runs the job."""

    kind: Literal["parameter"] = "parameter"
    name: str


class Literally(Tagged):
    """A value that stands in the source, as JSON."""

    kind: Literal["value"] = "value"
    value: JsonValue = None


class ListOf(Tagged):
    """A list of values from several places, such as the results of several jobs."""

    kind: Literal["list"] = "list"
    items: tuple[ValueSource, ...] = ()


class Computed(Tagged):
    """A value that the flow's own code works out: the expression as it stands in the source, and the jobs whose results it needs."""

    kind: Literal["computed"] = "computed"
    text: str
    uses: tuple[str, ...] = ()


ValueSource: TypeAlias = Annotated[
    ResultOf | ParameterOf | Literally | ListOf | Computed,
    Field(discriminator="kind"),
]


class Argument(Record):
    """What the call of a job gives to one parameter of its function.

    `mapped`: the job runs once for each element of the value (Airflow `expand`, Prefect `map`, Dagster dynamic outputs); jobs with
    several mapped arguments run once for each combination with `product`, else element by element.
    """

    parameter: str
    source: ValueSource
    mapped: bool = False


Rule: TypeAlias = Literal[
    "all_failed",
    "all_done",
    "all_done_min_one_success",
    "all_done_setup_success",
    "all_skipped",
    "one_success",
    "one_failed",
    "one_done",
    "none_failed",
    "none_failed_min_one_success",
    "none_skipped",
    "always",
]
"""When a job runs, by how the jobs directly before it ended: Airflow's trigger rules (3.3, `airflow.sdk.TriggerRule`), without the usual
one, `all_success`."""


class Decision(Record):
    """A job that decides what runs after it.

    "branch": those of the jobs directly after it that its result names; "short_circuit": all of them, or none if its result is false.
    """

    kind: Literal["branch", "short_circuit"]


class RunsIf(Record):
    """A job runs only where the result of `job` is `equals`, or is true where nothing is compared; `negated`: only where it is not."""

    job: str
    item: str | int | None = None
    equals: JsonValue = None
    compared: bool = False
    negated: bool = False


class Start(Record):
    """A job that starts a run of another flow: `deployment` names one of its schedules, `wait` holds the job until the run has ended."""

    flow: str
    deployment: str | None = None
    parameters: Mapping[str, JsonValue] = Field(default_factory=dict)
    wait: bool = False


class Work(Record):
    """What a job does that is no Python of the project: nothing, a shell command, or SQL."""

    kind: Literal["nothing", "command", "sql"]
    text: str | None = None


def jobs_of(source: ValueSource) -> Iterator[str]:
    """The jobs whose results a value is made of, with repeats."""
    pending: list[ValueSource] = [source]
    while pending:
        part = pending.pop()
        if isinstance(part, ResultOf):
            yield part.job
        elif isinstance(part, Computed):
            yield from part.uses
        elif isinstance(part, ListOf):
            pending.extend(part.items)


ListOf.model_rebuild()
