"""Names of Prefect, by the end of their qualified name: `prefect.task` and `prefect.tasks.task` are one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from transload.reading.values import Attribute, Call, Function, Symbol

DECORATORS: Final = frozenset({"task", "flow", "materialize"})
TASK_CLASSES: Final = frozenset({"Task", "MaterializingTask"})
SCHEDULES: Final[Mapping[str, str]] = {
    "Cron": "cron",
    "CronSchedule": "cron",
    "Interval": "interval",
    "IntervalSchedule": "interval",
    "RRule": "rrule",
    "RRuleSchedule": "rrule",
}
"""Class or function → the field that its first argument is."""

TRIGGERS: Final[Mapping[str, str]] = {
    f"{prefix}{kind.capitalize()}Trigger": kind
    for prefix in ("", "Deployment")
    for kind in ("event", "compound", "sequence", "metric")
}
_OURS: Final = ("prefect.", "transload_prefect.running.partitions.")

SUBMITTING: Final = frozenset({"submit", "map", "delay", "apply_async", "__call__", "aio"})
DEPLOYING: Final = frozenset({"to_deployment", "ato_deployment", "serve", "aserve", "deploy", "adeploy"})
HOOKS: Final = frozenset(
    {"on_completion", "on_failure", "on_running", "on_rollback", "on_commit", "on_cancellation", "on_crashed"}
)
EFFECTS_BY_MODULE: Final[Mapping[str, tuple[str, ...]]] = {
    "prefect": ("pause_flow_run", "suspend_flow_run", "resume_flow_run"),
    "prefect.flow_runs": ("pause_flow_run", "suspend_flow_run", "resume_flow_run"),
    "prefect.deployments": ("run_deployment", "arun_deployment"),
    "prefect.deployments.flow_runs": ("run_deployment", "arun_deployment"),
    "prefect.events": ("emit_event",),
    "prefect.events.utilities": ("emit_event",),
}
"""Functions by which a flow acts on something besides its tasks, by the modules that have them."""

EFFECTS: Final = frozenset(name for names in EFFECTS_BY_MODULE.values() for name in names)

HANDING_ON: Final = frozenset({"result", "wait", "aresult"})
CHANGING: Final = frozenset({"with_options"})


def short_name(value: Any) -> str | None:
    """`Asset` for the symbol `prefect.assets.Asset` or a call of it; None if it is neither Prefect's nor our helper's."""
    symbol = value.func if isinstance(value, Call) else value
    if isinstance(symbol, Symbol) and symbol.name.startswith(_OURS):
        return symbol.name.rpartition(".")[2]
    return None


def method(call: Call, names: frozenset[str]) -> Any:
    """The object whose method of one of these names is called; None for another call."""
    return call.func.of if isinstance(call.func, Attribute) and call.func.name in names else None


def decorators(function: Function) -> list[tuple[str, Call | None]]:
    """Prefect's decorators of a function, the outermost first, with its call if it has arguments."""
    named = ((short_name(decorator), decorator) for decorator in function.decorators)
    return [(name, value if isinstance(value, Call) else None) for name, value in named if name in DECORATORS]
