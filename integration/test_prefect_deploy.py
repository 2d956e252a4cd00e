"""A written project is registered by Prefect's own command at a real server: deployments, schedules and automations."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from transload.adapter import Translation
from transload.model.assets import Asset
from transload.model.graph import graph_of
from transload.model.identity import identify
from transload.model.jobs import Flow, Job, Read, Retries, Schedule, Write
from transload.model.partitions import (
    DimensionMapping,
    MultiPartitions,
    PartitionMapping,
    StaticPartitions,
    TimeMapping,
    TimePartitions,
)
from transload.model.triggers import AllOf, AnyOf, Cron, Interval, Updated
from transload.partitioning import Known, Sides, parse, spelled, upstream, window
from transload.translator import prepare
from transload.writing.formatting import format_sources
from transload.writing.project import write_project
from transload_prefect import adapter, source
from transload_prefect.codecs.partitions import UPSTREAM

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
        """The answer to a request, which asks again where the database was locked: every request here can be repeated."""
        url, data, headers = f"{self.api}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers)  # noqa: S310 - the server that this test started
        return _until(lambda: _answer(request), lambda found: found is not None)

    def get(self, path: str) -> Any:
        """The answer to a request."""
        with urllib.request.urlopen(f"{self.api}{path}", timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def prefect(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        command = [sys.executable, "-m", "prefect", *arguments]
        told: dict[str, Any] = {"env": self.environment, "capture_output": True, "text": True, "timeout": 180}
        return subprocess.run(command, cwd=cwd, check=False, **told)  # noqa: S603 - the tool under test


def _answer(request: urllib.request.Request) -> Any:
    """The answer, None where the database was locked (503)."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the server that this test started
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return None


