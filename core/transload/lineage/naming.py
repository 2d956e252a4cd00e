"""Names in OpenLineage: of jobs, by the tool that runs them; of datasets, with the tools' own names as symlinks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from transload.model.assets import Asset
from transload.model.identity import AssetId, logical
from transload.model.jobs import Job

NO_TOOL: Final = "transload"
"""The job namespace of a definition that no tool is known for."""


class JobId(NamedTuple):
    """An OpenLineage job identity."""

    namespace: str
    name: str


@dataclass(frozen=True)
class Namespaces:
    """`deployments`: tool → name of its instance; `jobs`: tool → job namespace, where that is not made of the instance's name.

    Airflow's provider puts jobs into the namespace that it is configured with, "default" if it is not; so do we, so that its run
    events land on the same jobs. The other tools' instances get a namespace of their own, `dagster://default`, since one name
    stands for different jobs in different tools.
    """

    deployments: Mapping[str, str] = field(default_factory=dict)
    jobs: Mapping[str, str] = field(default_factory=dict)

    def of_jobs(self, tool: str | None) -> str:
        """The namespace of a tool's jobs."""
        if tool is None:
            return NO_TOOL
        deployment = self.deployments.get(tool, "default")
        return self.jobs.get(tool) or (deployment if tool == "airflow" else f"{tool}://{deployment}")

    def job(self, job: Job) -> JobId:
        """The identity of a job: Airflow's `dag.task`, Dagster's asset key, Prefect's `flow.task`."""
        return JobId(self.of_jobs(job.origin.tool if job.origin else None), job.name)

    def symlinks(self, asset: Asset) -> Iterable[AssetId]:
        """The tools' own names of an asset, its identity left out, sorted by tool."""
        for tool, names in sorted(asset.names.items()):
            native = logical(tool, self.deployments.get(tool, "default"), _key(tool, names))
            if native != asset.id:
                yield native


def _key(tool: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """What of a native name identifies: Airflow's name alone, since its URI is what the identity was made of."""
    return names[:1] if tool == "airflow" else names
