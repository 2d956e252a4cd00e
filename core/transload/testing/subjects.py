"""How the suite comes to the adapters of a test file, and how hard it tries them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from transload import registry
from transload.declaration import Adapter
from transload.testing.requirements import requirements_of

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
"""How many times the usual number of examples."""

Test = TypeVar("Test", bound=Callable[..., None])

_MODULES: Final = "modules_of_an_adapter"
_WITH_THE_TOOL: Final = frozenset({"load", "runtime"})


def needs(*modules: str) -> Callable[[Test], Test]:
    """The test is of these modules, and is tried on adapters that have all of them; `load` and `runtime` where their tool is."""

    def marked(test: Test) -> Test:
        setattr(test, _MODULES, frozenset(modules))
        return test

    return marked


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of the suite for each of `ADAPTERS`, which the test file that imports the suite names."""
    modules = getattr(metafunc.function, _MODULES, None)
    if modules is None:
        return
    adapters = getattr(metafunc.module, "ADAPTERS", None)
    if adapters is None:
        raise pytest.UsageError(f"{metafunc.module} imports the contract and names no ADAPTERS to try it on.")
    metafunc.parametrize("adapter", parameters(adapters, modules))


def parameters(adapters: Sequence[Adapter], modules: frozenset[str] = frozenset()) -> list[Any]:
    """The adapters as parameters of a test of these modules: left out, with the reason, where one is missing or the tool is."""
    return [pytest.param(adapter, id=adapter.tool, marks=_marks(adapter, modules)) for adapter in adapters]


def _marks(adapter: Adapter, modules: frozenset[str]) -> list[pytest.MarkDecorator]:
    if absent := sorted(modules - adapter.modules):
        return [pytest.mark.skip(reason=f"The adapter of {adapter.title} has no {absent[0]}.")]
    if not modules & _WITH_THE_TOOL:
        return []
    mark = requirements_of(adapter).mark
    is_missing = adapter.distribution is not None and adapter.installed() is None
    marks = [getattr(pytest.mark, mark)] if mark else []
    return [*marks, pytest.mark.skipif(is_missing, reason=f"{adapter.title} is not installed.")]


def writers(*others: Adapter) -> list[Adapter]:
    """Every adapter that is installed and writes source, and of `others` those that do."""
    known = {adapter.tool: adapter for adapter in (*map(registry.adapter_for, registry.tools()), *others)}
    return [adapter for adapter in known.values() if "source" in adapter.modules]


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


def sample(strategy: SearchStrategy[Any], count: int, *, least: float = 0) -> list[Any]:
    """Some values of a strategy, the same ones every time."""
    values: list[Any] = []

    @settings(effort(count, least=least), phases=[Phase.generate])
    @given(strategy)
    def collect(value: Any) -> None:
        values.append(value)

    run: Callable[[], None] = collect
    run()
    return values
