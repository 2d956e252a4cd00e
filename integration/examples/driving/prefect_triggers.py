"""Deployments as a prefect.yaml has them, before Prefect's own evaluation of triggers: steps in, numbers of runs out."""

from __future__ import annotations

import asyncio
import os
from typing import Any
from uuid import UUID

from integration.examples.driving.serving import opened, serve
from tests.simulation.prefect_worker import SETTINGS, Prefect


class Deployed(Prefect):
    """Automations are made of a deployment's triggers, as `prefect deploy` makes them."""

    async def _automation(self, trigger: Any) -> UUID:
        from prefect.events import DeploymentTriggerTypes
        from pydantic import TypeAdapter

        found: Any = TypeAdapter(DeploymentTriggerTypes).validate_python({**trigger, "name": "deployed"})
        found.set_deployment_id(UUID(int=1))
        return await super()._automation(found.as_automation().trigger.model_dump(mode="json"))


def main() -> None:
    """Answer each line."""
    answers = opened()
    os.environ.update(SETTINGS)
    prefect = Deployed()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(prefect.start())
    serve(answers, lambda case: loop.run_until_complete(prefect.judge(case)))


if __name__ == "__main__":
    main()
