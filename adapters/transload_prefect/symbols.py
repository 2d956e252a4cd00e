"""What names of Prefect mean, by the end of their qualified name: `prefect.task` and `prefect.tasks.task` are one."""

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
_OURS: Final = ("prefect.", "transload_prefect.partitions.")

SUBMITTING: Final = frozenset({"submit", "map", "delay", "apply_async", "__call__", "aio"})
DEPLOYING: Final = frozenset({"to_deployment", "ato_deployment", "serve", "aserve", "deploy", "adeploy"})
HOOKS: Final = frozenset(
    {"on_completion", "on_failure", "on_running", "on_rollback", "on_commit", "on_cancellation", "on_crashed"}
)
HANDING_ON: Final = frozenset({"result", "wait", "aresult"})
CHANGING: Final = frozenset({"with_options"})


def short_name(value: Any) -> str | None:
    """`Asset` for the symbol `prefect.assets.Asset` or a call of it; None if it is neither Prefect's nor our helper's."""
    symbol = value.func if isinstance(value, Call) else value
    if isinstance(symbol, Symbol) and symbol.name.startswith(_OURS):
        return symbol.name.rpartition(".")[2]
    return None


def method(call: Call, names: frozenset[str]) -> Any:
    """What a method of one of these names is called on; None if the call is another."""
    return call.func.of if isinstance(call.func, Attribute) and call.func.name in names else None


def decorator(function: Function) -> tuple[str, Call | None] | None:
    """The innermost of Prefect's decorators of a function, and its call if it has arguments."""
    for each in reversed(function.decorators):
        name = short_name(each)
        if name in DECORATORS:
            return name, each if isinstance(each, Call) else None
    return None
