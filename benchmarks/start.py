"""`transload --help` over bare `python -c pass`, as whole processes.

python benchmarks/start.py
"""

from __future__ import annotations

import sys

from measure import process_seconds, show_seconds

BARE = [sys.executable, "-c", "pass"]
HELP = [sys.executable, "-c", "import sys; sys.argv = ['transload', '--help']; from transload.cli import main; main()"]


def main() -> None:
    """Print the figure."""
    bare, ours = process_seconds(BARE), process_seconds(HELP)
    show_seconds("transload --help above bare python", ours - bare, 0.3)


if __name__ == "__main__":
    main()
