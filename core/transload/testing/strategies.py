"""Hypothesis strategies for asset graphs: every field of the model, ordinary and hostile content.

Each entity has a table field → strategy, and a test holds the tables against the model, so that a new field is generated as soon as it
exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, get_args

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from transload.model import conditions as c
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
from transload.model.dataflow import (
    Argument,
    Computed,
    Decision,
    ListOf,
    Literally,
    ParameterOf,
    ResultOf,
    Rule,
    RunsIf,
    Start,
    ValueSource,
    Work,
)
from transload.model.graph import AssetGraph, referenced_aliases, unchecked
from transload.model.identity import AssetId
from transload.model.jobs import BackfillPolicy, Flow, Job, Read, Retries, Schedule, Write
from transload.model.references import Renames, renamed
from transload.testing.content import (
    ALIASES,
    LIMITS,
    NO_TOOL,
    PLACEHOLDERS,
    TOOLS,
    Content,
    Draw,
    composed,
    hostile,
    json_objects,
    json_values,
    optional,
    plain,
    tuples,
)
from transload.testing.partitioned import definitions, mappings
from transload.triggering import presets

_RARELY: Final = st.integers(0, 3).map(lambda number: number == 3)
_SECONDS: Final = st.floats(0, 1e6, allow_nan=False) | st.integers(1, 86400).map(float)


@composed
def _trigger_leaves(content: Content) -> SearchStrategy[Any]:
    zone = optional(content.zone)
    references = st.sampled_from((None, None, "name", "uri"))
    updated = st.builds(
        t.Updated, asset=st.sampled_from(PLACEHOLDERS), mapping=optional(mappings(content)), reference=references
    )
    kinds = [
        *[updated] * 4,
        st.builds(t.AliasUpdated, alias=st.sampled_from(ALIASES)),
        st.builds(t.Cron, expression=content.cron, timezone=zone, day_or=st.booleans()),
        st.builds(t.Interval, seconds=_SECONDS, anchor=optional(content.instant), timezone=zone),
        st.builds(t.RRule, rule=st.sampled_from(("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO")) | content.name, timezone=zone),
        st.builds(t.Once),
        st.builds(t.Continuous),
        st.builds(t.Eager),
        st.builds(t.OnCron, expression=content.cron, timezone=content.zone),
        st.builds(t.OnMissing),
        st.builds(
            t.Condition,
            label=optional(content.text),
            predicate=optional(predicates(content)),
            tree=json_values(content.text),
            source=optional(content.text),
        ),
        st.builds(t.Event, match=json_values(content.text)),
        st.builds(t.Opaque, tool=st.sampled_from(TOOLS), type=content.name, detail=json_values(content.text)),
    ]
    return st.one_of(*kinds)


@composed
def predicates(content: Content, depth: int = 2) -> SearchStrategy[Any]:
    """Predicates of every kind, over the assets of the graph."""
    leaves = st.one_of(
        st.builds(c.State, name=st.sampled_from(get_args(c.StateName))),
        st.builds(c.TickPassed, expression=content.cron, timezone=content.zone),
        st.builds(c.InLatestWindow, lookback=optional(_SECONDS)),
        st.sampled_from((presets.HANDLED, presets.IN_PROGRESS, presets.ANY_DEPS_MISSING, presets.EAGER)),
    )
    if not depth:
        return leaves
    inner = predicates(content, depth - 1)
    assets = st.lists(st.sampled_from(PLACEHOLDERS), max_size=2, unique=True).map(tuple)
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    deps = {"part": inner, "only": optional(assets), "ignored": assets}
    return st.one_of(
        leaves,
        st.builds(c.Both, parts=parts),
        st.builds(c.Either, parts=parts),
        st.builds(c.Not, part=inner),
        st.builds(c.Since, part=inner, reset=inner),
        st.builds(c.NewlyTrue, part=inner),
        st.builds(c.OfAsset, asset=st.sampled_from(PLACEHOLDERS), part=inner),
        st.builds(c.AnyDeps, **deps),
        st.builds(c.AllDeps, **deps),
    )


@composed
def triggers(content: Content, depth: int = 2) -> SearchStrategy[Any]:
    """Triggers of every kind."""
    leaves = _trigger_leaves(content)
    if not depth:
        return leaves
    fields = {
        "parts": st.lists(triggers(content, depth - 1), min_size=1, max_size=3).map(tuple),
        "within": optional(_SECONDS),
    }
    return st.one_of(
        leaves,
        leaves,
        st.builds(t.AllOf, **fields),
        st.builds(t.AnyOf, **fields),
        st.builds(t.AtLeast, count=st.integers(1, 3), **fields),
        st.builds(t.InOrder, **fields),
    )


@composed
def residues(content: Content) -> SearchStrategy[Any]:
    """What only one tool, or a tool that nobody knows, understands."""
    keys = content.name.map(lambda name: f"odd {name}")
    fields = st.dictionaries(keys, json_values(content.text), min_size=1, max_size=2)
    return st.dictionaries(st.sampled_from((*TOOLS, NO_TOOL)), fields, max_size=2)


def _names(content: Content) -> SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from((*TOOLS, NO_TOOL)), content.own_names, max_size=2)


def _origins(content: Content) -> SearchStrategy[Any]:
    return st.builds(
        Origin,
        tool=st.sampled_from(TOOLS),
        way=st.sampled_from(("load", "static", "live", "document")),
        path=optional(content.name),
        line=optional(st.integers(1, 999)),
    )


Fields = Mapping[str, SearchStrategy[Any]]


def _tags(content: Content) -> SearchStrategy[dict[str, str]]:
    return st.dictionaries(content.name, content.text, max_size=2)


def _columns(content: Content) -> SearchStrategy[Column]:
    return st.builds(
        Column,
        name=content.name,
        type=optional(st.sampled_from(("bigint", "varchar(10)")) | content.text),
        description=optional(content.text),
        nullable=optional(st.booleans()),
        unique=optional(st.booleans()),
        constraints=tuples(content.text),
        tags=_tags(content),
    )


def _checks(content: Content) -> SearchStrategy[Check]:
    return st.builds(
        Check,
        name=content.name,
        description=optional(content.text),
        blocking=st.booleans(),
        reads=st.sampled_from(PLACEHOLDERS).map(lambda asset: (asset,)) | st.just(()),
        metadata=json_objects(content.text),
        function=optional(content.name),
        native=residues(content),
    )


def _freshness(content: Content) -> SearchStrategy[FreshWithin | FreshBy]:
    return st.one_of(
        st.builds(FreshWithin, fail=_SECONDS, warn=optional(_SECONDS)),
        st.builds(FreshBy, cron=content.cron, lower_bound=_SECONDS, timezone=content.zone),
    )


@cache
def asset_fields(content: Content) -> Fields:
    """Field of an asset → strategy; `id` apart."""
    text, name = content.text, content.name
    sources = st.builds(ColumnSource, asset=st.sampled_from(PLACEHOLDERS), column=name)
    return {
        "names": _names(content),
        "title": text,
        "description": text,
        "url": st.sampled_from(("https://wiki.example.com/orders",)) | text,
        "owners": tuples(st.sampled_from(("ann@example.com", "team:core")) | text),
        "tags": _tags(content),
        "kinds": tuples(st.sampled_from(("python", "table")) | text),
        "group": name,
        "code_version": text,
        "metadata": json_objects(text),
        "columns": st.lists(_columns(content), max_size=2, unique_by=lambda column: column.name).map(tuple),
        "column_lineage": st.dictionaries(name, st.lists(sources, max_size=2).map(tuple), max_size=2),
        "partitions": definitions(content),
        "freshness": _freshness(content),
        "checks": st.lists(_checks(content), max_size=2, unique_by=lambda check: check.name).map(tuple),
        "trigger": triggers(content),
        "watchers": st.lists(
            st.builds(Watcher, name=name, trigger=name, arguments=json_objects(text)),
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
        backoff=st.sampled_from((None, "linear", "exponential", "geometric")),
        factor=st.sampled_from((2.0, 2.0, 1.0, 3.5)),
        jitter=st.sampled_from((None, "full", "plus_minus", "up_to_double", 0.5)),
        max_delay=optional(_SECONDS),
    )


@cache
def job_fields(content: Content) -> Fields:
    """Field of a job → strategy; `name`, and what ties it to assets and jobs, apart."""
    text, name = content.text, content.name
    named = tuples(st.sampled_from(ALIASES))
    return {
        "names": _names(content),
        "rule": st.sampled_from(get_args(Rule)),
        "decision": st.builds(Decision, kind=st.sampled_from(("branch", "short_circuit"))),
        "group": tuples(name),
        "stage": st.sampled_from(("setup", "teardown")),
        "starts": st.builds(
            Start, flow=name, deployment=optional(name), parameters=json_objects(text), wait=st.booleans()
        ),
        "work": st.builds(Work, kind=st.sampled_from(("nothing", "command", "sql")), text=optional(text)),
        "reads_aliases": named,
        "writes_aliases": named,
        "description": text,
        "owners": tuples(text),
        "tags": st.dictionaries(name, text, max_size=2),
        "retries": _retries(),
        "timeout": _SECONDS,
        "backfill": st.builds(BackfillPolicy, per_run=LIMITS),
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
        name=optional(name),
        trigger=optional(triggers(content)),
        active=optional(st.booleans()),
        description=optional(text),
        parameters=json_objects(text),
        tags=st.dictionaries(name, text, max_size=2),
        native=residues(content),
    )
    return {
        "names": _names(content),
        "schedules": st.lists(schedules, max_size=2, unique_by=lambda schedule: schedule.name).map(tuple),
        "partitions": definitions(content),
        "title": text,
        "description": text,
        "owners": tuples(text),
        "tags": st.dictionaries(name, text, max_size=2),
        "parameters": json_objects(text),
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
        "metadata": json_objects(content.text),
    }


def _reads(draw: Draw, content: Content, assets: Sequence[AssetId]) -> list[Read]:
    chosen = draw(tuples(st.sampled_from(assets), most=3)) if assets else ()
    return [Read(asset=asset, **_some(draw, _read_fields(content), 2)) for asset in chosen]


def _writes(draw: Draw, assets: Sequence[AssetId], reads: Sequence[Read]) -> list[Write]:
    chosen = draw(tuples(st.sampled_from(assets))) if assets else ()
    inputs = optional(tuples(st.sampled_from([read.asset for read in reads]))) if reads else st.none()
    return [Write(asset=asset, reads=draw(inputs), optional=draw(st.booleans())) for asset in chosen]


_ITEMS: Final = st.none() | st.integers(0, 3) | st.sampled_from(("rows", "0"))


def _source(draw: Draw, content: Content, earlier: Sequence[str], *, inner: bool = False) -> ValueSource:
    """What an argument may be made of, where `earlier` jobs came before."""
    kinds = ["value", "parameter", "computed", *(["result"] if earlier else []), *([] if inner else ["list"])]
    kind = draw(st.sampled_from(kinds))
    if kind == "result":
        return ResultOf(job=draw(st.sampled_from(earlier)), item=draw(_ITEMS))
    if kind == "list":
        return ListOf(items=tuple(_source(draw, content, earlier, inner=True) for _ in range(draw(st.integers(0, 2)))))
    if kind == "computed":
        uses = draw(tuples(st.sampled_from(earlier))) if earlier else ()
        return Computed(text=draw(content.text), uses=uses)
    return (
        ParameterOf(name=draw(content.name))
        if kind == "parameter"
        else Literally(value=draw(json_values(content.text)))
    )


def _arguments(draw: Draw, content: Content, earlier: Sequence[str]) -> tuple[Argument, ...]:
    names = draw(tuples(content.name))
    sources = {name: _source(draw, content, earlier) for name in names}
    return tuple(
        Argument(parameter=name, source=source, mapped=draw(st.booleans())) for name, source in sources.items()
    )


def _runs_if(draw: Draw, content: Content, earlier: Sequence[str]) -> RunsIf:
    return RunsIf(
        job=draw(st.sampled_from(earlier)),
        item=draw(_ITEMS),
        equals=draw(json_values(content.text)),
        compared=draw(st.booleans()),
        negated=draw(st.booleans()),
    )


def _job(draw: Draw, content: Content, names: tuple[str, Sequence[str]], assets: Sequence[AssetId]) -> Job:
    name, earlier = names
    cut = draw(st.integers(0, len(assets)))
    reads = _reads(draw, content, assets if content.any_shape else assets[:cut])
    writes = _writes(draw, assets if content.any_shape else assets[cut:], reads)
    after = draw(tuples(st.sampled_from(earlier))) if earlier else ()
    tied: dict[str, Any] = {}
    if draw(_RARELY):
        tied["arguments"] = _arguments(draw, content, earlier)
    if earlier and draw(_RARELY):
        tied["runs_if"] = _runs_if(draw, content, earlier)
    return Job(
        name=name, reads=tuple(reads), writes=tuple(writes), after=after, **tied, **_some(draw, job_fields(content))
    )


def _flow(draw: Draw, content: Content, name: str, jobs: Sequence[str]) -> Flow:
    chosen = draw(tuples(st.sampled_from(jobs), most=4)) if jobs else ()
    fields = dict(flow_fields(content))
    schedules = draw(fields.pop("schedules"))
    return Flow(name=name, jobs=chosen, schedules=schedules, **_some(draw, fields))


def _alias(draw: Draw, content: Content, name: str) -> Alias:
    return Alias(name=name, group=draw(optional(content.name)), native=draw(residues(content)))


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
