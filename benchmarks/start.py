"""`transload --help`, and importing the packages, over bare `python -c pass`, as whole processes.

python benchmarks/start.py
"""

from __future__ import annotations

import sys

from measure import process_seconds, show_seconds

BARE = [sys.executable, "-c", "pass"]
HELP = [sys.executable, "-c", "import sys; sys.argv = ['transload', '--help']; from transload.cli import main; main()"]
IMPORT = [sys.executable, "-c", "import transload, transload_airflow, transload_dagster, transload_prefect"]


def main() -> None:
    """Print the figures."""
    bare = process_seconds(BARE)
    show_seconds("transload --help above bare python", process_seconds(HELP) - bare, 0.3)
    show_seconds("import transload and its adapters above bare python", process_seconds(IMPORT) - bare, 0.25)


if __name__ == "__main__":
    main()
