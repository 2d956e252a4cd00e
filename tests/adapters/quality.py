"""A graph with a check of each kind, and the project that the functions of these checks are in."""

from __future__ import annotations

from typing import Final

from transload.model.assets import Asset, Check
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Write

ORDERS, REPORT = identify("s3://lake/raw/orders"), identify("s3://lake/report")

PROJECT: Final = """
class Result:
    def __init__(self, passed, description=None):
        self.passed = passed
        self.description = description

def good(): return Result(True)
def bad(): return Result(False, "3 rows are gone")
"""


def checked(check: str, *, blocking: bool) -> AssetGraph:
    """`make` writes orders, which `use` reads; the function of the check is `shop.quality.<check>`."""
    check_ = Check(name="complete", blocking=blocking, function=f"shop.quality.{check}", description="No row is gone.")
    make = Job(name="make", writes=(Write(asset=ORDERS),))
    use = Job(name="use", reads=(Read(asset=ORDERS),), writes=(Write(asset=REPORT),))
    return graph_of(
        [Asset(id=ORDERS, checks=(check_,)), Asset(id=REPORT)], [make, use], [Flow(name="etl", jobs=("use", "make"))]
    )


RUNS: Final = [
    ("good", True, {"make": "success", "check": "success", "use": "success"}, ""),
    ("bad", True, {"make": "success", "check": "failed", "use": "held back"}, "did not pass: 3 rows are gone"),
    ("bad", False, {"make": "success", "check": "success", "use": "success"}, "did not pass: 3 rows are gone"),
    (
        "gone",
        True,
        {"make": "success", "check": "failed", "use": "held back"},
        "shop.quality.gone (s3://lake/raw/orders)",
    ),
]
"""Function, whether it is blocking, what becomes of the tasks, and what is logged."""
