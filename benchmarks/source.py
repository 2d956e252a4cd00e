"""Source for 10,000 assets, formatted and parsed back, for each tool; growth to 100,000.

python benchmarks/source.py [--large]
"""

from __future__ import annotations

import sys

from estates import wide
from measure import once, show, show_seconds

from transload.projects import generate
from transload.registry import tools
from transload.translator import translate


def generated(number: int, tool: str) -> float:
    """Seconds of processor time from a translated graph to formatted files, checked against what was to be written."""
    translation = translate(wide(number), tool)
    return once(lambda: generate(translation))


def main() -> None:
    """Print the figures."""
    for tool in tools():
        small = min(generated(10_000, tool) for _ in range(3))
        show_seconds(f"{tool} source, 10,000 assets", small, 2.5)
        if "--large" in sys.argv:
            show(f"{tool} source, 100,000 assets over ten times 10,000", generated(100_000, tool), 10 * small, 1.3)


if __name__ == "__main__":
    main()
