"""A project of Prefect run in Prefect, before a server of its own that ends with it.

`PROJECT` in the environment is its folder, `RECORD` the file in which its tasks leave lines of JSON. Each line of the input is
`[flow, [keys]]`, answered by the lines that the runs of the keys have left.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

STARTS_WITHIN = 120
"""Seconds; a fresh database takes 10 to 20."""


def run(flows: Any, name: str, keys: list[str]) -> list[Any]:
    """Call a flow for each key: what its tasks have left."""
    record = Path(os.environ["RECORD"])
    record.write_text("", encoding="utf-8")
    for key in keys:
        getattr(flows, name)(partition_key=key)
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def _answer(flows: Any, line: str) -> Any:
    try:
        return {"firings": run(flows, *json.loads(line))}
    except Exception:  # noqa: BLE001 - told to the one who asked
        return {"error": traceback.format_exc()}


def main() -> None:
    """Answer each line; what Prefect itself prints goes with the errors."""
    answers: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    from prefect.testing.utilities import prefect_test_harness

    sys.path.insert(0, os.environ["PROJECT"])
    with prefect_test_harness(server_startup_timeout=STARTS_WITHIN):
        flows: Any = importlib.import_module("flows")
        answers.writelines(json.dumps(_answer(flows, line)) + "\n" for line in sys.stdin)


if __name__ == "__main__":
    main()
