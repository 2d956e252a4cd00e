"""Hypothesis strategies for asset graphs: every field of the model, ordinary and hostile content.

Each entity has a table field → strategy; `test_strategies.py` holds the tables against the model, so that a new field is generated
as soon as it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from transload.errors import IdentityError
from transload.model import partitions as p
from transload.model import triggers as t
from transload.model.assets import (
    Alias,
    Asset,
    Check,
    Column,
    ColumnSource,
    FreshBy,
    FreshWithin,
    Origin,
    Watcher,
)
from transload.model.graph import AssetGraph, referenced_aliases, unchecked
from transload.model.identity import AssetId, identify, logical
from transload.model.jobs import BackfillPolicy, Flow, Job, Read, Retries, Schedule, Write
from transload.model.references import Renames, renamed

TOOLS: Final = ("airflow", "dagster", "prefect")

HOSTILE_TEXTS: Final = (
    "",
    " ",
    "'",
    '"',
    "'''",
    '"""',
    "\\",
    "a\\",
    "a\nb",
    "a\r\nb",
    "\t",
    "{}",
    "{0}",
    "{{ ds }}",
    "%s",
    "\\N{BULLET}",
    "\u202eright to left",
    "\u2028",
    "\x00",
    "\x1b[31m",
    "x" * 2000,
    "class",
    "None",
    "self",
    "context",
    "__import__('os').system('touch canary')",
    '"); __import__("os").system("touch canary"); ("',
    "'''); __import__('os').system('touch canary') #",
    "../../etc/passwd",
    "/absolute",
    "con",
    ".",
    "..",
    "a.b",
    "a/b",
    "a__b",
    "a b",
    "Orders",
    "orders",
    "orders-2",
    "orders_2",
    "orders.2",
    "größe",
    "ﬁ",
    "表",
    "<script>alert(1)</script>",
    "'; DROP TABLE assets; --",
    "transload",
    "s3://bucket/key",
    "airflow://default/x",
    "~",
    "%2F",
    "#",
    "?x=1",
)

_WORDS: Final = (
    "orders",
    "customers",
    "raw",
    "clean",
    "daily_revenue",
    "events",
    "stock",
    "returns",
    "sessions",
    "prices",
)


PLACEHOLDERS: Final = (AssetId("placeholder", "0"), AssetId("placeholder", "1"))
"""What fields name instead of the graph's assets, which stand in for them at the end: so strategies are built once, not per graph."""

ALIASES: Final = ("late_arrivals", 'it\'s "late"\n')


Draw = Callable[[SearchStrategy[Any]], Any]


def _composed(make: Callable[..., SearchStrategy[Any]]) -> Callable[..., SearchStrategy[Any]]:
    """Build a strategy once, and keep its description short: Hypothesis spells the parts of any other out."""
    made = cache(make)

    @st.composite
    def compose(draw: Draw, *args: Any) -> Any:
        return draw(made(*args))

    return cache(compose)


class Content(NamedTuple):
    """What a graph is filled with."""

    label: str

    name: SearchStrategy[str]
    text: SearchStrategy[str]
    cron: SearchStrategy[str]
    zone: SearchStrategy[str]
    instant: SearchStrategy[str]
    format: SearchStrategy[str]
    asset_id: SearchStrategy[AssetId]
    own_names: SearchStrategy[tuple[str, ...]]
    any_shape: bool

    def __repr__(self) -> str:
        return self.label


CRONS: Final = ("0 0 * * *", "@daily", "@hourly", "*/15 * * * *", "0 6 * * 1", "30 2 1 * *", "0 0 * * 0")
ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York")
INSTANTS: Final = ("2024-01-01T00:00:00", "2024-02-29T00:00:00", "2026-03-29T00:00:00")
FORMATS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d-%H:%M")


def _physical(name: str) -> AssetId:
    return identify(f"s3://lake/{name}")


def _table(name: str) -> AssetId:
    return identify(f"postgres://db.example.com/shop/public/{name}")


def _file(name: str) -> AssetId:
    return identify(f"file:///data/{name}.csv")


def _logical(names: Sequence[str], tool: str, deployment: str = "default") -> AssetId:
    return logical(tool, deployment, names)


def _plain_words() -> SearchStrategy[str]:
    return st.builds(lambda word, number: f"{word}{number or ''}", st.sampled_from(_WORDS), st.integers(0, 9))


