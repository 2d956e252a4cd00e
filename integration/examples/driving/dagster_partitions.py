"""A project of Dagster run in Dagster: partitions materialized one after another, on a throw-away instance.

`PROJECT` in the environment is the folder to import from, `MODULE` the module with the definitions. Each line of the input is
`[asset, [keys]]`, answered by the keys of each upstream asset that the run of each key has read, or `[asset, null]`, answered by all its
keys, or `[schedule, time]`, answered by the keys of the runs that it asks for at that tick.
"""

from __future__ import annotations

import importlib
import os
import sys
from datetime import datetime
from typing import Any

from integration.examples.driving.serving import opened, serve


def run(definitions: Any, instance: Any, name: str, keys: list[str]) -> list[Any]:
    """Materialize an asset, key by key: key, and what its run has read."""
    import dagster as dg

    assets = list(definitions.resolve_asset_graph().assets_defs)
    found = []
    for key in keys:
        result = dg.materialize(assets, selection=[name], partition_key=key, instance=instance)
        (event,) = result.asset_materializations_for_node(name)
        found.append([event.partition, {text: value.value for text, value in event.metadata.items()}])
    return found


def all_keys(definitions: Any, name: str) -> list[str]:
    """All keys that Dagster lists for an asset."""
    import dagster as dg

    partitions: Any = definitions.resolve_assets_def(dg.AssetKey(name)).partitions_def
    return list(map(str, partitions.get_partition_keys()))


def ticked(definitions: Any, instance: Any, name: str, at: str) -> list[str]:
    """The keys of the runs that a schedule asks for at a tick."""
    import dagster as dg

    repository = definitions.get_repository_def()
    context: Any = dg.build_schedule_context(
        instance, scheduled_execution_time=datetime.fromisoformat(at), repository_def=repository
    )
    requests = repository.get_schedule_def(name).evaluate_tick(context).run_requests
    return [request.partition_key for request in requests]


def _asked(definitions: Any, instance: Any, name: str, what: Any) -> Any:
    if isinstance(what, str):
        return ticked(definitions, instance, name, what)
    return all_keys(definitions, name) if what is None else run(definitions, instance, name, what)


def main() -> None:
    """Answer each line."""
    answers = opened()
    import dagster as dg

    sys.path.insert(0, os.environ["PROJECT"])
    found: Any = importlib.import_module(os.environ["MODULE"]).defs
    definitions = found if isinstance(found, dg.Definitions) else found()
    with dg.DagsterInstance.local_temp(os.environ["DAGSTER_HOME"]) as instance:
        serve(answers, lambda asked: _asked(definitions, instance, *asked))


if __name__ == "__main__":
    main()
