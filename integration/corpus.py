"""Read real public projects, translate each to the other tools, load the results there, and print a table of counts.

    python integration/corpus.py CORPUS --airflow PYTHON --dagster PYTHON --prefect PYTHON [--prefect-api URL] [--readme README.md]

CORPUS is a folder of checkouts named `owner+repository`; each PYTHON is an interpreter that has the tool. With --readme the table
replaces what stands between the markers there. With --prefect-api the deployments of each project for Prefect are registered at
that server too. Nothing of the projects is kept.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from transload.difference import differences
from transload.errors import TransloadError
from transload.loss import Severity, counts
from transload.model.graph import AssetGraph
from transload.projects import write
from transload.reader import Options, ReadResult, Way, read
from transload.translator import translate

TOOLS = ("airflow", "dagster", "prefect")

PROJECTS = (
    ("airflow", "astronomer+practical-guide-to-apache-airflow-3", "dags"),
    ("airflow", "astronomer+practical-guide-to-apache-airflow-3", "code_examples"),
    ("airflow", "astronomer+2-9-example-dags", "dags"),
    ("airflow", "swellful+airflow3-hands-on", "dags"),
    (
        "dagster",
        "dagster-io+project-dagster-university",
        "dagster_university/dagster_essentials/src/dagster_essentials/completed/lesson_9",
    ),
    ("dagster", "dagster-io+project-dagster-university", "dagster_university/dagster_testing"),
    (
        "dagster",
        "dagster-io+project-dagster-university",
        "dagster_university/dagster_and_etl/src/dagster_and_etl/completed/lesson_6",
    ),
    ("dagster", "dagster-io+project-dagster-university", "dagster_university/dagster_and_dbt"),
    ("dagster", "dagster-io+project-dagster-university", "dagster_university/ai_driven_data_engineering"),
    ("dagster", "dagster-io+hooli-data-eng-pipelines", "hooli-basics"),
    ("dagster", "dagster-io+hooli-data-eng-pipelines", "hooli-batch-enrichment"),
    ("dagster", "dagster-io+hooli-data-eng-pipelines", "hooli-bi"),
    ("dagster", "dagster-io+hooli-data-eng-pipelines", "hooli-data-eng"),
    ("dagster", "dagster-io+hooli-data-eng-pipelines", "hooli-data-ingest"),
    ("dagster", "josephsapinoso+starwars-dagster", "."),
    ("dagster", "namtonthat+dagster-ecs", "dags"),
    ("prefect", "PrefectHQ+prefect-demos", "flows"),
    ("prefect", "harens+AnomaLog", "anomalog"),
)
"""(tool, checkout, folder)."""

REFUSED = -1

HEAD = ("project", "tool", "way", "assets", "jobs", "edges", "not understood", "to Airflow", "to Dagster", "to Prefect")


@dataclass(frozen=True)
class Outcome:
    """What became of a project in one other tool."""

    loaded: bool
    differences: int
    losses: str
    deployed: int | None = None

    def __str__(self) -> str:
        if not self.loaded:
            return "does not load"
        deployed = "" if self.deployed is None else f", {self.deployed} deployed"
        return f"{'equal' if not self.differences else f'{self.differences} differences'}, {self.losses}{deployed}"


def rows(corpus: Path, pythons: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """One row per project and way of reading, Airflow's own examples first."""
    yield from _ways("airflow", "apache/airflow example_dags", _examples(pythons["airflow"]), pythons)
    for tool, checkout, folder in PROJECTS:
        name = f"{checkout.replace('+', '/')} {folder}".removesuffix(" .")
        yield from _ways(tool, name, corpus / checkout / folder, pythons)


def _examples(python: str) -> Path:
    code = "import importlib.util as u; print(u.find_spec('airflow.example_dags').submodule_search_locations[0])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - the user's interpreter
    return Path(done.stdout.strip().splitlines()[-1])


def _ways(tool: str, name: str, folder: Path, pythons: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for way in (Way.AUTO, Way.STATIC):
        print(f"{name} ({way.value})", file=sys.stderr)
        try:
            found = read(f"{tool}:{folder}", Options(way=way, python=pythons[tool]))
        except TransloadError as error:
            yield (name, tool, way.value, *("",) * 3, f"cannot be read: {error}", *("",) * 3)
            continue
        yield (name, tool, way.value, *_counts(found), *_outcomes(found, tool, pythons))


def _counts(found: ReadResult) -> tuple[str, ...]:
    graph = found.graph
    return tuple(str(len(things)) for things in (graph.assets, graph.jobs, graph.edges, found.losses))


def _outcomes(found: ReadResult, tool: str, pythons: Mapping[str, str]) -> Iterator[str]:
    return ("" if other == tool else str(_outcome(found, other, pythons[other])) for other in TOOLS)


def _outcome(found: ReadResult, tool: str, python: str) -> Outcome | str:
    if found.graph == AssetGraph():
        return "nothing to write"
    translation = translate(found.graph, tool)
    number = counts(translation.losses)
    losses = " / ".join(str(number[severity]) for severity in Severity)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        write(translation, root)
        try:
            back = read(f"{tool}:{root}", Options(way=Way.LOAD, python=python))
        except TransloadError as error:
            print(f"  {tool}: {error}", file=sys.stderr)
            return Outcome(loaded=False, differences=0, losses=losses)
        deployed = _deployed(root, python) if tool == "prefect" else None
    broken = [loss for loss in back.losses if loss.subject.startswith("file ")]
    changes = differences(translation.expected, back.graph)
    for line in [*broken[:3], *changes[:3]]:
        print(f"  {tool}: {line.model_dump_json()[:400]}", file=sys.stderr)
    return Outcome(
        loaded=not broken and deployed != REFUSED, differences=len(changes), losses=losses, deployed=deployed
    )


def _deployed(root: Path, python: str) -> int | None:
    """How many deployments Prefect's own command registered; None without a server, `REFUSED` where it would not."""
    if not os.environ.get("PREFECT_API_URL"):
        return None
    listed = root / "prefect.yaml"
    wanted = yaml.safe_load(listed.read_text(encoding="utf-8"))["deployments"] if listed.exists() else []
    command = [python, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False) if wanted else None  # noqa: S603
    if done is not None and done.returncode:
        print(f"  prefect deploy: {done.stdout[-400:]} {done.stderr[-400:]}", file=sys.stderr)
        return REFUSED
    return len(wanted)


def markdown(table: list[tuple[str, ...]]) -> str:
    """The table in Markdown."""
    lines = [HEAD, ("---",) * len(HEAD), *table]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def put(readme: Path, text: str) -> None:
    """Replace what stands between the corpus markers."""
    before, marker, rest = readme.read_text(encoding="utf-8").partition("<!-- corpus -->\n")
    _, end, after = rest.partition("<!-- /corpus -->")
    readme.write_text(f"{before}{marker}{text}{end}{after}", encoding="utf-8")


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    for tool in TOOLS:
        parser.add_argument(f"--{tool}", required=True, metavar="PYTHON")
    parser.add_argument("--prefect-api", metavar="URL", help="A server with a work pool named local.")
    parser.add_argument("--readme", type=Path)
    given = parser.parse_args()
    if given.prefect_api:
        os.environ.update(
            PREFECT_API_URL=given.prefect_api, PREFECT_DEFAULT_WORK_POOL_NAME="local", PREFECT_CLI_PROMPT="false"
        )
    text = markdown(list(rows(given.corpus, {tool: getattr(given, tool) for tool in TOOLS})))
    if given.readme:
        put(given.readme, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
