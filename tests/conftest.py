"""Which tests run: those whose tools are here. `TRANSLOAD_TOOLS` says which tools must be here, and that no other is."""

from __future__ import annotations

import os
import shutil
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

DISTRIBUTIONS: Final = {"airflow": "apache-airflow-core", "dagster": "dagster", "prefect": "prefect"}
"""Tool, which is also its marker → the package whose metadata proves it: a folder of the tool's name proves nothing."""

HOMES: Final = {"AIRFLOW_HOME": "airflow", "DAGSTER_HOME": "dagster", "PREFECT_HOME": "prefect"}
QUIET: Final = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
ROOT: Final = pytest.StashKey[Path]()

# Other tests use the laws too, and may be imported before the suite itself.
pytest.register_assert_rewrite("transload.testing.laws", "transload.testing.suite")

# A busy machine must not fail a test; what matters in time is measured in benchmarks/.
settings.register_profile("transload", deadline=None, print_blob=True)
settings.load_profile("transload")


def _is_installed(tool: str) -> bool:
    try:
        metadata.version(DISTRIBUTIONS[tool])
    except metadata.PackageNotFoundError:
        return False
    return True


INSTALLED: Final = frozenset(filter(_is_installed, DISTRIBUTIONS))


def _check_promise(promise: str) -> None:
    promised = frozenset(filter(None, promise.split(",")))
    if promised != INSTALLED:
        found = ", ".join(sorted(INSTALLED)) or "none"
        raise pytest.UsageError(f"TRANSLOAD_TOOLS promises {promise or 'no tool'!r}, installed: {found}.")


def pytest_configure(config: pytest.Config) -> None:
    """Check the promise, and give each tool an empty home, so that no test reads or changes a person's own."""
    if (promise := os.environ.get("TRANSLOAD_TOOLS")) is not None:
        _check_promise(promise)
    root = config.stash[ROOT] = Path(tempfile.mkdtemp(prefix="transload-tests-"))
    os.environ.update(QUIET)
    for variable, folder in HOMES.items():
        (root / folder).mkdir()
        os.environ[variable] = str(root / folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the homes."""
    if root := config.stash.get(ROOT, None):
        shutil.rmtree(root, ignore_errors=True)


def _lacks_a_tool(item: pytest.Item) -> bool:
    return any(mark.name in DISTRIBUTIONS and mark.name not in INSTALLED for mark in item.iter_markers())


def _is_of_the_wheel(item: pytest.Item) -> bool:
    """It runs in the one environment that is made for it, which `TRANSLOAD_WHEEL` says."""
    return not os.environ.get("TRANSLOAD_WHEEL") and item.get_closest_marker("wheel") is not None


def _lacks_a_browser(item: pytest.Item) -> bool:
    """Where `TRANSLOAD_BROWSER` promises one, the test runs and fails without."""
    here = bool(os.environ.get("TRANSLOAD_BROWSER")) or shutil.which("chromedriver") is not None
    return not here and item.get_closest_marker("browser") is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out each test marked with a tool, or the browser, that is not here, and those of another environment."""
    left_out = [item for item in items if _lacks_a_tool(item) or _lacks_a_browser(item) or _is_of_the_wheel(item)]
    kept = set(items).difference(left_out)
    items[:] = [item for item in items if item in kept]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
