"""What becomes of each form of trigger in each other tool, and how its firings then differ: a table, with a witness for each difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from transload.errors import TriggerError
from transload.model.triggers import Trigger
from transload.triggering.conversions import (
    Becoming,
    all_of,
    all_upstream,
    any_upstream,
    choices,
    cron,
    crons,
    either_day,
    not_missing,
    nothing,
    same,
    unanchored,
    unmapped,
)
from transload.triggering.examples import FORMS, A, B, C, form_of
from transload.triggering.normal import normal
from transload.triggering.steps import Evaluate, Finished, Step, Update

TOOLS: Final = ("airflow", "dagster", "prefect")


@dataclass(frozen=True)
class Equivalence:
    """What a form of trigger in `source` becomes in `target`.

    `written` names the form there in the target's words, None where there is none; `becomes` makes it. `difference` says in one
    sentence how the firings differ, and is empty where they are the same. On `witness` the two differ for the example of the form;
    it is empty where they are the same, or where one of them cannot be computed.
    """

    form: str
    source: str
    target: str
    written: str | None
    becomes: Becoming
    difference: str = ""
    witness: tuple[Step, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the two fire at the same evaluations, each time equally often."""
        return not self.difference


_START: Final = datetime(2026, 1, 1, tzinfo=timezone.utc)
_PASSING: Final[Mapping[str, timedelta]] = {
    ".": timedelta(hours=1),
    "_": timedelta(days=1),
    "=": timedelta(weeks=1),
}
_HAPPENING: Final[Mapping[str, Step]] = {
    "a": Update(A),
    "b": Update(B),
    "c": Update(C),
    "!": Finished(),
}


def steps_of(text: str) -> tuple[Step, ...]:
    """Steps in short, after a first evaluation.

    `a`, `b` and `c` are updates, `!` runs that finish; `.`, `_` and `=` evaluate an hour, a day and a week later.
    """
    at = _START
    found: list[Step] = [Evaluate(at)]
    for letter in text:
        if letter in _PASSING:
            at += _PASSING[letter]
            found.append(Evaluate(at))
        else:
            found.append(_HAPPENING[letter])
    return tuple(found)


# The target's words

_ASSETS: Final = {
    "airflow": "an asset expression as `schedule`",
    "dagster": "`asset_matches(…, newly_updated()).since_last_handled()`, joined by `&` and `|`",
    "prefect": "event and compound triggers of the deployment",
}
_CRON: Final = {
    "airflow": "`CronTriggerTimetable`",
    "dagster": "`ScheduleDefinition`",
    "prefect": "a schedule of the deployment",
}
_CRONS: Final = {
    "airflow": "`MultipleCronTriggerTimetable`",
    "prefect": "several schedules of the deployment",
}
_EITHER: Final = {
    "airflow": "`AssetOrTimeSchedule`",
    "dagster": "a schedule and an automation condition",
    "prefect": "a schedule and a trigger of the deployment",
}

# The differences

