"""What becomes of each partition definition and mapping in each tool, as projects are really written: the table of docs/partitions.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from transload.adapter import Translation
from transload.model.assets import Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload.model.partitions import (
    AllMapping,
    AllowedMapping,
    CalendarUnit,
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
    PartitionMapping,
    Partitions,
    RollupMapping,
    RuntimePartitions,
    SpecificMapping,
    StaticMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
    Window,
)
from transload.model.triggers import Cron, Updated
from transload.projects import generate
from transload.registry import adapter_for
from transload.translator import prepare

TOOLS: Final = ("airflow", "dagster", "prefect")
RAW, MADE = identify("s3://lake/raw"), identify("s3://lake/made")
_RAW: Final = "asset s3://lake/raw"

HOURS: Final = TimePartitions(cron="0 * * * *", start="2026-01-01T00:00:00", format="%Y-%m-%dT%H:%M")
DAYS: Final = TimePartitions(cron="0 0 * * *", start="2026-01-01T00:00:00", format="%Y-%m-%d")
LOCAL: Final = DAYS.model_copy(update={"timezone": "Europe/Berlin", "end": "2027-01-01T00:00:00"})
GAPS: Final = DAYS.model_copy(update={"exclusions": ("0 0 * * 0",)})
REGIONS: Final = StaticPartitions(keys=("emea", "us"))
COUNTRIES: Final = StaticPartitions(keys=("de", "fr", "us"))
GRID: Final = MultiPartitions(dimensions={"day": DAYS, "region": REGIONS})
CUBE: Final = MultiPartitions(dimensions={"country": COUNTRIES, "day": DAYS, "region": REGIONS})

DEFINITIONS: Final[tuple[tuple[str, Partitions], ...]] = (
    ("windows of time, such as hours", HOURS),
    ("days of a zone, with an end", LOCAL),
    ("days with gaps", GAPS),
    ("a list of keys", REGIONS),
    ("keys that are added", DynamicPartitions(name="customers")),
    ("keys known at run time only", RuntimePartitions()),
    ("two dimensions", GRID),
    ("three dimensions", CUBE),
)
MAPPINGS: Final[tuple[tuple[str, PartitionMapping, Partitions, Partitions], ...]] = (
    ("the same key", IdentityMapping(), DAYS, DAYS),
    ("all keys", AllMapping(), COUNTRIES, REGIONS),
    ("the newest key", LastMapping(), DAYS, REGIONS),
    ("certain keys", SpecificMapping(keys=("de",)), COUNTRIES, REGIONS),
    ("a table", StaticMapping(table={"de": ("emea",), "fr": ("emea",), "us": ("us",)}), COUNTRIES, REGIONS),
    ("hours to their day", TimeMapping(), HOURS, DAYS),
    ("a day to its hours", TimeMapping(), DAYS, HOURS),
    ("the day before", TimeMapping(start_offset=-1, end_offset=-1), DAYS, DAYS),
    ("the last seven days", TimeMapping(start_offset=-6), DAYS, DAYS),
    ("one of two dimensions", DimensionMapping(), DAYS, GRID),
    (
        "dimension by dimension",
        DimensionsMapping(
            table={
                "day": DimensionPair(dimension="day", mapping=TimeMapping(start_offset=-1)),
                "region": DimensionPair(dimension="region", mapping=IdentityMapping()),
            }
        ),
        GRID,
        GRID,
    ),
    ("`StartOfDayMapper`", FloorMapping(unit=CalendarUnit.DAY, input_format=HOURS.format), HOURS, DAYS),
    (
        "`RollupMapper` of days",
        RollupMapping(
            upstream=FloorMapping(unit=CalendarUnit.DAY, input_format=HOURS.format),
            window=Window(unit=CalendarUnit.DAY),
        ),
        HOURS,
        DAYS,
    ),
    (
        "`FanOutMapper` of days",
        FanOutMapping(
            upstream=FloorMapping(unit=CalendarUnit.DAY, input_format=DAYS.format),
            window=Window(unit=CalendarUnit.DAY),
            downstream=FloorMapping(unit=CalendarUnit.HOUR, output_format=HOURS.format),
        ),
        DAYS,
        HOURS,
    ),
    ("`FixedKeyMapper`", FixedMapping(key="all"), COUNTRIES, StaticPartitions(keys=("all",))),
    ("`AllowedKeyMapper`", AllowedMapping(keys=("us",)), REGIONS, REGIONS),
)

_DEFINITION: Final = re.compile(
    r"\b(?:PartitionedAtRuntime|(?:[A-Z][a-z]+)+(?:Partitions|PartitionsDefinition|Timetable))\b"
)
_MAPPING: Final = re.compile(r"\b(?:[A-Z][a-z]+)+(?:Mapper|Mapping|Window)\b")
_PLAIN: Final[Mapping[str, str]] = {
    "airflow": "nothing: identity is the default",
    "dagster": "nothing, carried: Dagster infers one from the two definitions",
}
"""What a project without a mapping means."""


def tables() -> str:
    """Both tables, as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "### Definitions\n"
    yield from _head()
    for name, definition in DEFINITIONS:
        yield _row(name, (_definition_in(_defined(definition), tool) for tool in TOOLS))
    yield "\n### Mappings\n"
    yield from _head()
    for name, mapping, up, down in MAPPINGS:
        yield _row(name, (_mapping_in(_mapped(mapping, up, down), tool) for tool in TOOLS))


