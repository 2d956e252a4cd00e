"""What a tool's triggers mean, as data: the few properties from which every difference between two tools follows.

Each adapter brings one record for its tool (`triggers.SEMANTICS`) and the evaluator that proves it (`triggers.machine`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

from transload.model.triggers import Trigger
from transload.triggering.conversions import Conversion, same
from transload.triggering.simulation import Machine
from transload.triggering.steps import Context

OPAQUE: Final = "opaque"
"""The form of what only its own tool understands: every tool has it, and no other writes it."""


class Updates(Enum):
    """How the updates between two evaluations count."""

    EACH = "a run for each update"
    ONCE = "one run however many updates there were"


class Forgotten(Enum):
    """Updates that start nothing, though a trigger waits for them; the values say when they come."""

    WITH_OWN = "before or with an update of the asset itself"
    AFTER_REQUEST = "in the tick after a request"


class Groups(Enum):
    """What a group of triggers is."""

    TRUTH = "true or false of what was updated: nesting, repeats and order mean nothing"
    FIRINGS = "a count of the firings of its parts: each group remembers by itself"


class Together(Enum):
    """An update and a tick at one evaluation."""

    BOTH = "a run each"
    IN_TURN = "the run of the update, and that of the tick one evaluation later"


class Waiting(Enum):
    """How all partitions upstream that belong to one downstream are waited for."""

    ANEW = "until all of them were updated, and for all anew after a run"
    PRESENT = "until none of them is missing, and then no more"
    NOT = "not at all"


class Keys(Enum):
    """How the partition of an update reaches the run."""

    RUN = "a run for each partition"
    PARAMETER = "as a parameter of the run of the update"


class Missed(Enum):
    """Ticks that passed since the last evaluation."""

    EACH = "each is run late"
    LATEST = "only the latest is run"
    NONE = "none is run"


class Days(Enum):
    """A cron expression with both a day of the month and a weekday."""

    EITHER = "either is enough"
    ANY = "either is enough, or both must match, as the trigger says"


class Phase(Enum):
    """Where an interval without an anchor begins."""

    LAST_RUN = "at once, and then so long after the last run"
    START = "when the trigger is switched on"


class Gap(Enum):
    """When a tick is run whose time the clock skips."""

    END = "at the end of the gap (later by the gap at midnight)"
    LATER = "later by the gap"
    FIRST_LATER = "later by the gap (only the first of several)"


class Overlap(Enum):
    """When a tick is run whose time the clock shows twice."""

    SECOND = "the second time (both times if there are ticks in every hour)"
    NIGHT = "the second time (both if there are ticks in every hour, the first for one time of day around midnight)"
    FIRST = "the first time"


@dataclass(frozen=True, kw_only=True)
class Partitioning:
    """Updates of partitions.

    `whole` and `parts`: whether an update of the whole asset starts what waits for partitions, and one of a partition what waits for
    the asset. `counts`: whether a number of partitions can be waited for.
    """

    whole: bool
    parts: bool
    waiting: Waiting
    counts: bool
    keys: Keys


@dataclass(frozen=True, kw_only=True)
class Clockwork:
    """Triggers of time.

    `merges`: whether ticks of several expressions at one time start one run. `zones` and `kinds`: whether the times of one trigger may
    have several time zones, and be of several kinds. `local_days`: whether an interval of whole days in a time zone counts days of its
    clock, and not 24 hours. `rules_from`: where a recurrence rule without a start begins, in its own zone.
    """

    missed: Missed
    merges: bool
    days: Days
    zones: bool
    kinds: bool
    phase: Phase
    gap: Gap
    overlap: Overlap
    local_days: bool = False
    rules_from: datetime | None = None


@dataclass(frozen=True)
class Writing:
    """How a form of trigger is written: the tool's words for it, and the trigger of the model that is written in them.

    A form that becomes the `same` is the tool's own. `meaning` completes "it …" where its own is more than the properties say.
    """

    words: str
    becomes: Conversion = same
    meaning: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Semantics:
    """What the triggers of `tool` mean, which people call `title`.

    `ordered` and `timed`: whether the order of updates, and the time between them, can matter. `on_assets`: whether triggers stand on
    the assets that they make. `forms`: how each form of `triggering.examples.FORMS` is written; one that is missing is not. There is
    one record of a tool, which equals itself only.
    """

    tool: str
    title: str
    updates: Updates
    groups: Groups
    ordered: bool
    timed: bool
    together: Together
    partitions: Partitioning
    clock: Clockwork
    forgets: frozenset[Forgotten] = frozenset()
    on_assets: bool = False
    forms: Mapping[str, Writing] = field(default_factory=dict)

    def has(self, form: str) -> bool:
        """Whether a form is the tool's own."""
        return form == OPAQUE or (form in self.forms and self.forms[form].becomes is same)


class TriggersModule(Protocol):
    """`triggers.py` of an adapter: what the tool's triggers mean. It does not import the tool."""

    SEMANTICS: Semantics

    def machine(self, trigger: Trigger, context: Context, /) -> Machine:
        """The tool's evaluator of a trigger. Raises `TriggerError` where the tool has none, or its meaning cannot be computed."""
        ...
