"""The strategies reach everything: each field of the model, each kind of partitions, mapping and trigger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis.strategies import SearchStrategy

from transload.adapter import BOOKKEEPING
from transload.model import partitions, triggers
from transload.model.assets import Asset
from transload.model.document import dumps
from transload.model.jobs import Flow, Job
from transload.testing.content import plain
from transload.testing.partitioned import definitions, mappings
from transload.testing.strategies import any_graphs, asset_fields, flow_fields, job_fields
from transload.testing.strategies import triggers as trigger_records
from transload.testing.subjects import sample

TIED = {"id", "name", "jobs", "reads", "writes", "after", "arguments", "runs_if"}
"""Fields that the strategies fill by hand, from what else is in the graph."""


@pytest.mark.parametrize(
    ("model", "table"), [(Asset, asset_fields(plain())), (Job, job_fields(plain())), (Flow, flow_fields(plain()))]
)
def test_every_field_is_generated(model: Any, table: Mapping[str, Any]) -> None:
    """A new field of the model is generated, or this fails."""
    assert set(model.model_fields) == {*table, *(TIED & set(model.model_fields))}


@pytest.mark.parametrize(
    ("union", "strategy"),
    [
        (partitions.Partitions, definitions(plain())),
        (partitions.PartitionMapping, mappings(plain())),
        (triggers.Trigger, trigger_records(plain())),
    ],
    ids=["partitions", "mapping", "trigger"],
)
def test_every_kind_is_generated(union: Any, strategy: SearchStrategy[Any]) -> None:
    """Each kind of a tagged record comes up; `test_every_field_is_generated` says that graphs are filled from these."""
    kinds = {record.model_fields["kind"].default for record in get_args(get_args(union)[0])}

    assert kinds - {record.kind for record in sample(strategy, 1500, least=1)} == set()


def test_bookkeeping_fields_are_generated_too() -> None:
    """What no table of support lists must survive all the same."""
    text = "".join(dumps(graph) for graph in sample(any_graphs(), 200, least=1))

    assert {"id", "name", "names", "origin"} == BOOKKEEPING
    assert {field for field in BOOKKEEPING if f'"{field}": ' not in text} == set()