def _head() -> Iterator[str]:
    yield "| | Airflow | Dagster | Prefect |"
    yield "| --- | --- | --- | --- |"


def _defined(definition: Partitions) -> AssetGraph:
    """A flow that makes an asset of these partitions, at the ends of its windows if it has any."""
    trigger = (
        Cron(expression=definition.cron, timezone=definition.timezone)
        if isinstance(definition, TimePartitions)
        else None
    )
    schedules = () if trigger is None else (Schedule(trigger=trigger),)
    return graph_of(
        [Asset(id=RAW, partitions=definition)],
        [Job(name="raw.load", writes=(Write(asset=RAW),))],
        [Flow(name="raw", jobs=("raw.load",), partitions=definition, schedules=schedules)],
    )


def _mapped(mapping: PartitionMapping, up: Partitions, down: Partitions) -> AssetGraph:
    """An asset that is made whenever the one that it reads is updated."""
    updated = Schedule(trigger=Updated(asset=RAW, mapping=mapping))
    return graph_of(
        [Asset(id=RAW, partitions=up), Asset(id=MADE, partitions=down)],
        [Job(name="made.make", reads=(Read(asset=RAW, mapping=mapping),), writes=(Write(asset=MADE),))],
        [Flow(name="made", jobs=("made.make",), partitions=down, schedules=(updated,))],
    )


def _row(name: str, cells: Iterable[str]) -> str:
    return f"| {name} | " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _definition_in(graph: AssetGraph, tool: str) -> str:
    """The classes that the written project says it by, and what the report says of it."""
    translation = prepare(graph, adapter_for(tool))
    told = [loss.message for loss in translation.losses if (loss.subject, loss.field) == (_RAW, "partitions")]
    return ". ".join([_found(_DEFINITION, translation) or "nothing, carried", *(each.rstrip(".") for each in told)])


def _mapping_in(graph: AssetGraph, tool: str) -> str:
    return _found(_MAPPING, prepare(graph, adapter_for(tool))) or _PLAIN[tool]


def _found(words: re.Pattern[str], translation: Translation) -> str:
    files = sorted(generate(translation).items())
    code = "\n".join(text for path, text in files if path.endswith(".py"))
    return ", ".join(f"`{name}`" for name in dict.fromkeys(words.findall(_without_imports(code))))


def _without_imports(code: str) -> str:
    tree = ast.parse(code)
    tree.body = [each for each in tree.body if not isinstance(each, (ast.Import, ast.ImportFrom, ast.Expr))]
    return ast.unparse(tree)