def _until(ask: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """The answer once it is what is wanted."""
    end = time.monotonic() + READY_WITHIN
    while not wanted(answer := ask()):
        assert time.monotonic() < end, answer
        time.sleep(1)
    return answer


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


def _large() -> Translation:
    """More tasks than a module holds, in areas that are called as Prefect and as a package of the project are."""
    assets = [
        Asset(id=identify(f"s3://lake/{area}/t{number}"), group=area)
        for area in ("prefect", "assets")
        for number in range(150)
    ]
    jobs = [
        Job(
            name=f"{asset.group}.t{number}", reads=(Read(asset=assets[number - 1].id),), writes=(Write(asset=asset.id),)
        )
        for number, asset in enumerate(assets)
    ]
    hourly = Schedule(name="hourly", trigger=Cron(expression="0 * * * *"))
    flows = [
        Flow(name=area, jobs=tuple(job.name for job in jobs if job.name.startswith(area)), schedules=(hourly,))
        for area in ("prefect", "assets")
    ]
    return prepare(graph_of(assets, jobs, flows), adapter)


def test_a_large_project_deploys(server: Server, tmp_path: Path) -> None:
    """Prefect puts the folder of each flow first on the path, where nothing may hide Prefect or the project's own packages."""
    project = tmp_path / "project"
    write_project(project, format_sources(source.write(_large())))
    _name_the_pool(project)

    deployed = server.prefect("--no-prompt", "deploy", "--all", cwd=project)

    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    entrypoints = {each["entrypoint"] for each in server.post("/deployments/filter", {})}
    files = {entrypoint.partition(":")[0] for entrypoint in entrypoints}
    assert {"flows/prefect_flows.py", "flows/assets_flows.py"} <= files


HOURLY = TimePartitions(
    cron="0 * * * *", start="2024-01-01T00:00:00", timezone="Europe/Berlin", format="%Y-%m-%d-%H:%M"
)
DAILY = TimePartitions(cron="0 0 * * *", start="2024-01-01", timezone="Europe/Berlin", format="%Y-%m-%d")
BY_COUNTRY = MultiPartitions(dimensions={"day": DAILY, "country": StaticPartitions(keys=("de", "fr"))})
CLICKS, SESSIONS, SALES = (identify(f"s3://lake/{name}") for name in ("clicks", "sessions", "sales"))
LATE = TimeMapping(start_offset=-1)


def _partitioned() -> Translation:
    """An hourly flow, a daily one that its updates start, and one of two dimensions, in a zone with a summer time."""
    jobs = [
        Job(name="clicks", writes=(Write(asset=CLICKS),)),
        Job(name="sessions", reads=(Read(asset=CLICKS, mapping=LATE),), writes=(Write(asset=SESSIONS),)),
        Job(name="sales", reads=(Read(asset=SESSIONS),), writes=(Write(asset=SALES),)),
    ]
    updated = Schedule(name="updated", trigger=Updated(asset=SESSIONS))
    flows = [
        Flow(
            name="hours", jobs=("clicks",), schedules=(Schedule(name="hourly", trigger=Cron(expression="0 * * * *")),)
        ),
        Flow(name="days", jobs=("sessions",), partitions=DAILY, schedules=(Schedule(name="daily"),)),
        Flow(name="countries", jobs=("sales",)),
        Flow(name="followers", jobs=("again",), schedules=(updated,)),
    ]
    jobs.append(Job(name="again", reads=(Read(asset=SESSIONS, mapping=EARLIER),), writes=(Write(asset=AGAIN),)))
    assets = [
        Asset(id=CLICKS, partitions=HOURLY),
        Asset(id=SESSIONS, partitions=DAILY),
        Asset(id=SALES, partitions=BY_COUNTRY),
        Asset(id=AGAIN, partitions=DAILY),
    ]
    return prepare(graph_of(assets, jobs, flows), adapter)


AGAIN, EARLIER = identify("s3://lake/again"), TimeMapping(start_offset=-1, end_offset=-1)

RECORDED = """
import json, os
start, end = partition.window
upstream = {asset.key: partition.upstream(asset) for asset in READS}
with open(os.environ["RECORD"], "a") as file:
    file.write(json.dumps([TASK, partition.key, start.isoformat(), end.isoformat(), upstream]) + "\\n")
"""
"""What takes the place of the code that is still to be moved into each task."""


class _Filled(ast.NodeTransformer):
    """Bodies in the place of stubs."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if not isinstance(node.body[-1], ast.Raise):
            return node
        told = {
            each.arg: each.value for call in node.decorator_list if isinstance(call, ast.Call) for each in call.keywords
        }
        reads = ast.unparse(told["asset_deps"]) if "asset_deps" in told else "[]"
        plain = re.sub(r"mapped\((\w+), [^()]*\([^()]*\)\)", r"\1", reads)
        code = RECORDED.replace("READS", plain).replace("TASK", repr(node.name))
        node.body[-1:] = ast.parse(code).body
        return node


def _filled(project: Path) -> None:
    flows = project / "flows.py"
    tree = _Filled().visit(ast.parse(flows.read_text(encoding="utf-8")))
    flows.write_text(ast.unparse(tree), encoding="utf-8")


CASES = [
    ("hours", "2024-03-31-01:00"),
    ("hours", "2024-03-31-03:00"),
    ("hours", "2024-10-27-02:00"),
    ("hours", "2024-10-27-02:00+0100"),
    ("days", "2024-02-29"),
    ("days", "2024-03-31"),
    ("days", "2024-10-27"),
    ("countries", "de|2024-02-29"),
    ("followers", "2024-03-01"),
]
"""Flow and key: hours that a clock skips and shows twice, the days of these, and a leap day."""

DRIVER = (
    "import flows, json, sys\nfor name, key in json.loads(sys.argv[1]):\n    getattr(flows, name)(partition_key=key)\n"
)


def _wanted(flow: str, key: str) -> list[Any]:
    """What the algebra says of a run: key, window and keys upstream."""
    known = Known(now=datetime.now(timezone.utc))
    day = key.partition("|")[2] if flow == "countries" else key
    own = HOURLY if flow == "hours" else DAILY
    start, end = window(own, str(parse(own, day)))
    reads: dict[str, dict[str, tuple[PartitionMapping, Sides]]] = {
        "hours": {},
        "days": {"s3://lake/clicks": (LATE, Sides(HOURLY, DAILY, known))},
        "countries": {"s3://lake/sessions": (DimensionMapping(), Sides(DAILY, BY_COUNTRY, known))},
        "followers": {"s3://lake/sessions": (EARLIER, Sides(DAILY, DAILY, known))},
    }
    found = {name: list(upstream(mapping, key, sides).keys) for name, (mapping, sides) in reads[flow].items()}
    return [key, start.isoformat(), end.isoformat(), found]


def test_partitioned_flows_run(server: Server, tmp_path: Path) -> None:
    """Each run works on its partition as the algebra has it; events tell which; what is triggered gets the mapped one; a backfill
    runs none twice."""
    project, record = tmp_path / "project", tmp_path / "record.jsonl"
    write_project(project, format_sources(source.write(_partitioned())))
    _filled(project)
    _name_the_pool(project)
    deployed = server.prefect("--no-prompt", "deploy", "--all", cwd=project)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr

    _run(server, project, record, [sys.executable, "-c", DRIVER, json.dumps(CASES)])

    lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    assert [line[1:] for line in lines] == [_wanted(*case) for case in CASES]
    _check_events(server)
    _check_triggered(server, project, record)
    _check_backfill(server)


def _run(server: Server, project: Path, record: Path, command: list[str]) -> None:
    environment = {**server.environment, "RECORD": str(record)}
    told: dict[str, Any] = {"env": environment, "capture_output": True, "text": True, "timeout": 300}
    ran = subprocess.run(command, cwd=project, check=False, **told)  # noqa: S603 - the tool under test
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _check_events(server: Server) -> None:
    """Every materialization has its partition as a tag, which triggers can match, and in its payload."""
    name = "prefect.asset.materialization.succeeded"
    body = {"filter": {"event": {"name": [name]}}, "limit": 50}
    events = _until(lambda: server.post("/events/filter", body)["events"], lambda found: len(found) >= len(CASES))
    told = {
        (event["payload"]["partition"], each["prefect.resource.id"].removeprefix("prefect.tag."))
        for event in events
        for each in event["related"]
        if each["prefect.resource.role"] == "tag"
    }
    assert told >= {(key, f"partition:{key}") for _, key in CASES}
    assert all(tag == f"partition:{key}" for key, tag in told)


def _check_triggered(server: Server, project: Path, record: Path) -> None:
    """An update of a day starts the flow that follows, for the day that it feeds by the mapping: the next one."""
    runs = _until(
        lambda: server.post("/flow_runs/filter", {"flows": {"name": {"any_": ["followers"]}}}),
        lambda found: sum(bool(run["parameters"].get(UPSTREAM)) for run in found) >= 3,
    )
    told = {run["parameters"][UPSTREAM]: run["id"] for run in runs if run["parameters"].get(UPSTREAM)}
    assert set(told) == {f"s3://lake/sessions#{key}" for flow, key in CASES if flow == "days"}
    triggered = told["s3://lake/sessions#2024-02-29"]
    _run(server, project, record, [sys.executable, "-m", "prefect", "flow-run", "execute", triggered])
    last = json.loads(record.read_text(encoding="utf-8").splitlines()[-1])
    assert last[1:] == _wanted("followers", "2024-03-01")


def _check_backfill(server: Server) -> None:
    """Ten runs, and the same ten when they are asked for again."""
    (deployment,) = server.post("/deployments/filter", {"deployments": {"name": {"any_": ["daily"]}}})
    days = list(islice(spelled(DAILY, known=Known(now=datetime.now(timezone.utc))), 10))

    def start(day: str) -> str:
        asked = {
            "parameters": {"partition_key": day},
            "idempotency_key": f"backfill:1:{day}",
            "tags": ["backfill", f"partition:{day}"],
        }
        return str(server.post(f"/deployments/{deployment['id']}/create_flow_run", asked)["id"])

    runs = [start(day) for day in days]
    assert len(set(runs)) == 10
    assert [start(day) for day in days] == runs
