"""A written project is registered by Prefect's own command at a real server: deployments, schedules and automations."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from transload.adapter import Translation
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Retries, Schedule, Write
from transload.model.triggers import AllOf, AnyOf, Cron, Interval, Updated
from transload.translator import prepare
from transload.writing.formatting import format_sources
from transload.writing.project import write_project
from transload_prefect import adapter, source

pytestmark = pytest.mark.prefect

READY_WITHIN = 120
"""Seconds; a fresh database takes 10 to 20."""

ORDERS, REVENUE, REPORT = (
    identify(uri) for uri in ("s3://lake/orders", "postgres://warehouse/shop/public/revenue", "s3://lake/report.pdf")
)


@dataclass(frozen=True)
class Server:
    """A server with a work pool named `local`, and what its command line needs."""

    api: str
    environment: dict[str, str]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to a request."""
        url, data, headers = f"{self.api}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers)  # noqa: S310 - the server that this test started
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the server that this test started
            return json.load(answer)

    def get(self, path: str) -> Any:
        """The answer to a request."""
        with urllib.request.urlopen(f"{self.api}{path}", timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def prefect(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        command = [sys.executable, "-m", "prefect", *arguments]
        told: dict[str, Any] = {"env": self.environment, "capture_output": True, "text": True, "timeout": 180}
        return subprocess.run(command, cwd=cwd, check=False, **told)  # noqa: S603 - the tool under test


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started on a free port of 127.0.0.1, ended by its process id."""
    home, port = tmp_path_factory.mktemp("prefect"), _free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = {
        **os.environ,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_DEFAULT_WORK_POOL_NAME": "local",
    }
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
    try:
        _wait_until_ready(api, process)
        running = Server(api, environment)
        made = running.prefect("work-pool", "create", "local", "--type", "process", cwd=home)
        assert made.returncode == 0, made.stderr
        yield running
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(api: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended before it was ready"
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=5) as answer:  # noqa: S310
                if json.load(answer) is True:
                    return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"the server was not ready within {READY_WITHIN} s")


def _translation() -> Translation:
    jobs = [
        Job(name="ingest.load", writes=(Write(asset=ORDERS),), retries=Retries(count=2, delays=(5.0,))),
        Job(name="sales.revenue", reads=(Read(asset=ORDERS),), writes=(Write(asset=REVENUE),), description="Sum up."),
        Job(name="sales.report", reads=(Read(asset=REVENUE),), writes=(Write(asset=REPORT),), tags={"team": "sales"}),
    ]
    hourly = Schedule(
        name="hourly",
        trigger=AnyOf(parts=(Cron(expression="0 * * * *", timezone="Europe/Berlin"), Interval(seconds=90.0))),
    )
    both = AllOf(parts=(Updated(asset=ORDERS), Updated(asset=REVENUE)), within=3600.0)
    updated = Schedule(
        name="updated",
        trigger=AnyOf(parts=(Updated(asset=ORDERS), both)),
        active=True,
        parameters={"day": "2026-01-05"},
    )
    flows = [
        Flow(name="ingest", jobs=("ingest.load",), schedules=(hourly,), concurrency=3),
        Flow(name="sales", jobs=("sales.revenue", "sales.report"), schedules=(updated,), parameters={"day": None}),
    ]
    assets = [
        Asset(id=ORDERS, title="Orders", owners=("ann",)),
        Asset(id=REVENUE),
        Asset(id=REPORT, description="For the board."),
    ]
    return prepare(graph_of(assets, jobs, flows), adapter)


def _name_the_pool(project: Path) -> None:
    """As a user of Prefect 3.4 must: its `deploy --all` does not know the default work pool."""
    if metadata.version("prefect").startswith("3.4."):
        listed = project / "prefect.yaml"
        content = yaml.safe_load(listed.read_text(encoding="utf-8"))
        for deployment in content["deployments"]:
            deployment["work_pool"] = {"name": "local"}
        listed.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def test_a_written_project_deploys(server: Server, tmp_path: Path) -> None:
    """`prefect deploy --all` accepts the project, and the server then holds its schedules, automations and limits."""
    project = tmp_path / "project"
    write_project(project, format_sources(source.write(_translation())))

    _name_the_pool(project)

    deployed = server.prefect("--no-prompt", "deploy", "--all", cwd=project)

    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    found = {each["name"]: each for each in server.post("/deployments/filter", {})}
    assert set(found) == {"hourly", "updated"}
    assert found["hourly"]["entrypoint"] == "flows.py:ingest"
    times = [each["schedule"] for each in found["hourly"]["schedules"]]
    assert sorted((time.get("cron"), time.get("interval")) for time in times if "cron" in time) == [("0 * * * *", None)]
    assert [time["interval"] for time in times if "interval" in time] == [90.0]
    assert found["hourly"]["global_concurrency_limit"]["limit"] == 3
    assert found["updated"]["parameters"] == {"day": "2026-01-05"}
    automations = server.get(f"/automations/related-to/prefect.deployment.{found['updated']['id']}")
    assert sorted(each["trigger"]["type"] for each in automations) == ["compound", "event"]
    assert all(each["enabled"] for each in automations)
    event = next(each["trigger"] for each in automations if each["trigger"]["type"] == "event")
    assert event["match"] == {"prefect.resource.id": "s3://lake/orders"}
