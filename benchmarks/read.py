"""Reading a project of 2,000 assets and translating it, over the tool's own load of it, for each tool that is installed here.

    python benchmarks/read.py [TOOL …]

Each measurement is a process of its own, since a tool keeps what it has imported; the import of the tool itself does not count.
"""

from __future__ import annotations

import importlib
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from estates import wide
from measure import once, show

from transload.adapter import Target
from transload.gc_pause import paused_collection
from transload.registry import adapter_for
from transload.translator import prepare, translate

NUMBER = 2_000
RUNS = 5


def airflow(folder: Path) -> object:
    """What Airflow's DAG processor does: a `DagBag`, and each DAG serialised."""
    sys.path.insert(0, str(folder / "dags"))
    bag = importlib.import_module("airflow.dag_processing.dagbag").DagBag(
        str(folder / "dags"), bundle_path=folder / "dags"
    )
    serialiser = importlib.import_module("airflow.serialization.serialized_objects").DagSerialization
    return [serialiser.to_dict(dag) for dag in bag.dags.values()]


def dagster(folder: Path) -> object:
    """What a code server does: the definitions, and the repository of them."""
    sys.path.insert(0, str(folder / "src"))
    definitions = importlib.import_module("dagster_project.definitions").defs
    return (definitions() if callable(definitions) else definitions).get_repository_def().asset_graph


def prefect(folder: Path) -> object:
    """What Prefect does before it runs the flows: it loads the entrypoint of each, and reads the schema of its parameters.

    Prefect infers no edges before a run, which is what the difference is made of.
    """
    sys.path.insert(0, str(folder))
    load = importlib.import_module("prefect.flows").load_flow_from_entrypoint
    files = sorted((folder / "flows").glob("*_flows.py"))
    return [load(f"{file}:{file.stem.removesuffix('_flows')}").parameters for file in files]


OWN: dict[str, Callable[[Path], object]] = {"airflow": airflow, "dagster": dagster, "prefect": prefect}

IMPORTED = {
    "airflow": ("airflow.sdk", "airflow.dag_processing.dagbag", "airflow.providers.standard.operators.python"),
    "dagster": ("dagster",),
    "prefect": ("prefect.assets", "prefect.deployments.runner", "prefect.automations"),
}


def ours(tool: str, folder: Path) -> object:
    """Read by importing, as the process that does so for the reader, and translated into the tool itself."""
    adapter = adapter_for(tool)
    with paused_collection():
        return prepare(adapter.load.load(Target(tool, str(folder), path=folder)).graph, adapter)


def measured(tool: str, folder: str, whose: str) -> None:
    """Print the seconds of one run in this process."""
    warnings.simplefilter("ignore")
    _ready(tool)
    work = OWN[tool] if whose == "own" else lambda path: ours(tool, path)
    print("seconds", once(lambda: work(Path(folder).resolve())))


def _ready(tool: str) -> None:
    """Import the tool and the reader, as both ways need them."""
    if tool == "airflow":
        importlib.import_module("transload_airflow.load")._prepare()  # noqa: SLF001 - settings, that have to be there before the import
    for module in IMPORTED[tool]:
        importlib.import_module(module)
    for module in ("load", "names", "shape", "support"):
        getattr(adapter_for(tool), module)


def _seconds(tool: str, folder: str, whose: str) -> float:
    command = [sys.executable, __file__, "--measure", tool, folder, whose]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    return float(text.rpartition("seconds")[2])


def main() -> None:
    """Print the figures."""
    for tool in sys.argv[1:] or OWN:
        if importlib.util.find_spec(tool) is None:
            print(f"{tool}: skipped, it is not installed here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            for path, text in adapter_for(tool).source.write(translate(wide(NUMBER), tool)).items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_text(text, encoding="utf-8")
            _seconds(tool, folder, "own")
            # In turns, since a machine is faster at one time than at another.
            runs = [(_seconds(tool, folder, "ours"), _seconds(tool, folder, "own")) for _ in range(RUNS)]
            mine, own = map(statistics.median, zip(*runs, strict=True))
            show(f"{tool} reading and translation over its own load", mine, own, 1.15)


if __name__ == "__main__":
    measured(*sys.argv[2:]) if sys.argv[1:2] == ["--measure"] else main()
