"""Which module of a large project a definition goes into."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify, logical
from transload.model.jobs import Flow, Job, Read, Write
from transload.writing.layout import area, area_of_flow, area_of_job, spread

RAW, CLEAN = identify("s3://lake/raw/orders.csv"), identify("postgres://h/shop/sales/orders")


@given(st.lists(st.sampled_from(["a", "A", "a_2", "a_2_", "a 2", "os", ""]), max_size=60), st.integers(1, 5))
def test_every_item_has_one_module_of_few_items_of_one_home(homes: list[str], most: int) -> None:
    """Also where the second module of a home has the name of another home."""
    items = list(enumerate(homes))

    modules = spread(items, lambda item: item[1], ["jobs"], most=most)

    assert sorted(item for part in modules.values() for item in part) == items
    assert all(len(part) <= most and len({home for _, home in part}) == 1 for part in modules.values())
    assert len({stem.lower() for stem in modules}) == len(modules)
    assert Counter(part[0][1] for part in modules.values()) == {
        home: -(-count // most) for home, count in Counter(homes).items()
    }


def test_a_taken_module_is_left_alone() -> None:
    """As is one of the standard library."""
    assert set(spread(["jobs", "json"], str, ["jobs"])) & {"jobs", "json"} == set()


def test_an_asset_belongs_to_its_group_before_its_folder() -> None:
    """Or schema, or bucket, or, for a logical name, what is before it."""
    assert area(Asset(id=RAW, group="landing")) == "landing"
    assert area(Asset(id=CLEAN)) == "sales"
    assert area(Asset(id=identify("kafka://broker:9092/events"))) == "broker:9092"
    assert area(Asset(id=logical("dagster", "local", ("mart", "orders")))) == "mart"
    assert area(Asset(id=logical("airflow", "local", ("orders",)))) == "assets"


def test_a_job_belongs_to_what_it_writes_before_what_it_reads() -> None:
    """And a flow to the first of its jobs that has assets."""
    jobs = [
        Job(name="notify"),
        Job(name="look", reads=(Read(asset=RAW),)),
        Job(name="clean", reads=(Read(asset=RAW),), writes=(Write(asset=CLEAN),)),
    ]
    graph = graph_of([Asset(id=RAW), Asset(id=CLEAN)], jobs, flows=[Flow(name="etl", jobs=("notify", "clean", "look"))])

    assert [area_of_job(job, graph) for job in graph.jobs] == ["sales", "raw", None]
    assert area_of_flow(graph.flows[0], graph) == "sales"
    assert area_of_flow(Flow(name="idle", jobs=("notify",)), graph) is None
