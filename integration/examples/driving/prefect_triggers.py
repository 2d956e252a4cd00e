"""Deployments as a prefect.yaml has them, before Prefect's own evaluation of triggers: steps in, numbers of runs out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from typing import Any, TextIO
from uuid import UUID

from tests.simulation.prefect_worker import SETTINGS, Prefect


class Deployed(Prefect):
    """Automations are made of a deployment's triggers, as `prefect deploy` makes them."""

    async def _automation(self, trigger: Any) -> UUID:
        from prefect.events import DeploymentTriggerTypes
        from pydantic import TypeAdapter

        found: Any = TypeAdapter(DeploymentTriggerTypes).validate_python({**trigger, "name": "deployed"})
        found.set_deployment_id(UUID(int=1))
        return await super()._automation(found.as_automation().trigger.model_dump(mode="json"))


async def _answer(prefect: Prefect, line: str) -> Any:
    try:
        return {"firings": await prefect.judge(json.loads(line))}
    except Exception:  # noqa: BLE001 - told to the one who asked
        return {"error": traceback.format_exc()}


async def _serve(answers: TextIO) -> None:
    prefect = Deployed()
    await prefect.start()
    while line := await asyncio.to_thread(sys.stdin.readline):
        answers.write(json.dumps(await _answer(prefect, line)) + "\n")


def main() -> None:
    """Answer each line; what Prefect itself prints goes with the errors."""
    answers: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    os.environ.update(SETTINGS)
    asyncio.run(_serve(answers))


if __name__ == "__main__":
    main()
