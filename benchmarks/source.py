"""Source for 10,000 assets, formatted and parsed back, for each tool; growth to 100,000; a chain of 100,000 assets.

python benchmarks/source.py
"""

from __future__ import annotations

import sys
import time

from estates import chain, wide
from measure import show, show_seconds

from transload.projects import generate
from transload.registry import tools
from transload.translator import translate


def generated(number: int, tool: str) -> float:
    """Seconds from a translated graph to formatted, parsed files."""
    translation = translate(wide(number), tool)
    start = time.perf_counter()
    generate(translation)
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    for tool in tools():
        small = min(generated(10_000, tool) for _ in range(3))
        show_seconds(f"{tool} source, 10,000 assets", small, 2.5)
        if "--large" in sys.argv:
            show(f"{tool} source, 100,000 assets over ten times 10,000", generated(100_000, tool), 10 * small, 1.3)
            start = time.perf_counter()
            translate(chain(100_000), tool)
            print(f"{tool} translation of a chain of 100,000 assets: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
