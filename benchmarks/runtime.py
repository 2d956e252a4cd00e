"""Graph to native objects for 10,000 assets, over constructing the same objects by hand, for each tool that is installed here.

python benchmarks/runtime.py [TOOL …]
"""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

from estates import wide
from measure import cpu, seconds, show

from transload.registry import adapter_for
from transload.translator import translate

NUMBER = 10_000
RUNS = 3


def _before(index: int) -> range:
    return range(max(0, index - 3), index)


def _stub(index: int) -> Callable[[], None]:
    def fill_in() -> None:
        raise NotImplementedError(f"make_table{index}")

    fill_in.__name__ = fill_in.__qualname__ = f"make_table{index}"
    return fill_in


def airflow() -> object:
    """A DAG with one task for each asset."""
    sdk = importlib.import_module("airflow.sdk")
    operator = importlib.import_module("airflow.providers.standard.operators.python").PythonOperator
    carried = {"owners": ["team:data"], "tags": {"tier": "gold"}, "kinds": ["parquet"]}
    assets = [
        sdk.Asset(
            name=f"area{index // 100}/table{index}",
            uri=f"s3://lake/area{index // 100}/table{index}",
            group=f"area{index // 100}",
            extra={"rows": index, "transload": {"description": f"Table {index}", **carried}},
        )
        for index in range(NUMBER)
    ]
    dags = {}
    for index in range(NUMBER):
        name = f"area{index // 100}_table{index}"
        dags[name] = dag = sdk.DAG(name)
        operator(
            task_id=f"make_table{index}",
            python_callable=_stub(index),
            dag=dag,
            retries=2,
            retry_delay=datetime.timedelta(seconds=30),
            inlets=[assets[each] for each in _before(index)],
            outlets=[assets[index]],
        )
    return dags


def dagster() -> object:
    """`Definitions` of one decorated function for each asset."""
    dg = importlib.import_module("dagster")

    def key(index: int) -> Any:
        return dg.AssetKey([f"area{index // 100}", f"table{index}"])

    def made(index: int) -> Any:
        decorated = dg.asset(
            key=key(index),
            deps=[key(each) for each in _before(index)],
            description=f"Table {index}",
            group_name=f"area{index // 100}",
            owners=["team:data"],
            tags={"tier": "gold"},
            kinds={"parquet"},
            metadata={"rows": index, "dagster/uri": f"s3://lake/area{index // 100}/table{index}"},
            retry_policy=dg.RetryPolicy(max_retries=2, delay=30.0),
        )
        return decorated(_stub(index))

    return dg.Definitions(assets=[made(index) for index in range(NUMBER)])


def prefect() -> object:
    """One materialising task for each asset, and a flow for each group."""
    kinds = importlib.import_module("prefect.assets")
    tasks, flows = importlib.import_module("prefect.tasks"), importlib.import_module("prefect.flows")
    properties = [kinds.AssetProperties(description=f"Table {index}", owners=["team:data"]) for index in range(NUMBER)]
    assets = [
        kinds.Asset(key=f"s3://lake/area{index // 100}/table{index}", properties=properties[index])
        for index in range(NUMBER)
    ]
    made = [
        tasks.MaterializingTask(
            _stub(index),
            assets=[assets[index]],
            asset_deps=[assets[each] for each in _before(index)] or None,
            name=f"make_table{index}",
            retries=2,
            retry_delay_seconds=30,
        )
        for index in range(NUMBER)
    ]
    return made, [flows.Flow(_stub(group), name=f"area{group}") for group in range(NUMBER // 100)]


BY_HAND: dict[str, Callable[[], object]] = {"airflow": airflow, "dagster": dagster, "prefect": prefect}


def compare(tool: str) -> None:
    """Print the figure of a tool."""
    runtime, translation = adapter_for(tool).runtime, translate(wide(NUMBER), tool)
    hand = seconds(BY_HAND[tool], RUNS, cpu)
    built = seconds(lambda: runtime.build(translation), RUNS, cpu)
    show(f"{tool} objects over constructing them by hand", built, hand, 1.5)


def main() -> None:
    """Print the figures."""
    for tool in sys.argv[1:] or BY_HAND:
        if importlib.util.find_spec(tool) is None:
            print(f"{tool}: skipped, it is not installed here")
            continue
        compare(tool)


if __name__ == "__main__":
    main()