def _plain_ids(words: SearchStrategy[str]) -> SearchStrategy[AssetId]:
    keys = st.lists(words, min_size=1, max_size=2)
    return st.one_of(
        st.builds(_physical, words),
        st.builds(_table, words),
        st.builds(_file, words),
        st.builds(_logical, keys, st.sampled_from(TOOLS)),
    )


def _identified(uri: str) -> AssetId:
    try:
        return identify(uri)
    except IdentityError:
        return logical("dagster", "default", [uri])


def _hostile_ids(texts: SearchStrategy[str]) -> SearchStrategy[AssetId]:
    schemes = st.sampled_from(("s3", "gs", "postgres", "snowflake", "file", "https", "x-unknown", "kafka", "bigquery"))
    deployments = texts.map(lambda text: text or "default")
    return st.one_of(
        _plain_ids(_plain_words()),
        st.builds(
            _logical, st.lists(texts, min_size=1, max_size=3), st.sampled_from((*TOOLS, "othertool")), deployments
        ),
        st.builds(lambda scheme, text: _identified(f"{scheme}://host/{text}"), schemes, texts),
        st.builds(AssetId, texts, texts),
    )


@cache
def plain() -> Content:
    """Ordinary names."""
    words = _plain_words()
    return Content(
        label="plain",
        name=words,
        text=st.sampled_from(("All orders.", "One row per customer.", "Raw events, as they came.")),
        cron=st.sampled_from(CRONS),
        zone=st.sampled_from(ZONES),
        instant=st.sampled_from(INSTANTS),
        format=st.sampled_from(FORMATS),
        asset_id=_plain_ids(words),
        own_names=st.lists(words, min_size=1, max_size=2).map(tuple),
        any_shape=False,
    )


@cache
def hostile() -> Content:
    """Names and values made to break something."""
    texts = st.integers(0, len(HOSTILE_TEXTS) - 1).map(HOSTILE_TEXTS.__getitem__) | (
        st.text(st.characters(codec="utf-8"), max_size=20)
    )
    return Content(
        label="hostile",
        name=texts,
        text=texts,
        cron=st.sampled_from(CRONS) | texts,
        zone=st.sampled_from(ZONES) | texts,
        instant=st.sampled_from(INSTANTS) | texts,
        format=st.sampled_from(FORMATS) | texts,
        asset_id=_hostile_ids(texts),
        own_names=st.lists(texts, max_size=3).map(tuple),
        any_shape=True,
    )


def _optional(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | strategy


def _tuples(strategy: SearchStrategy[Any], *, most: int = 2) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most, unique=True).map(tuple)


@_composed
def json_values(texts: SearchStrategy[str]) -> SearchStrategy[Any]:
    """JSON values, integers beyond 64 bits included."""
    numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    leaves = st.none() | st.booleans() | numbers | texts
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2), max_leaves=4
    )


def _json_objects(texts: SearchStrategy[str]) -> SearchStrategy[dict[str, Any]]:
    return st.dictionaries(texts, json_values(texts), max_size=2)


_SECONDS: Final = st.floats(0, 1e6, allow_nan=False) | st.integers(1, 86400).map(float)
_LIMITS: Final = _optional(st.integers(1, 100))


@_composed
def definitions(content: Content, depth: int = 1) -> SearchStrategy[Any]:
    """Partition definitions of every kind."""
    simple = st.one_of(
        st.builds(
            p.TimePartitions,
            cron=content.cron,
            start=_optional(content.instant),
            end=_optional(content.instant),
            timezone=content.zone,
            format=content.format,
            end_offset=st.integers(-2, 2),
            exclusions=_tuples(content.cron | content.instant),
            run_offset=_optional(st.integers(-2, 2)),
        ),
        st.builds(p.StaticPartitions, keys=_tuples(content.name, most=3)),
        st.builds(p.DynamicPartitions, name=content.name),
        st.builds(p.RuntimePartitions),
        st.builds(p.OpaquePartitions, tool=st.sampled_from(TOOLS), detail=json_values(content.text)),
    )
    if not depth:
        return simple
    dimensions = st.dictionaries(content.name, definitions(content, depth - 1), max_size=2)
    return simple | st.builds(p.MultiPartitions, dimensions=dimensions, delimiter=st.sampled_from(("|", "/", "")))


@_composed
def _windows(content: Content) -> SearchStrategy[p.Window]:
    return st.builds(
        p.Window,
        unit=_optional(st.sampled_from(p.CalendarUnit)),
        segments=_tuples(content.name),
        backward=st.booleans(),
        opaque=_optional(json_values(content.text)),
    )


