"""A check's function is called, and what it gives is understood or refused: nothing passes by accident."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from enum import Enum
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from transload.check_jobs import check_jobs
from transload.check_runtime import CheckError, failure_of
from transload.model.assets import Asset, Check
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Job, Write

ORDERS, OTHERS = identify("s3://lake/raw/orders"), identify("s3://lake/clean/orders")


class Severity(Enum):
    """As Dagster has it."""

    WARN = "WARN"
    ERROR = "ERROR"


def result(name: str | None = None, *, passed: bool, severity: Severity = Severity.ERROR) -> Any:
    """What a Dagster check gives."""
    return SimpleNamespace(passed=passed, check_name=name, severity=severity, description=f"{name} is wrong")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a check into a module that can be imported."""

    def put(function: Callable[[], Any]) -> None:
        module: Any = ModuleType("shop_of_test")
        module.check = function
        monkeypatch.setitem(sys.modules, "shop_of_test", module)

    return put


def asked() -> str | None:
    """The check of the module."""
    return failure_of("shop_of_test.check", "complete", "shop.py:3")


async def _later() -> bool:
    return False


def _several() -> Iterator[Any]:
    yield result("other", passed=False)
    yield result("complete", passed=True)


@pytest.mark.parametrize(
    ("function", "failure"),
    [
        (lambda: True, None),
        (lambda: False, "The check complete did not pass."),
        (lambda: result(passed=True), None),
        (lambda: result("complete", passed=False), "The check complete did not pass: complete is wrong"),
        (_several, None),
        (_later, "The check complete did not pass."),
    ],
)
def test_a_truth_value_and_dagsters_results_are_understood(
    shop: Callable[..., None], function: Callable[[], Any], failure: str | None
) -> None:
    shop(function)

    assert asked() == failure


@pytest.mark.parametrize("given", [None, "no", 0, [result("other", passed=True)]])
def test_what_says_neither_yes_nor_no_is_an_error(shop: Callable[..., None], given: Any) -> None:
    shop(lambda: given)

    with pytest.raises(CheckError, match=r"shop_of_test\.check"):
        asked()


def test_a_result_of_severity_warn_fails_nothing_and_is_logged(
    shop: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """As in Dagster, where it does not block."""
    shop(lambda: result("complete", passed=False, severity=Severity.WARN))

    assert asked() is None
    assert "did not pass" in caplog.text


@pytest.mark.parametrize(
    "function", ["nowhere_at_all.check", "json.nothing", "json.tool.nothing", "alone", "", ".a.b", "a b.c"]
)
def test_a_function_that_cannot_be_imported_is_named_with_its_place_and_what_to_do(function: str) -> None:
    with pytest.raises(CheckError) as raised:
        failure_of(function, "complete", "shop.py:3")

    assert f"The check {function} (shop.py:3) cannot be imported: " in str(raised.value)
    assert "write its code here" in str(raised.value)


def test_checks_that_would_have_one_name_have_a_job_each() -> None:
    """One name of a check on assets of one name, and an asset that two jobs write."""
    check = Check(name="full")
    assets = [Asset(id=each, checks=(check,)) for each in (ORDERS, OTHERS)]
    jobs = [
        Job(name="a", writes=(Write(asset=ORDERS), Write(asset=OTHERS))),
        Job(name="b", writes=(Write(asset=ORDERS),)),
    ]

    made = check_jobs(graph_of(assets, jobs))

    assert {(each.asset, each.writer) for each in made.values()} == {(ORDERS, "a"), (OTHERS, "a"), (ORDERS, "b")}
    assert all(name.startswith("check_orders_full_") for name in made)
