"""The check functions of a Dagster project are found by the names that its readers give, and called as Dagster lets one call them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from transload.adapter import Target
from transload.check_runtime import CheckError, failure_of
from transload.model.assets import Check
from transload.reading.project import read_project
from transload_dagster import adapter

QUALITY = """
import dagster as dg

@dg.asset
def orders(): ...

@dg.asset_check(asset="orders", blocking=True)
def full(): return dg.AssetCheckResult(passed=True)

@dg.asset_check(asset="orders")
def fresh(): return dg.AssetCheckResult(passed=False, description="a day old")

@dg.asset_check(asset="orders")
def odd(): return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)

@dg.asset_check(asset="orders")
async def later(): return dg.AssetCheckResult(passed=False)

@dg.asset_check(asset="orders")
def given(orders): return dg.AssetCheckResult(passed=True)

@dg.multi_asset_check(specs=[dg.AssetCheckSpec("first", asset="orders"), dg.AssetCheckSpec("second", asset="orders")])
def several():
    yield dg.AssetCheckResult(check_name="first", passed=True)
    yield dg.AssetCheckResult(check_name="second", passed=False)
"""

VERDICTS = {
    "full": None,
    "fresh": "The check fresh did not pass: a day old",
    "odd": None,
    "later": "The check later did not pass.",
    "first": None,
    "second": "The check second did not pass.",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that can be imported."""
    (tmp_path / "shop_checks_of_test").mkdir()
    (tmp_path / "shop_checks_of_test" / "__init__.py").touch()
    (tmp_path / "shop_checks_of_test" / "quality.py").write_text(QUALITY)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [each for each in sys.modules if each.startswith("shop_checks_of_test")]:
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


def checks(project: Path, way: str) -> dict[str, Check]:
    """What a reader gives."""
    target = Target("dagster", "project", path=project)
    reading = adapter.static.read(read_project(project), target) if way == "static" else adapter.load.load(target)
    return {check.name: check for asset in reading.graph.assets for check in asset.checks}


@pytest.mark.dagster
@pytest.mark.parametrize("way", ["static", "load"])
def test_what_a_reader_calls_a_check_can_be_called(project: Path, way: str) -> None:
    found = checks(project, way)

    assert {name: failure_of(str(found[name].function), name, "quality.py") for name in VERDICTS} == VERDICTS


@pytest.mark.dagster
def test_a_check_that_wants_the_value_of_its_asset_says_what_to_do(project: Path) -> None:
    function = str(checks(project, "static")["given"].function)

    with pytest.raises(CheckError, match="write its code here"):
        failure_of(function, "given", "quality.py")