@_composed
def _simple_mappings(content: Content) -> SearchStrategy[Any]:
    keys = _tuples(content.name)
    return st.one_of(
        st.builds(p.IdentityMapping, limit=_LIMITS),
        st.builds(p.AllMapping),
        st.builds(p.LastMapping),
        st.builds(p.SpecificMapping, keys=keys),
        st.builds(p.StaticMapping, table=st.dictionaries(content.name, keys, max_size=2)),
        st.builds(
            p.TimeMapping,
            start_offset=st.integers(-3, 3),
            end_offset=st.integers(-3, 3),
            allow_missing=st.booleans(),
        ),
        st.builds(
            p.FloorMapping,
            unit=st.sampled_from(p.CalendarUnit),
            timezone=content.zone,
            input_format=content.format,
            output_format=_optional(content.format),
            limit=_LIMITS,
        ),
        st.builds(p.FixedMapping, key=content.name, limit=_LIMITS),
        st.builds(p.AllowedMapping, keys=keys, limit=_LIMITS),
        st.builds(p.DimensionMapping, dimension=_optional(content.name)),
        st.builds(p.OpaqueMapping, tool=st.sampled_from(TOOLS), detail=json_values(content.text)),
    )


@_composed
def mappings(content: Content, depth: int = 1) -> SearchStrategy[Any]:
    """Partition mappings of every kind."""
    simple = _simple_mappings(content)
    if not depth:
        return simple
    inner = mappings(content, depth - 1)
    waits = st.builds(p.WaitPolicy, minimum=_optional(st.integers(-3, 3)))
    pairs = st.builds(p.DimensionPair, dimension=content.name, mapping=inner)
    windows = _windows(content)
    return st.one_of(
        simple,
        st.builds(p.RollupMapping, upstream=inner, window=windows, wait=waits, limit=_LIMITS),
        st.builds(p.FanOutMapping, upstream=inner, window=windows, downstream=_optional(inner), limit=_LIMITS),
        st.builds(
            p.ProductMapping,
            parts=st.lists(inner, max_size=2).map(tuple),
            delimiter=st.sampled_from(("|", "")),
            limit=_LIMITS,
        ),
        st.builds(p.ChainMapping, steps=st.lists(inner, max_size=2).map(tuple), limit=_LIMITS),
        st.builds(p.DimensionsMapping, table=st.dictionaries(content.name, pairs, max_size=2)),
    )


@_composed
def _trigger_leaves(content: Content) -> SearchStrategy[Any]:
    zone = _optional(content.zone)
    references = st.sampled_from((None, None, "name", "uri"))
    updated = st.builds(
        t.Updated, asset=st.sampled_from(PLACEHOLDERS), mapping=_optional(mappings(content)), reference=references
    )
    kinds = [
        *[updated] * 4,
        st.builds(t.AliasUpdated, alias=st.sampled_from(ALIASES)),
        st.builds(t.Cron, expression=content.cron, timezone=zone, day_or=st.booleans()),
        st.builds(t.Interval, seconds=_SECONDS, anchor=_optional(content.instant), timezone=zone),
        st.builds(t.RRule, rule=st.sampled_from(("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO")) | content.name, timezone=zone),
        st.builds(t.Once),
        st.builds(t.Continuous),
        st.builds(t.Eager),
        st.builds(t.OnCron, expression=content.cron, timezone=content.zone),
        st.builds(t.OnMissing),
        st.builds(
            t.Condition, label=_optional(content.text), tree=json_values(content.text), source=_optional(content.text)
        ),
        st.builds(t.Event, match=json_values(content.text)),
        st.builds(t.Opaque, tool=st.sampled_from(TOOLS), type=content.name, detail=json_values(content.text)),
    ]
    return st.one_of(*kinds)


@_composed
def triggers(content: Content, depth: int = 2) -> SearchStrategy[Any]:
    """Triggers of every kind."""
    leaves = _trigger_leaves(content)
    if not depth:
        return leaves
    fields = {
        "parts": st.lists(triggers(content, depth - 1), min_size=1, max_size=3).map(tuple),
        "within": _optional(_SECONDS),
    }
    return st.one_of(
        leaves,
        leaves,
        st.builds(t.AllOf, **fields),
        st.builds(t.AnyOf, **fields),
        st.builds(t.AtLeast, count=st.integers(1, 3), **fields),
        st.builds(t.InOrder, **fields),
    )