_LOST: Final = (
    "Dagster asks for one run however many updates there were, and forgets those that come before or with an update of the asset itself, "
    "or in the tick after a request."
)
_KEPT: Final = "Airflow queues an update that comes in the tick after a request, which Dagster forgets."
_EACH: Final = "Prefect starts a run for each update, where {source} brings those between two evaluations into one run."
_ONE: Final = "{target} brings the updates between two evaluations into one run, where Prefect starts a run for each."
_FORGETS: Final = "Dagster also forgets an update in the tick after a request."
_LATE: Final = "Prefect runs each missed tick late, {source} only the latest."
_LATEST: Final = "{target} runs only the latest of several missed ticks, Prefect each of them, late."
_MERGED: Final = "{target} starts one run for ticks at one time, and one for the latest where several were missed; Prefect one for each."
_NO_BOTH: Final = (
    "{target} takes day and weekday as alternatives, so that the schedule is carried and no run is started."
)
_TIMES: Final = "{target} has no schedule of several kinds of times, so that no run is started."
_ZONES: Final = "In {target} the cron expressions of one schedule have one time zone, so that no run is started."
_NO_FORM: Final = "{target} has nothing like it, so that no run is started."
_TOGETHER: Final = (
    "In {target} an update and a tick at one evaluation start two runs; Airflow starts one, and the other a loop later."
)
_APART: Final = "Airflow starts the run of an update first and that of a tick at the same evaluation one loop later; {source} starts both."
_TWICE: Final = "Prefect starts a run for each tick of each expression, also for missed ones and those at one time; {source} starts one."
_BOTH: Final = (
    "{target} takes day and weekday as alternatives, so that there are runs on days on which only one of them matches."
)
_ALIAS: Final = "Which assets an alias stands for is told only by runs, and {target} has nothing like it, so that no run is started."
_PLAIN: Final = "Airflow's partition-aware schedule sees only updates of partitions; in Dagster an update of the whole asset counts too."
_COMPLETE: Final = "`asset_matches(…, newly_updated()).since_last_handled() & ~asset_matches(…, missing())`"
_ANEW: Final = (
    "Dagster asks for a partition once none of those upstream is missing, and then after each later update of one; Airflow waits for all "
    "of them anew, and sees no update of the whole asset."
)
_FIRST: Final = (
    "Dagster asks for a partition at the first update upstream, whatever else is there; Airflow waits for a number of them, and sees no "
    "update of the whole asset."
)
_PLAIN_EVENT: Final = (
    "Airflow starts a run for each partition that is complete, and none for an update of the whole asset; Prefect starts a run for each "
    "update, and hands the partition over as a parameter only."
)
_ORDER: Final = "{target} does not look at the order of updates."
_WITHIN: Final = "{target} does not look at the time between the updates."
_PHASE: Final = "Airflow counts the interval from the first run, which it starts at once, and not from an anchor."
_AT_ONCE: Final = (
    "Airflow starts the first run at once, and counts from the run before; Prefect counts from when it was told."
)
_EAGER: Final = (
    "Eager waits until no upstream asset is missing and nothing is in progress, runs what is missing, looks at the latest time window "
    "only, and forgets an update in the tick after a request; {target} starts a run whenever one was updated."
)
_NO_TICK: Final = "{target} starts a run when all upstream assets were updated, without waiting for the tick."
_TICK_ONLY: Final = "{target} starts a run at the tick, without waiting for updates of the upstream assets."
_NOT_AN_UPDATE: Final = (
    "It waits for an event that is no update of an asset, which {target} does not see, so that no run is started."
)
_UNKNOWN: Final = "What it does cannot be told from its definition, so that it is carried and no run is started."


def _also(told: str, more: str) -> str:
    return f"{told[:-1]}; {more}"


@dataclass(frozen=True)
class _Line:
    """A row as it is written down: `pair` is source>target, the sentence may name them as {source} and {target}."""

    form: str
    pair: str
    written: str | None
    told: str = ""
    becomes: Becoming = same
    witness: str = ""

    def row(self) -> Equivalence:
        source, _, target = self.pair.partition(">")
        told = self.told.format(source=source.title(), target=target.title())
        steps = steps_of(self.witness) if self.witness else ()
        return Equivalence(self.form, source, target, self.written, self.becomes, told, steps)


def _assets(form: str, **pairs: str) -> list[_Line]:
    """Forms that all tools have; the witnesses, by the first letters of source and target."""
    sentences = {
        "ad": _LOST,
        "da": _KEPT,
        "ap": _EACH,
        "dp": _also(_EACH, _FORGETS),
        "pa": _ONE,
        "pd": _also(_ONE, _FORGETS),
    }
    names = {tool[0]: tool for tool in TOOLS}
    return [
        _Line(form, f"{names[pair[0]]}>{names[pair[1]]}", _ASSETS[names[pair[1]]], sentences[pair], witness=witness)
        for pair, witness in pairs.items()
    ]


def _none(form: str, source: str, witness: str = "", told: str = _NO_FORM) -> list[_Line]:
    """A form of one tool that neither of the others has."""
    targets = [tool for tool in TOOLS if tool != source]
    return [_Line(form, f"{source}>{tool}", None, told, becomes=nothing, witness=witness) for tool in targets]


