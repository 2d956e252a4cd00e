"""How a trigger fires otherwise in one tool than in another: the sentence that follows from what the two records say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from transload.model.triggers import Interval, Trigger, Updated, leaves
from transload.triggering.changes import changes_clock
from transload.triggering.conversions import all_upstream, any_upstream, cron, same, unanchored
from transload.triggering.semantics import (
    OPAQUE,
    Days,
    Forgotten,
    Keys,
    Missed,
    Phase,
    Semantics,
    Together,
    Updates,
    Waiting,
)
from transload.triggering.steps import Context
from transload.triggering.ticks import changed_ticks, has_local_days

Pair = tuple[Semantics, Semantics]
"""Source and target."""

Clauses = list[str]
Aspect = Callable[[str, Pair], Clauses]
"""(form, pair) → clauses on one way in which the two differ; none where they do not."""


def sentence(clauses: Iterable[str]) -> str:
    """Clauses as one sentence; nothing where there are none."""
    text = "; ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


class Difference(NamedTuple):
    """How a trigger fires otherwise, in one sentence, which is empty where it fires exactly alike.

    `of_clock`: it does so only on days on which the clock changes.
    """

    sentence: str
    of_clock: bool = False


def difference(form: str, pair: Pair, trigger: Trigger, context: Context) -> Difference:
    """How a trigger of this form fires otherwise in the target."""
    target = pair[1]
    if form == OPAQUE:
        return Difference(
            "What it does cannot be told from its definition, so that it is carried and no run is started."
        )
    if form not in target.forms:
        return Difference(missing(form, target))
    clauses = [*_of_form(form, pair), *_of_parts(trigger, context, pair)]
    of_clock = _of_clock(trigger, context, pair)
    return Difference(sentence([*clauses, *of_clock]), bool(of_clock) and not clauses)


# A project has thousands of triggers, of few forms.
@lru_cache(maxsize=1024)
def _of_form(form: str, pair: Pair) -> tuple[str, ...]:
    return tuple(clause for aspect in _ASPECTS[form] for clause in aspect(form, pair))


def missing(form: str, target: Semantics) -> str:
    """Why nothing is written for a form that the target has nothing like."""
    reason = _MISSING.get(form)
    text = (reason and reason(target)) or f"{target.title} has nothing like it"
    return f"{text}, so that no run is started."


_MISSING: Final[Mapping[str, Callable[[Semantics], str | None]]] = {
    "alias": lambda target: (
        f"Which assets an alias stands for is told only by runs, and {target.title} has nothing like it"
    ),
    "cron_both": lambda target: (
        f"{target.title} takes day and weekday as alternatives" if target.clock.days is Days.EITHER else None
    ),
    "zones": lambda target: (
        None if target.clock.zones else f"In {target.title} the cron expressions of one schedule have one time zone"
    ),
    "times": lambda target: None if target.clock.kinds else f"{target.title} has no schedule of several kinds of times",
    "event": lambda target: f"It waits for an event that is no update of an asset, which {target.title} does not see",
}
"""Why a form is missing, where more can be said than that it is."""


# Updates


def _updates(_form: str, pair: Pair) -> Clauses:
    source, target = pair
    lost, counted = _when(target.forgets - source.forgets), _when(source.forgets - target.forgets)
    if source.updates is target.updates:
        sentences = (
            [f"{target.title}, too, starts {target.updates.value}, but forgets updates that come {lost}"]
            if lost
            else []
        )
        return [
            *sentences,
            *([f"{target.title} counts updates that come {counted}, which {source.title} forgets"] if counted else []),
        ]
    many = f"{target.title} starts a run for each update, where {source.title} brings those between two evaluations into one run"
    one = f"{target.title} brings the updates between two evaluations into one run, where {source.title} starts a run for each"
    forgetting = [(target, lost), (source, counted)]
    return [
        many if target.updates is Updates.EACH else one,
        *(f"{tool.title} also forgets updates that come {when}" for tool, when in forgetting if when),
    ]


def _forgotten(_form: str, pair: Pair) -> Clauses:
    """Where what was said already tells how updates count."""
    source, target = pair
    lost, counted = _when(target.forgets - source.forgets), _when(source.forgets - target.forgets)
    return [
        f"{tool.title} {also}forgets updates that come {when}"
        for tool, when, also in ((target, lost, "also "), (source, counted, ""))
        if when
    ]


def _when(forgotten: frozenset[Forgotten]) -> str:
    return ", or ".join(each.value for each in Forgotten if each in forgotten)


def _order(_form: str, pair: Pair) -> Clauses:
    return [] if pair[1].ordered else [f"{pair[1].title} does not look at the order of updates"]


def _time_between(_form: str, pair: Pair) -> Clauses:
    return [] if pair[1].timed else [f"{pair[1].title} does not look at the time between the updates"]


def _together(_form: str, pair: Pair) -> Clauses:
    source, target = pair
    if source.together is target.together:
        return []
    apart = "that of the update first, and that of the tick one evaluation later"
    if target.together is Together.BOTH:
        start = f"in {target.title} an update and a tick at one evaluation start two runs"
        return [f"{start}, where {source.title} starts {apart}"]
    return [
        f"of the runs of an update and a tick at one evaluation {target.title} starts {apart}, {source.title} both at once"
    ]


# Partitions


def _partitions(form: str, pair: Pair) -> Clauses:
    source, target = (_of_partitions(form, each) for each in pair)
    if source == target:
        return []
    return [f"{pair[0].title} {source}", f"{pair[1].title} {target}"]


def _of_partitions(form: str, tool: Semantics) -> str:
    """What a tool does at updates of partitions."""
    has = tool.partitions
    whole = "counts an update of the whole asset too" if has.whole else "sees no update of the whole asset"
    if has.keys is Keys.PARAMETER:
        return f"starts a run for each update, {whole}, and hands the partition over as a parameter only"
    return f"starts a run for each partition {_awaited(form, tool)}, and {whole}"


def _awaited(form: str, tool: Semantics) -> str:
    has = tool.partitions
    if form == "partitioned":
        return "that is updated"
    if has.waiting is Waiting.NOT or (form == "counted" and not has.counts):
        return "at the first update upstream, whatever else is there"
    if has.waiting is Waiting.PRESENT:
        return "once none of those upstream is missing, and then after each later update of one"
    return f"once {'so many' if form == 'counted' else 'all'} of those upstream were updated, each time anew"


# Time


def _missed(_form: str, pair: Pair) -> Clauses:
    source, target = pair
    if source.clock.missed is target.clock.missed:
        return []
    return [f"{target.title} {_RUNS[target.clock.missed]}, {source.title} {_WHERE[source.clock.missed]}"]


_RUNS: Final = {
    Missed.EACH: "runs each missed tick late",
    Missed.LATEST: "runs only the latest of several missed ticks",
    Missed.NONE: "runs no missed tick",
}
_WHERE: Final = {
    Missed.EACH: "each of them, late",
    Missed.LATEST: "only the latest",
    Missed.NONE: "none",
}


def _merged(_form: str, pair: Pair) -> Clauses:
    source, target = pair
    if source.clock.merges is target.clock.merges:
        return []
    if target.clock.merges:
        return [f"{target.title} starts one run for ticks at one time, {source.title} one for each"]
    return [
        f"{target.title} starts a run for each tick of each expression, also for those at one time, where {source.title} starts one"
    ]


def _days(_form: str, pair: Pair) -> Clauses:
    if pair[1].clock.days is Days.ANY:
        return []
    return [
        f"{pair[1].title} takes day and weekday as alternatives, so that there are runs on days on which only one of them matches"
    ]


def _phase(form: str, pair: Pair) -> Clauses:
    source, target = pair
    if target.forms[form].becomes is unanchored:
        return [f"{target.title} counts the interval {_FROM[target.clock.phase]}, and not from an anchor"]
    if source.clock.phase is target.clock.phase:
        return []
    first, second = sorted(pair, key=lambda tool: tool.clock.phase is not Phase.LAST_RUN)
    return [f"{first.title} {_COUNTS[first.clock.phase]}", f"{second.title} {_COUNTS[second.clock.phase]}"]


_FROM: Final = {
    Phase.LAST_RUN: "from the first run, which it starts at once",
    Phase.START: "from when it was switched on",
}
_COUNTS: Final = {
    Phase.LAST_RUN: "starts the first run at once, and counts from the run before",
    Phase.START: "counts from when it was told",
}


# Conditions


def _condition(form: str, pair: Pair) -> Clauses:
    """What a condition is more than updates and ticks, where something simpler stands for it."""
    source, target = pair
    becomes, meaning = target.forms[form].becomes, source.forms[form].meaning
    if becomes is same:
        return []
    own = [f"in {source.title} `{form}` {meaning}"] if meaning else []
    return [*own, f"{target.title} {_INSTEAD[becomes]}"]


_INSTEAD: Final = {
    any_upstream: "starts a run whenever an upstream asset was updated",
    all_upstream: "starts a run when all upstream assets were updated, without waiting for the tick",
    cron: "starts a run at the tick, without waiting for updates of the upstream assets",
}


_OF_UPDATES: Final = (_updates,)
_OF_PARTITIONS: Final = (_partitions, _forgotten)
_ASPECTS: Final[Mapping[str, tuple[Aspect, ...]]] = {
    **dict.fromkeys(("updated", "all", "any", "nested", "alias", "at_least", "deps_updated"), _OF_UPDATES),
    **dict.fromkeys(("pattern", "threshold", "proactive", "event", "on_missing", "condition"), _OF_UPDATES),
    **dict.fromkeys(("partitioned", "rolled_up", "counted"), _OF_PARTITIONS),
    "in_order": (_order, _updates),
    "within": (_time_between, _updates),
    **dict.fromkeys(("cron", "changing", "rrule", "clockwork"), (_missed,)),
    "cron_both": (_days, _missed),
    **dict.fromkeys(("crons", "zones", "times"), (_merged, _missed)),
    **dict.fromkeys(("anchored", "interval"), (_phase, _missed)),
    **dict.fromkeys(("once", "continuous"), ()),
    "time_or_assets": (_together, _updates, _missed),
    "eager": (_condition, _updates),
    "on_cron": (_condition,),
}
"""In which ways two tools can differ about a form that both write."""


# What depends on the values of a trigger


def _of_parts(trigger: Trigger, context: Context, pair: Pair) -> Clauses:
    source, target = pair
    if source.partitions.parts or not target.partitions.parts or not _is_plain(trigger, context):
        return []
    return [f"{target.title} counts updates of a partition too, which start no plain schedule in {source.title}"]


def _is_plain(trigger: Trigger, context: Context) -> bool:
    """Whether something waits for an asset as a whole that has partitions."""
    plain = (leaf for leaf in leaves(trigger) if isinstance(leaf, Updated) and leaf.mapping is None)
    return any(leaf.asset in context.partitions for leaf in plain)


def _of_clock(trigger: Trigger, context: Context, pair: Pair) -> Clauses:
    skipped, repeated = changed_ticks(trigger, context.zone, pair[0].clock, pair[1].clock)
    gap = ((tool.title, tool.clock.gap.value) for tool in reversed(pair))
    overlap = ((tool.title, tool.clock.overlap.value) for tool in reversed(pair))
    return [
        *([f"for a time that the clock skips, {_ticks(*gap)}"] if skipped else []),
        *([f"for a time that the clock shows twice, {_ticks(*overlap)}"] if repeated else []),
        *_of_days(trigger, pair),
    ]


def _of_days(trigger: Trigger, pair: Pair) -> Clauses:
    source, target = pair
    days = [leaf for leaf in leaves(trigger) if isinstance(leaf, Interval) and has_local_days(leaf)]
    if source.clock.local_days is target.clock.local_days or not any(
        changes_clock(str(each.timezone)) for each in days
    ):
        return []
    return [f"{tool.title} counts {_A_DAY[tool.clock.local_days]}" for tool in (target, source)]


_A_DAY: Final = {True: "days of the clock of the time zone", False: "24 hours for a day"}


def _ticks(target: tuple[str, str], source: tuple[str, str]) -> str:
    return f"{target[0]} ticks {target[1]}, {source[0]} {source[1]}"