@_composed
def residues(content: Content) -> SearchStrategy[Any]:
    """What only one tool, or a tool that nobody knows, understands."""
    keys = content.name.map(lambda name: f"odd {name}")
    fields = st.dictionaries(keys, json_values(content.text), min_size=1, max_size=2)
    return st.dictionaries(st.sampled_from((*TOOLS, "othertool")), fields, max_size=2)


def _names(content: Content) -> SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from((*TOOLS, "othertool")), content.own_names, max_size=2)


def _origins(content: Content) -> SearchStrategy[Any]:
    return st.builds(
        Origin,
        tool=st.sampled_from(TOOLS),
        way=st.sampled_from(("load", "static", "live", "document")),
        path=_optional(content.name),
        line=_optional(st.integers(1, 999)),
    )


Fields = Mapping[str, SearchStrategy[Any]]


@cache
def asset_fields(content: Content) -> Fields:
    """Field of an asset → strategy; `id` apart."""
    text, name = content.text, content.name
    tags = st.dictionaries(name, text, max_size=2)
    columns = st.builds(
        Column,
        name=name,
        type=_optional(st.sampled_from(("bigint", "varchar(10)")) | text),
        description=_optional(text),
        nullable=_optional(st.booleans()),
        unique=_optional(st.booleans()),
        constraints=_tuples(text),
        tags=tags,
    )
    sources = st.builds(ColumnSource, asset=st.sampled_from(PLACEHOLDERS), column=name)
    checks = st.builds(
        Check,
        name=name,
        description=_optional(text),
        blocking=st.booleans(),
        reads=st.sampled_from(PLACEHOLDERS).map(lambda asset: (asset,)) | st.just(()),
        metadata=_json_objects(text),
        function=_optional(name),
        native=residues(content),
    )
    freshness = st.one_of(
        st.builds(FreshWithin, fail=_SECONDS, warn=_optional(_SECONDS)),
        st.builds(FreshBy, cron=content.cron, lower_bound=_SECONDS, timezone=content.zone),
    )
    return {
        "names": _names(content),
        "title": text,
        "description": text,
        "url": st.sampled_from(("https://wiki.example.com/orders",)) | text,
        "owners": _tuples(st.sampled_from(("ann@example.com", "team:core")) | text),
        "tags": tags,
        "kinds": _tuples(st.sampled_from(("python", "table")) | text),
        "group": name,
        "code_version": text,
        "metadata": _json_objects(text),
        "columns": st.lists(columns, max_size=2, unique_by=lambda column: column.name).map(tuple),
        "column_lineage": st.dictionaries(name, st.lists(sources, max_size=2).map(tuple), max_size=2),
        "partitions": definitions(content),
        "freshness": freshness,
        "checks": st.lists(checks, max_size=2, unique_by=lambda check: check.name).map(tuple),
        "trigger": triggers(content),
        "watchers": st.lists(
            st.builds(Watcher, name=name, trigger=name, arguments=_json_objects(text)),
            max_size=2,
            unique_by=lambda watcher: watcher.name,
        ).map(tuple),
        "virtual": st.booleans(),
        "native": residues(content),
        "origin": _origins(content),
    }


def _retries() -> SearchStrategy[Retries]:
    return st.builds(
        Retries,
        count=st.integers(0, 5),
        delays=st.lists(_SECONDS, max_size=2).map(tuple),
        backoff=st.sampled_from((None, "linear", "exponential")),
        jitter=st.sampled_from((None, "full", "plus_minus", 0.5)),
        max_delay=_optional(_SECONDS),
    )


@cache
def job_fields(content: Content) -> Fields:
    """Field of a job → strategy; `name`, and what ties it to assets and jobs, apart."""
    text, name = content.text, content.name
    named = _tuples(st.sampled_from(ALIASES))
    return {
        "names": _names(content),
        "reads_aliases": named,
        "writes_aliases": named,
        "description": text,
        "owners": _tuples(text),
        "tags": st.dictionaries(name, text, max_size=2),
        "retries": _retries(),
        "timeout": _SECONDS,
        "backfill": st.builds(BackfillPolicy, per_run=_LIMITS),
        "pool": name,
        "function": name,
        "native": residues(content),
        "origin": _origins(content),
    }