_LONE: Final = {"ad": "a.a.", "da": "a.a.", "ap": "aa.", "dp": "aa.", "pa": "aa.", "pd": "aa."}
_PAIR: Final = {"ad": "ab.ab.", "da": "ab.ab.", "ap": "abab.", "dp": "abab.", "pa": "abab.", "pd": "abab."}
_THIRD: Final = {pair: witness.replace("a", "c") for pair, witness in _LONE.items()}

_LINES: Final[tuple[_Line, ...]] = (
    *_assets("updated", **_LONE),
    *_assets("all", **_PAIR),
    *_assets("any", **_LONE),
    *_assets("nested", **_THIRD),
    *_none("alias", "airflow", "a.", _ALIAS),
    _Line("partitioned", "airflow>dagster", _ASSETS["dagster"], _PLAIN, becomes=unmapped, witness="a."),
    _Line("partitioned", "airflow>prefect", _ASSETS["prefect"], _PLAIN_EVENT, becomes=unmapped, witness="a."),
    _Line("rolled_up", "airflow>dagster", _COMPLETE, _ANEW, becomes=not_missing, witness="a."),
    _Line("rolled_up", "airflow>prefect", _ASSETS["prefect"], _PLAIN_EVENT, becomes=unmapped, witness="a."),
    _Line("counted", "airflow>dagster", _ASSETS["dagster"], _FIRST, becomes=unmapped, witness="a."),
    _Line("counted", "airflow>prefect", _ASSETS["prefect"], _PLAIN_EVENT, becomes=unmapped, witness="a."),
    _Line("at_least", "prefect>airflow", _ASSETS["airflow"], _ONE, becomes=choices, witness="abab."),
    _Line("at_least", "prefect>dagster", _ASSETS["dagster"], _also(_ONE, _FORGETS), becomes=choices, witness="abab."),
    _Line("in_order", "prefect>airflow", _ASSETS["airflow"], _ORDER, becomes=all_of, witness="ba."),
    _Line("in_order", "prefect>dagster", _ASSETS["dagster"], _also(_ORDER, _FORGETS), becomes=all_of, witness="ba."),
    _Line("within", "prefect>airflow", _ASSETS["airflow"], _WITHIN, becomes=all_of, witness="a..b."),
    _Line("within", "prefect>dagster", _ASSETS["dagster"], _also(_WITHIN, _FORGETS), becomes=all_of, witness="a..b."),
    _Line("cron", "airflow>dagster", _CRON["dagster"]),
    _Line("cron", "airflow>prefect", _CRON["prefect"], _LATE, witness="="),
    _Line("cron", "dagster>airflow", _CRON["airflow"]),
    _Line("cron", "dagster>prefect", _CRON["prefect"], _LATE, witness="="),
    _Line("cron", "prefect>airflow", _CRON["airflow"], _LATEST, witness="="),
    _Line("cron", "prefect>dagster", _CRON["dagster"], _LATEST, witness="="),
    _Line("cron_both", "prefect>airflow", _CRON["airflow"], _BOTH, becomes=either_day, witness="=="),
    _Line("cron_both", "prefect>dagster", None, _NO_BOTH, becomes=nothing, witness="_"),
    _Line("crons", "airflow>dagster", _CRON["dagster"]),
    _Line("crons", "airflow>prefect", _CRONS["prefect"], _TWICE, witness="_"),
    _Line("crons", "dagster>airflow", _CRONS["airflow"]),
    _Line("crons", "dagster>prefect", _CRONS["prefect"], _TWICE, witness="_"),
    _Line("crons", "prefect>airflow", _CRONS["airflow"], _MERGED, witness="_"),
    _Line("crons", "prefect>dagster", _CRON["dagster"], _MERGED, witness="_"),
    *_none("zones", "prefect", "_", _ZONES),
    *_none("times", "prefect", "_", _TIMES),
    _Line("clockwork", "prefect>airflow", _CRONS["airflow"], _LATEST, becomes=crons, witness="="),
    _Line("clockwork", "prefect>dagster", _CRON["dagster"], _LATEST, becomes=crons, witness="="),
    _Line("anchored", "prefect>airflow", "a `timedelta`", _PHASE, becomes=unanchored, witness="."),
    _Line("anchored", "prefect>dagster", None, _NO_FORM, becomes=nothing, witness="."),
    _Line("interval", "airflow>dagster", None, _NO_FORM, becomes=nothing, witness="."),
    _Line("interval", "airflow>prefect", _CRON["prefect"], _AT_ONCE, witness="."),
    _Line("interval", "prefect>airflow", "a `timedelta`", _AT_ONCE, witness="."),
    _Line("interval", "prefect>dagster", None, _NO_FORM, becomes=nothing, witness=".."),
    *_none("rrule", "prefect", "_"),
    *_none("once", "airflow", "."),
    *_none("continuous", "airflow", "."),
    _Line("time_or_assets", "airflow>dagster", _EITHER["dagster"], _also(_TOGETHER, _FORGETS), witness="a."),
    _Line(
        "time_or_assets",
        "airflow>prefect",
        _EITHER["prefect"],
        _also(_TOGETHER, "Prefect starts one for each update."),
        witness="a.",
    ),
    _Line("time_or_assets", "dagster>airflow", _EITHER["airflow"], _APART, witness="a."),
    _Line(
        "time_or_assets",
        "dagster>prefect",
        _EITHER["prefect"],
        _also(_EACH, "the same holds for missed ticks."),
        witness="_",
    ),
    _Line("time_or_assets", "prefect>airflow", _EITHER["airflow"], _APART, witness="a."),
    _Line(
        "time_or_assets",
        "prefect>dagster",
        _EITHER["dagster"],
        _also(_ONE, "the same holds for missed ticks."),
        witness="_",
    ),
    _Line("eager", "dagster>airflow", _ASSETS["airflow"], _EAGER, becomes=any_upstream, witness="a."),
    _Line("eager", "dagster>prefect", _ASSETS["prefect"], _EAGER, becomes=any_upstream, witness="a."),
    _Line("on_cron", "dagster>airflow", _ASSETS["airflow"], _NO_TICK, becomes=all_upstream, witness="ab."),
    _Line("on_cron", "dagster>prefect", _CRON["prefect"], _TICK_ONLY, becomes=cron, witness="_"),
    *_none("on_missing", "dagster", "ab."),
    _Line("deps_updated", "dagster>airflow", _ASSETS["airflow"], _KEPT, becomes=any_upstream, witness="a.a."),
    _Line(
        "deps_updated",
        "dagster>prefect",
        _ASSETS["prefect"],
        _also(_EACH, _FORGETS),
        becomes=any_upstream,
        witness="aa.",
    ),
    *_none("condition", "dagster", "ab."),
    *_none("pattern", "prefect", "a."),
    *_none("threshold", "prefect", "aa."),
    *_none("proactive", "prefect", ".."),
    *_none("event", "prefect", told=_NOT_AN_UPDATE),
    *(line for tool in TOOLS for line in _none("opaque", tool, told=_UNKNOWN)),
)

ROWS: Final = tuple(line.row() for line in _LINES)
PLACES: Final[Mapping[tuple[str, str, str], Equivalence]] = {(row.form, row.source, row.target): row for row in ROWS}
"""The rows by form, source and target."""


def equivalence(trigger: Trigger, source: str, target: str) -> Equivalence:
    """The row for a trigger that `source` means, written to `target`: its sentence is what a loss says.

    A form that `source` itself does not have is told as code of one's own. Raises `TriggerError` for a pair
    of tools that the table does not have.
    """
    found = PLACES.get((form_of(normal(trigger, source)), source, target))
    if found is None:
        found = PLACES.get(("opaque", source, target))
    if found is None:
        raise TriggerError(f"Nothing is known of {source!r} and {target!r}.", hint=f"Take two of {', '.join(TOOLS)}.")
    return found


__all__ = ["FORMS", "PLACES", "ROWS", "TOOLS", "Equivalence", "equivalence", "steps_of"]
