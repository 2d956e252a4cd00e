"""A project of Prefect run in Prefect, before a server of its own that ends with it.

`PROJECT` in the environment is its folder, `RECORD` the file in which its tasks leave lines of JSON. Each line of the input is
`[flow, [keys]]`, answered by the lines that the runs of the keys have left.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from integration.examples.driving.serving import opened, serve

STARTS_WITHIN = 120
"""Seconds; a fresh database takes 10 to 20."""


def run(flows: Any, name: str, keys: list[str]) -> list[Any]:
    """Call a flow for each key: what its tasks have left."""
    record = Path(os.environ["RECORD"])
    record.write_text("", encoding="utf-8")
    for key in keys:
        getattr(flows, name)(partition_key=key)
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Answer each line."""
    answers = opened()
    from prefect.testing.utilities import prefect_test_harness

    sys.path.insert(0, os.environ["PROJECT"])
    with prefect_test_harness(server_startup_timeout=STARTS_WITHIN):
        flows: Any = importlib.import_module("flows")
        serve(answers, lambda asked: run(flows, *asked))


if __name__ == "__main__":
    main()
