"""Differences between two graphs."""

from __future__ import annotations

from transload.difference import differences
from transload.model.assets import Asset, Origin
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Write

ORDERS, CUSTOMERS = identify("s3://lake/orders"), identify("s3://lake/customers")


def test_a_graph_does_not_differ_from_itself_read_elsewhere_under_other_names() -> None:
    here = graph_of(
        [Asset(id=ORDERS, origin=Origin(tool="dagster", path="a.py", line=1), names={"dagster": ("orders",)})]
    )
    there = graph_of([Asset(id=ORDERS, origin=Origin(tool="airflow"))])

    assert differences(here, there) == ()


def test_what_is_only_in_one_graph_is_added_or_removed() -> None:
    changes = differences(graph_of([Asset(id=ORDERS)]), graph_of([Asset(id=CUSTOMERS)]))

    assert [(change.kind, change.subject) for change in changes] == [
        ("added", "asset s3://lake/customers"),
        ("removed", "asset s3://lake/orders"),
    ]


def test_a_changed_field_shows_both_values() -> None:
    before = graph_of([Asset(id=ORDERS, owners=("ann",))], [Job(name="load", writes=(Write(asset=ORDERS),))])
    after = graph_of(
        [Asset(id=ORDERS, owners=("bob",))], [Job(name="load", writes=(Write(asset=ORDERS, optional=True),))]
    )

    asset, job = differences(before, after)

    assert (asset.field, asset.before, asset.after) == ("owners", ["ann"], ["bob"])
    assert (job.subject, job.field) == ("job load", "writes")
