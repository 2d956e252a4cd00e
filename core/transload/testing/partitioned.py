"""Partition definitions and mappings of generated graphs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from transload.model import partitions as p
from transload.testing.content import (
    LIMITS,
    TOOLS,
    Content,
    composed,
    json_values,
    optional,
    tuples,
)


@composed
def definitions(content: Content, depth: int = 1) -> SearchStrategy[Any]:
    """Partition definitions of every kind."""
    simple = st.one_of(
        st.builds(
            p.TimePartitions,
            cron=content.cron,
            start=optional(content.instant),
            end=optional(content.instant),
            timezone=content.zone,
            format=content.format,
            end_offset=st.integers(-2, 2),
            exclusions=tuples(content.cron | content.instant),
            run_offset=optional(st.integers(-2, 2)),
        ),
        st.builds(p.StaticPartitions, keys=tuples(content.name, most=3)),
        st.builds(p.DynamicPartitions, name=content.name),
        st.builds(p.RuntimePartitions),
        st.builds(p.OpaquePartitions, tool=st.sampled_from(TOOLS), detail=json_values(content.text)),
    )
    if not depth:
        return simple
    dimensions = st.dictionaries(content.name, definitions(content, depth - 1), max_size=2)
    return simple | st.builds(p.MultiPartitions, dimensions=dimensions, delimiter=st.sampled_from(("|", "/", "")))


@composed
def _windows(content: Content) -> SearchStrategy[p.Window]:
    return st.builds(
        p.Window,
        unit=optional(st.sampled_from(p.CalendarUnit)),
        segments=tuples(content.name),
        backward=st.booleans(),
        opaque=optional(json_values(content.text)),
    )


@composed
def _simple_mappings(content: Content) -> SearchStrategy[Any]:
    keys = tuples(content.name)
    return st.one_of(
        st.builds(p.IdentityMapping, limit=LIMITS),
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
            output_format=optional(content.format),
            limit=LIMITS,
        ),
        st.builds(p.FixedMapping, key=content.name, limit=LIMITS),
        st.builds(p.AllowedMapping, keys=keys, limit=LIMITS),
        st.builds(p.DimensionMapping, dimension=optional(content.name)),
        st.builds(p.OpaqueMapping, tool=st.sampled_from(TOOLS), detail=json_values(content.text)),
    )


@composed
def mappings(content: Content, depth: int = 1) -> SearchStrategy[Any]:
    """Partition mappings of every kind."""
    simple = _simple_mappings(content)
    if not depth:
        return simple
    inner = mappings(content, depth - 1)
    waits = st.builds(p.WaitPolicy, minimum=optional(st.integers(-3, 3)))
    pairs = st.builds(p.DimensionPair, dimension=content.name, mapping=inner)
    windows = _windows(content)
    return st.one_of(
        simple,
        st.builds(p.RollupMapping, upstream=inner, window=windows, wait=waits, limit=LIMITS),
        st.builds(p.FanOutMapping, upstream=inner, window=windows, downstream=optional(inner), limit=LIMITS),
        st.builds(
            p.ProductMapping,
            parts=st.lists(inner, max_size=2).map(tuple),
            delimiter=st.sampled_from(("|", "")),
            limit=LIMITS,
        ),
        st.builds(p.ChainMapping, steps=st.lists(inner, max_size=2).map(tuple), limit=LIMITS),
        st.builds(p.DimensionsMapping, table=st.dictionaries(content.name, pairs, max_size=2)),
    )
