"""What the benchmarks share: medians of timed runs, in this process or whole ones, and one line per ratio."""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence

RUNS = 5


def cpu() -> float:
    """Seconds of processor time that this process and the children that it waited for have used: what else runs does not count."""
    own, children = (resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def seconds(work: Callable[[], object], runs: int = RUNS, clock: Callable[[], float] = time.perf_counter) -> float:
    """The median time of `work`, in seconds by a clock, after one run that does not count."""
    work()
    return statistics.median(once(work, clock) for _ in range(runs))


def once(work: Callable[[], object], clock: Callable[[], float] = cpu) -> float:
    """The time of one run of `work`, in seconds by a clock."""
    gc.collect()
    start = clock()
    work()
    return clock() - start


def process_seconds(command: Sequence[str], runs: int = RUNS) -> float:
    """The median time of a whole process."""
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), runs)  # noqa: S603 - our own commands


def show(what: str, ours: float, floor: float, goal: float) -> None:
    """Print a ratio to a floor measured in the same run, and the goal."""
    ratio = ours / floor
    print(
        f"{what}: {ours:.3f} s over {floor:.3f} s = {ratio:.2f}x (goal: at most {goal:g}x) {'ok' if ratio <= goal else 'MISSED'}"
    )


def show_seconds(what: str, ours: float, goal: float) -> None:
    """Print a time, and the goal in seconds."""
    print(f"{what}: {ours:.3f} s (goal: at most {goal:g} s) {'ok' if ours <= goal else 'MISSED'}")
