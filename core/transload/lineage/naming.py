"""Names in OpenLineage: of jobs, as the tool's own integration gives them; of datasets, with other producers' names as symlinks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.identity import AssetId, logical
from transload.model.jobs import Job
from transload.naming import numbered
from transload.registry import convention_of

NO_TOOL: Final = "transload"
"""The job namespace of a definition that no tool is known for."""

DEFAULT_DEPLOYMENT: Final = "default"


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

    def deployment(self, tool: str) -> str:
        """What this instance of a tool is called."""
        return self.deployments.get(tool, DEFAULT_DEPLOYMENT)

    def of_jobs(self, tool: str | None) -> str:
        """The namespace of a tool's jobs."""
        if tool is None:
            return NO_TOOL
        deployment = self.deployment(tool)
        return self.jobs.get(tool) or (deployment if convention_of(tool).bare_namespace else f"{tool}://{deployment}")

    def symlinks(self, asset: Asset) -> Iterator[AssetId]:
        """What else the asset is called: by its tools, and by other producers of OpenLineage events."""
        for tool, names in sorted(asset.names.items()):
            key = names[: convention_of(tool).key_parts]
            if key and not _is_uri(key):
                yield logical(tool, self.deployment(tool), key)
            if tool in self.jobs and convention_of(tool).job_per_asset:
                yield AssetId(self.jobs[tool], "/".join(names))
        yield from spellings(asset.id)


def tool_of(job: Job) -> str | None:
    """The tool that a job was read from."""
    return job.origin.tool if job.origin else None


def job_ids(graph: AssetGraph, namespaces: Namespaces) -> dict[str, JobId]:
    """The identity of each job, by its name in the graph; no two jobs get one.

    Airflow's `dag.task`, as its provider gives it; Dagster's asset key, `a/b`, as dagster-openlineage does; Prefect's `flow/task`.
    Where a graph of several tools had to tell two jobs apart by a tool's name in front, the namespace does that here.
    """
    taken: dict[str, set[str]] = {}
    identities: dict[str, JobId] = {}
    for job in graph.jobs:
        namespace = namespaces.of_jobs(tool_of(job))
        here = taken.setdefault(namespace, set())
        name = printable(_native(job, graph))
        name = numbered(printable(job.name), here.__contains__) if name in here else name
        here.add(name)
        identities[job.name] = JobId(namespace, name)
    return identities


def part_of(job: JobId, asset: Asset, tool: str | None) -> JobId:
    """The identity of the part of a job that writes one of its assets."""
    key = asset.names.get(tool) if tool is not None and convention_of(tool).job_per_asset else None
    return JobId(job.namespace, printable("/".join(key) if key else f"{job.name}.{asset.id.name}"))


def aliases(graph: AssetGraph, namespaces: Namespaces) -> dict[AssetId, tuple[AssetId, ...]]:
    """The symlinks of each asset: distinct, and none that would merge two assets into one."""
    symlinks = {asset.id: tuple(dict.fromkeys(namespaces.symlinks(asset))) for asset in graph.assets}
    owners: dict[AssetId, int] = dict.fromkeys(symlinks, 1)
    for names in symlinks.values():
        for name in names:
            owners[name] = owners.get(name, 0) + 1
    return {asset: tuple(name for name in names if owners[name] == 1) for asset, names in symlinks.items()}


def spellings(asset: AssetId) -> Iterator[AssetId]:
    """What other producers of OpenLineage events call a dataset, where their rules are known to differ from ours."""
    scheme, mark, authority = asset.namespace.partition("://")
    if mark and scheme in _SPELLINGS:
        yield from (other for other in _SPELLINGS[scheme](authority, asset.name) if other != asset)


_LOCATOR: Final = re.compile(r"[a-z]{2,3}[0-9]+")


def _snowflake(account: str, table: str) -> Iterator[AssetId]:
    """Airflow's SQL operators write names in capitals; dbt completes a bare account locator to the first region."""
    accounts = [account, f"{account}.us-west-1.aws"] if _LOCATOR.fullmatch(account) else [account]
    yield from (AssetId(f"snowflake://{each}", name) for each in accounts for name in (table, table.upper()))


_CLUSTER: Final = re.compile(r"([a-z0-9-]+)\.[a-z0-9]+\.([a-z0-9-]+)\.redshift\.amazonaws\.com(:\d+)?")


def _redshift(host: str, table: str) -> Iterator[AssetId]:
    """The specification and Airflow's operators name cluster and region, dbt the whole host."""
    if match := _CLUSTER.fullmatch(host):
        yield AssetId(f"redshift://{match[1]}.{match[2]}{match[3] or ''}", table)


_SPELLINGS: Final[Mapping[str, Callable[[str, str], Iterator[AssetId]]]] = {
    "snowflake": _snowflake,
    "redshift": _redshift,
}

_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(name: str) -> str:
    """The name with what no backend can store percent-encoded: control characters and lone surrogates."""
    return _UNPRINTABLE.sub(
        lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode(errors="surrogatepass")), name
    )


def _is_uri(key: tuple[str, ...]) -> bool:
    """Whether a native name is what the identity was made of: nobody uses it as a name of its own."""
    return len(key) == 1 and "://" in key[0]


def _native(job: Job, graph: AssetGraph) -> str:
    tool = tool_of(job)
    if tool is not None and convention_of(tool).job_per_asset and len(job.writes) == 1:
        key = graph.asset[job.writes[0].asset].names.get(tool)
        if key:
            return "/".join(key)
    return job.name.removeprefix(f"{tool}:") or job.name