@cache
def flow_fields(content: Content) -> Fields:
    """Field of a flow → strategy; `name` and `jobs` apart."""
    text, name = content.text, content.name
    schedules = st.builds(
        Schedule,
        name=_optional(name),
        trigger=_optional(triggers(content)),
        active=_optional(st.booleans()),
        description=_optional(text),
        parameters=_json_objects(text),
        tags=st.dictionaries(name, text, max_size=2),
        native=residues(content),
    )
    return {
        "names": _names(content),
        "schedules": st.lists(schedules, max_size=2, unique_by=lambda schedule: schedule.name).map(tuple),
        "partitions": definitions(content),
        "title": text,
        "description": text,
        "owners": _tuples(text),
        "tags": st.dictionaries(name, text, max_size=2),
        "parameters": _json_objects(text),
        "retries": _retries(),
        "concurrency": st.integers(1, 10),
        "start": content.instant,
        "end": content.instant,
        "catchup": st.booleans(),
        "native": residues(content),
        "origin": _origins(content),
    }


def _some(draw: Draw, fields: Fields, most: int = 4) -> dict[str, Any]:
    """A few of the fields, so that an example stays small; over many examples each is met with each."""
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), max_size=most, unique=True))
    return {field: draw(fields[field]) for field in chosen}


@cache
def _read_fields(content: Content) -> Fields:
    return {
        "mapping": mappings(content),
        "argument": content.name,
        "inferred": st.booleans(),
        "metadata": _json_objects(content.text),
    }


def _reads(draw: Draw, content: Content, assets: Sequence[AssetId]) -> list[Read]:
    chosen = draw(_tuples(st.sampled_from(assets), most=3)) if assets else ()
    return [Read(asset=asset, **_some(draw, _read_fields(content), 2)) for asset in chosen]


def _writes(draw: Draw, assets: Sequence[AssetId], reads: Sequence[Read]) -> list[Write]:
    chosen = draw(_tuples(st.sampled_from(assets))) if assets else ()
    inputs = _optional(_tuples(st.sampled_from([read.asset for read in reads]))) if reads else st.none()
    return [Write(asset=asset, reads=draw(inputs), optional=draw(st.booleans())) for asset in chosen]


def _job(draw: Draw, content: Content, names: tuple[str, Sequence[str]], assets: Sequence[AssetId]) -> Job:
    name, earlier = names
    cut = draw(st.integers(0, len(assets)))
    reads = _reads(draw, content, assets if content.any_shape else assets[:cut])
    writes = _writes(draw, assets if content.any_shape else assets[cut:], reads)
    after = draw(_tuples(st.sampled_from(earlier))) if earlier else ()
    return Job(name=name, reads=tuple(reads), writes=tuple(writes), after=after, **_some(draw, job_fields(content)))


def _flow(draw: Draw, content: Content, name: str, jobs: Sequence[str]) -> Flow:
    chosen = draw(_tuples(st.sampled_from(jobs), most=4)) if jobs else ()
    fields = dict(flow_fields(content))
    schedules = draw(fields.pop("schedules"))
    return Flow(name=name, jobs=chosen, schedules=schedules, **_some(draw, fields))


def _alias(draw: Draw, content: Content, name: str) -> Alias:
    return Alias(name=name, group=draw(_optional(content.name)), native=draw(residues(content)))


@st.composite
def graphs(draw: Draw, content: Content, size: int) -> AssetGraph:
    """Well-formed graphs with up to `size` entities of each kind."""
    assets = draw(st.lists(content.asset_id, min_size=1, max_size=size, unique=True))
    jobs = draw(st.lists(content.name, max_size=size, unique=True))
    flows = draw(st.lists(content.name, max_size=min(size, 2), unique=True))
    draft = unchecked(
        assets=[Asset(id=asset, **_some(draw, asset_fields(content))) for asset in assets],
        jobs=[_job(draw, content, (name, jobs[:place]), assets) for place, name in enumerate(jobs)],
        flows=[_flow(draw, content, name, jobs) for name in flows],
    )
    graph = renamed(draft, Renames(assets=dict(zip(PLACEHOLDERS, (assets[0], assets[-1]), strict=True))))
    aliases = sorted({name for name, _ in referenced_aliases(graph)})
    return graph.replaced(aliases=[_alias(draw, content, name) for name in aliases])


def plain_graphs(size: int = 4) -> SearchStrategy[AssetGraph]:
    """Graphs with ordinary names, in which data flows one way."""
    return graphs(plain(), size)


def hostile_graphs(size: int = 3) -> SearchStrategy[AssetGraph]:
    """Graphs with hostile content and any shape: circles, several writers of one asset, jobs that do nothing."""
    return graphs(hostile(), size)


def any_graphs() -> SearchStrategy[AssetGraph]:
    """Both."""
    return plain_graphs() | hostile_graphs()
