"""The adapters under test, and how hard they are tested."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from transload import registry
from transload.declaration import Adapter

sys.path.insert(0, str(Path(__file__).parents[1] / "toys"))

import transload_toy  # a package of its own, as a third party would bring it

toy: Final[Adapter] = transload_toy.adapter

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
"""How many times the usual number of examples."""

_MARKED: Final = frozenset({"airflow", "dagster", "prefect"})


def effort(examples: int, *, least: float = 0) -> settings:
    """The same examples on every machine, and as long as each of them takes; `least` is the effort that they are tried with anyway."""
    return settings(
        max_examples=max(1, int(examples * max(EFFORT, least))),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )


def adapters() -> list[Adapter]:
    """Every adapter that is registered, and the toy."""
    return [*(registry.adapter_for(tool) for tool in registry.tools()), toy]


def parameters(*, with_tool: bool = False) -> list[Any]:
    """The adapters as test parameters; `with_tool`: each only where its tool is promised."""
    return [
        pytest.param(adapter, id=adapter.tool, marks=_marks(adapter) if with_tool else ()) for adapter in adapters()
    ]


def _marks(adapter: Adapter) -> list[pytest.MarkDecorator]:
    return [getattr(pytest.mark, adapter.tool)] if adapter.tool in _MARKED else []


def sample(strategy: SearchStrategy[Any], count: int, *, least: float = 0) -> list[Any]:
    """Some values of a strategy, the same ones every time."""
    found: list[Any] = []

    @settings(effort(count, least=least), phases=[Phase.generate])
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    run: Callable[[], None] = collect
    run()
    return found
