"""What becomes of each definition and each mapping of partitions: the table of the documentation is what the translation does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple, get_args

import pytest

from transload.adapter import Translation
from transload.forms import Form
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Schedule, Write
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    CalendarUnit,
    ChainMapping,
    DimensionMapping,
    DimensionPair,
    DimensionsMapping,
    DynamicPartitions,
    FanOutMapping,
    FixedMapping,
    FloorMapping,
    IdentityMapping,
    LastMapping,
    MultiPartitions,
    OpaqueMapping,
    OpaquePartitions,
    PartitionMapping,
    Partitions,
    ProductMapping,
    RollupMapping,
    RuntimePartitions,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    WaitPolicy,
    Window,
)
from transload.model.triggers import Updated
from transload.partitioning import Sides
from transload.partitioning.mappings import inferred
from transload.translator import prepare
from transload_airflow.codecs import mappings as mappers
from transload_airflow.codecs import own_mappings
from transload_dagster import adapter
from transload_dagster.codecs.mappings import mapping_form
from transload_dagster.codecs.partitions import definition

DOCS: Final = Path(__file__).parents[2] / "docs" / "partitions-table.md"
RAW, MADE = identify("s3://lake/raw"), identify("s3://lake/made")

HOURS: Final = TimePartitions(cron="0 * * * *", run_offset=0)
PARIS: Final = HOURS.model_copy(update={"timezone": "Europe/Paris"})
DATES: Final = TimePartitions(cron="0 0 * * *", format="%Y-%m-%d", run_offset=0)
MONTHS: Final = TimePartitions(cron="0 0 1 * *", format="%Y-%m", run_offset=0)
LAND: Final = StaticPartitions(keys=("de", "us"))
GRID: Final = MultiPartitions(dimensions={"day": HOURS, "land": LAND})
CUBE: Final = MultiPartitions(dimensions={"day": HOURS, "land": LAND, "shop": LAND})
SLASHED: Final = MultiPartitions(dimensions={"day": DATES, "land": LAND}, delimiter="/")
CLOSED: Final = StaticPartitions(keys=("de|us", "us"))


def floor(unit: str, up: TimePartitions = HOURS) -> FloorMapping:
    return FloorMapping(unit=CalendarUnit(unit), timezone=up.timezone, input_format=up.format)


def window(unit: str, *, backward: bool = False) -> Window:
    return Window(unit=CalendarUnit(unit), backward=backward)


WEEK: Final = RollupMapping(upstream=floor("week", DATES), window=window("week"))
SEGMENTS: Final = RollupMapping(upstream=FixedMapping(key="all"), window=Window(segments=("de", "us")))


class Example(NamedTuple):
    """What a DAG has upstream, and the mapper by which another listens to it; None: the definition alone."""

    words: str
    upstream: Partitions
    mapping: PartitionMapping | None = None


EXAMPLES: Final = (
    Example("`CronPartitionTimetable`, hourly", HOURS),
    Example("the same, keys by `%Y-%m-%d (W%V)`", TimePartitions(cron="0 0 * * 1", format="%Y-%m-%d (W%V)", run_offset=0)),
    Example("`PartitionedAtRuntime`", RuntimePartitions()),
    Example("`IdentityMapper` of hours", HOURS, IdentityMapping()),
    Example("`IdentityMapper` of keys given at run time", RuntimePartitions(), IdentityMapping()),
    Example("`StartOfHourMapper` of hours", HOURS, floor("hour")),
    Example("`StartOfDayMapper` of hours", HOURS, floor("day")),
    Example("`StartOfWeekMapper` of days", DATES, floor("week", DATES)),
    Example("`StartOfMonthMapper` of days", DATES, floor("month", DATES)),
    Example("`StartOfQuarterMapper` of days", DATES, floor("quarter", DATES)),
    Example("`StartOfYearMapper` of days", DATES, floor("year", DATES)),
    Example("`RollupMapper`, a day of hours in UTC", HOURS, RollupMapping(upstream=floor("day"), window=window("day"))),
    Example("`RollupMapper`, a day of hours in Paris", PARIS, RollupMapping(upstream=floor("day", PARIS), window=window("day"))),
    Example("`RollupMapper`, a week of days", DATES, WEEK),
    Example("the same, `MinimumCount(5)`", DATES, WEEK.model_copy(update={"wait": WaitPolicy(minimum=5)})),
    Example("the same, backward", DATES, WEEK.model_copy(update={"window": window("week", backward=True)})),
    Example("`RollupMapper` of a `SegmentWindow`", LAND, SEGMENTS),
    Example("`FanOutMapper`, a day to hours in UTC", DATES, FanOutMapping(upstream=floor("day", DATES), window=window("day"))),
    Example("`FanOutMapper`, a month to days", MONTHS, FanOutMapping(upstream=floor("month", MONTHS), window=window("month"))),
    Example("`FixedKeyMapper`", HOURS, FixedMapping(key="all")),
    Example("`AllowedKeyMapper` of keys given at run time", RuntimePartitions(), AllowedMapping(keys=("de", "us"))),
    Example("`AllowedKeyMapper` of the same keys", LAND, AllowedMapping(keys=("de",))),
    Example("`ProductMapper` of two segments", GRID, ProductMapping(parts=(floor("day"), IdentityMapping()))),
    Example("`ProductMapper` of three segments", CUBE, ProductMapping(parts=(floor("day"), IdentityMapping(), IdentityMapping()))),
    Example("`ProductMapper`, keys joined by `/`", SLASHED, ProductMapping(parts=(IdentityMapping(), IdentityMapping()), delimiter="/")),
    Example("`ChainMapper`, hours to days to months", HOURS, ChainMapping(steps=(floor("day"), floor("month", DATES)))),
    Example("a mapper of the project's own", HOURS, OpaqueMapping(tool="airflow")),
    Example("a dimension whose keys hold `|`", MultiPartitions(dimensions={"day": DATES, "pair": CLOSED})),
    Example("a single dimension", MultiPartitions(dimensions={"day": DATES})),
)  # fmt: skip

WEEKLY: Final = TimePartitions(cron="0 0 * * 1", format="%Y-%m-%d", start="2024-01-01")
DAILY: Final = TimePartitions(cron="0 0 * * *", format="%Y-%m-%d", start="2024-01-01")
PLANE: Final = MultiPartitions(dimensions={"day": DAILY, "land": LAND})

BACK: Final[tuple[tuple[str, PartitionMapping, Sides], ...]] = (
    ("`IdentityPartitionMapping`", IdentityMapping(), Sides(DAILY, DAILY)),
    ("`AllPartitionMapping` to one key", AllMapping(), Sides(LAND, StaticPartitions(keys=("all",)))),
    ("`AllPartitionMapping` of windows without end", AllMapping(), Sides(DAILY, LAND)),
    ("`LastPartitionMapping`", LastMapping(), Sides(DAILY, LAND)),
    ("`SpecificPartitionsPartitionMapping`", SpecificMapping(keys=("de",)), Sides(LAND, LAND)),
    ("`StaticPartitionMapping`", StaticMapping(table={"de": ("us",)}), Sides(LAND, LAND)),
    ("`TimeWindowPartitionMapping`, days to their week", TimeMapping(), Sides(DAILY, WEEKLY)),
    ("`TimeWindowPartitionMapping(start_offset=-1)`", TimeMapping(start_offset=-1), Sides(DAILY, DAILY)),
    ("`MultiToSingleDimensionPartitionMapping`", DimensionMapping(), Sides(DAILY, PLANE)),
    (
        "`MultiPartitionMapping`",
        DimensionsMapping(table={"day": DimensionPair(dimension="day", mapping=TimeMapping(start_offset=-1))}),
        Sides(PLANE, PLANE),
    ),
    ("any mapping of `DynamicPartitionsDefinition`", AllMapping(), Sides(DynamicPartitions(name="users"), LAND)),
)


def shown(form: Form) -> str:
    """The class, with what tells it apart."""
    name = form.name.rpartition(".")[2]
    inner = [value for value in form.args if isinstance(value, dict)]
    if any(isinstance(each, Form) for value in inner for each in value.values()):
        return f"{name}({', '.join(f'{key}: {_inner(each)}' for key, each in inner[0].items())})"
    said = [f"{key}={value!r}" for key, value in form.kwargs.items() if key in SHOWN]
    said += [repr(value) for value in form.args]
    return f"{name}({', '.join(said)})"


SHOWN: Final = ("cron_schedule", "fmt", "end_offset", "start_offset", "allow_nonexistent_upstream_partitions", "name")


def _inner(form: Form) -> str:
    return shown(form.kwargs.get("partition_mapping", form))


def row(example: Example) -> tuple[str, str, str, str]:
    """From, the definition in Dagster, the mapping in Dagster, what differs."""
    heard = () if example.mapping is None else (Schedule(trigger=Updated(asset=RAW, mapping=example.mapping)),)
    start = "2024-01-01T00:00:00+00:00"
    graph = graph_of(
        assets=[Asset(id=RAW, partitions=example.upstream), Asset(id=MADE)],
        jobs=[Job(name="a.raw", writes=(Write(asset=RAW),)), Job(name="b.made", writes=(Write(asset=MADE),))],
        flows=[
            Flow(name="a", jobs=("a.raw",), partitions=example.upstream, start=start),
            Flow(name="b", jobs=("b.made",), schedules=heard),
        ],
    )
    translation = prepare(graph, adapter)
    made = translation.native.asset[RAW if example.mapping is None else MADE].partitions
    found = nothing if made is None else code(shown(definition(made)))
    return (
        example.words,
        found,
        code(_mapping(translation) if example.mapping and made else ""),
        _differences(translation),
    )


nothing: Final = "nothing, carried"


def _mapping(translation: Translation) -> str:
    """What an input says, or what Dagster takes for said."""
    reads = translation.native.job["b.made"].reads
    said = reads[0].mapping if reads else None
    up, down = (translation.native.asset[each].partitions for each in (RAW, MADE))
    return shown(mapping_form(said or inferred(Sides(up, down))))


def _differences(translation: Translation) -> str:
    """Those of the definition upstream are told with it."""
    heard = bool(translation.graph.flow["b"].schedules)
    subjects = ("asset s3://lake/made", "job b.made") if heard else ("asset s3://lake/raw",)
    losses = [loss for loss in translation.losses if loss.subject in subjects and loss.field in {"partitions", "reads"}]
    clauses = [each for loss in losses for each in loss.message.removesuffix(".").split("; ")]
    told = [each for each in clauses if not each.startswith(PLAIN)]
    return "; ".join(told).replace("|", "\\|")


PLAIN: Final = (
    "Dagster's windows need a start: ",
    "Mappings make the keys of these partitions",
    "in Dagster they have",
    "Dagster has a mapping of its own",
    "it gives the same keys",
    "The same keys",
)
"""What says only that something is written otherwise."""


def code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""


def back(words: str, mapping: PartitionMapping, sides: Sides) -> tuple[str, str, str]:
    """From, the mapper in Airflow, what differs."""
    found = mappers.between(mapping, sides)
    form = None if found is None else mappers.to_form(found, sides)
    if form is None:
        return words, nothing, str(own_mappings.refusal(mapping, sides)).replace("|", "\\|")
    own = "" if form.name.startswith("airflow") else " of `transload_airflow`"
    return words, code(form.name.rpartition(".")[2]) + own, ""


def table() -> str:
    """Both tables, as the documentation has them."""
    lines = ["| Airflow | definition in Dagster | mapping in Dagster | what differs |", "| --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(row(example)) + " |" for example in EXAMPLES]
    lines += ["", "| Dagster | Airflow | what differs |", "| --- | --- | --- |"]
    lines += ["| " + " | ".join(back(*each)) + " |" for each in BACK]
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines) + "\n"


def test_the_documentation_is_the_table() -> None:
    """With TRANSLOAD_WRITE=1 it is written anew."""
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition("<!-- partitions -->\n")
    _, _, after = rest.partition("<!-- /partitions -->")
    wanted = f"{before}<!-- partitions -->\n{table()}<!-- /partitions -->{after}"
    if os.environ.get("TRANSLOAD_WRITE") == "1":
        DOCS.write_text(wanted, encoding="utf-8")

    assert DOCS.read_text(encoding="utf-8") == wanted


@pytest.mark.parametrize("union", [Partitions, PartitionMapping])
def test_every_kind_has_a_row(union: object) -> None:
    kinds = set(get_args(get_args(union)[0]))
    tried = {type(each) for example in EXAMPLES for each in (example.upstream, example.mapping)}
    tried |= {type(each) for _, mapping, sides in BACK for each in (mapping, sides.upstream, sides.downstream)}

    assert kinds - tried <= {OpaquePartitions}
