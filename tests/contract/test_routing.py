"""Routes in a settings file: written and read back the same, and what is refused."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.errors import SettingsError
from transload.model.assets import FreshBy, FreshWithin
from transload.model.identity import AssetId, identify
from transload.model.partitions import TimeMapping, TimePartitions
from transload.model.triggers import AllOf, AnyOf, Condition, Cron, Eager, Updated
from transload.routing import Partitioned, Rate, Route, Start, dumps, parse
from transload.testing.content import PLACEHOLDERS, hostile, plain
from transload.testing.strategies import triggers

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ORDERS, RATES = identify("s3://lake/orders"), identify("postgres://h/db/public/rates")

ROUTES = (
    Route(
        name="finance",
        like="airflow",
        when=AllOf(
            parts=(
                Updated(asset=ORDERS, mapping=TimeMapping(start_offset=-1)),
                AnyOf(parts=(Updated(asset=RATES), Cron(expression="0 5 * * *", timezone="Europe/Berlin"))),
            )
        ),
        start=Start(tool="prefect", flow="finance", schedule="default"),
        backfill="collapse",
        rate=Rate(runs=3, per=60),
    ),
    Route(
        name="eager",
        like="dagster",
        when=Eager(),
        start=Start(tool="airflow", asset=RATES, instance="prod"),
        reads=(
            Updated(asset=ORDERS, mapping=TimeMapping(start_offset=-1)),
            Updated(asset=AssetId("odd space", "odd/name")),
        ),
        partitions=(Partitioned(asset=ORDERS, keys=TimePartitions(cron="0 0 * * *")),),
        fresh=FreshWithin(fail=3600),
        paused=True,
    ),
    Route(
        name="fresh",
        like="dagster",
        start=Start(tool="prefect", asset=ORDERS),
        fresh=FreshBy(cron="0 5 * * *", lower_bound=60),
    ),
    Route(name="null", like="dagster", when=Condition(tree={"a": [None]}), start=Start(tool="airflow", flow="dag")),
)

TOML = """
[[route]]
name = "finance"
like = "airflow"
when = { all = [
    { asset = "s3://lake/orders", mapping = { kind = "time", start_offset = -1 } },
    { any = ["postgres://h:5432/db/public/rates", { cron = "0 5 * * *", timezone = "Europe/Berlin" }] },
] }
start = { tool = "prefect", flow = "finance", schedule = "default" }
backfill = "collapse"
rate = { runs = 3, per = 60.0 }
"""


def _back(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    return parse(tomllib.loads(dumps(routes)))


def test_routes_are_read_as_they_were_written() -> None:
    assert _back(ROUTES) == ROUTES


def test_a_route_reads_as_a_person_would_write_it() -> None:
    assert parse(tomllib.loads(TOML)) == ROUTES[:1]
    assert tomllib.loads(dumps(ROUTES[:1])) == tomllib.loads(TOML)


@given(st.one_of(triggers(plain()), triggers(hostile())))
def test_every_trigger_of_the_model_goes_through_a_settings_file(trigger: Any) -> None:
    route = Route(
        name="any",
        like="dagster",
        when=trigger,
        start=Start(tool="airflow", flow="dag"),
        reads=(Updated(asset=PLACEHOLDERS[0]),),
    )
    assert _back((route,)) == (route,)


_ROUTE = '[[route]]\nname = "a"\nlike = "airflow"\n'
_START = 'start = { tool = "prefect", flow = "f" }\n'

REFUSED = {
    "not a list of tables": "route = 1",
    "Field required": '[[route]]\nname = "a"',
    "one flow or one asset": _ROUTE + 'when = "s3://b/c"\nstart = { tool = "prefect" }',
    "neither `when` nor `fresh`": _ROUTE + _START,
    "no trigger": _ROUTE + "when = 5\n" + _START,
    "not a list": _ROUTE + 'when = { all = "s3://b/c" }\n' + _START,
    "nothing can stand": _ROUTE + "when = { all = [], within = 3 }\n" + _START,
    "later": _ROUTE + 'when = { kind = "later" }\n' + _START,
    "URI": _ROUTE + 'when = "no uri"\n' + _START,
    "JSON": _ROUTE + 'when = { json = "{" }\n' + _START,
    "greater": _ROUTE + 'when = "s3://b/c"\nrate = { runs = 0, per = 1 }\n' + _START,
    "`asset` and its `keys`": _ROUTE + 'when = "s3://b/c"\npartitions = ["x"]\n' + _START,
    "Extra inputs": _ROUTE + 'when = "s3://b/c"\nbackfil = "drop"\n' + _START,
}


@pytest.mark.parametrize(("reason", "text"), REFUSED.items(), ids=REFUSED)
def test_what_is_no_route_is_refused_with_its_place(reason: str, text: str) -> None:
    with pytest.raises(SettingsError, match=reason) as caught:
        parse(tomllib.loads(text), "my.toml")
    assert str(caught.value.where).startswith("my.toml: route")


def test_two_routes_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="named 'finance'") as caught:
        parse(tomllib.loads(TOML + TOML), "my.toml")
    assert caught.value.where == "my.toml: route[2]"
