"""What did not carry over, as data: every loss has a subject, a field, a severity, a stable code and a remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum

from transload.model.assets import Origin
from transload.model.base import Record


class Severity(str, Enum):
    """How much is lost, worst first."""

    DROPPED = "dropped"
    APPROXIMATED = "approximated"
    CARRIED = "carried"


class Code(str, Enum):
    """Stable codes of losses. TL0: while reading; TL1: assets; TL2: jobs; TL3: flows and schedules; TL4: names; TL9: internal."""

    UNREADABLE = "TL001"
    UNRESOLVED = "TL002"
    UNKNOWN_KEYWORD = "TL003"
    UNKNOWN_KIND = "TL004"
    SHARED_IDENTITY = "TL005"
    UNCERTAIN = "TL006"
    NOT_SERIALISABLE = "TL007"
    CREDENTIAL_REMOVED = "TL008"
    NOT_AN_ASSET = "TL009"
    CONTRADICTION = "TL010"
    ASSET_FIELD = "TL101"
    ASSET_VALUE = "TL102"
    ASSET_NATIVE = "TL103"
    ASSET_PARTITIONS = "TL104"
    ASSET_TRIGGER = "TL105"
    ASSET_CHECKS = "TL106"
    ASSET_FRESHNESS = "TL107"
    JOB_FIELD = "TL201"
    JOB_VALUE = "TL202"
    JOB_NATIVE = "TL203"
    JOB_WITHOUT_ASSETS = "TL204"
    PARTITION_MAPPING = "TL205"
    JOB_RETRIES = "TL206"
    JOB_GROUPING = "TL207"
    JOB_BODY = "TL208"
    FLOW_FIELD = "TL301"
    FLOW_VALUE = "TL302"
    FLOW_NATIVE = "TL303"
    SCHEDULE_TRIGGER = "TL304"
    FLOW_PARTITIONS = "TL305"
    FLOW_SHAPE = "TL306"
    NAME_CHANGED = "TL401"
    ALIAS = "TL402"
    WATCHER = "TL403"


class Loss(Record):
    """One thing that did not carry over.

    `subject` is what it belongs to ("asset s3://lake/orders", "job etl.load", "flow etl", "file dags/a.py"), `field` the field of
    the model (or keyword of the tool), `message` one sentence on what differs, `kept` where it is still held, `remedy` what to do.
    """

    subject: str
    field: str
    severity: Severity
    code: Code
    message: str
    kept: str | None = None
    remedy: str | None = None
    origin: Origin | None = None


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def in_order(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Worst first, then by subject, field and code; equal ones once."""
    unique = {_sort_key(loss): loss for loss in losses}
    return tuple(unique[key] for key in sorted(unique))


def _sort_key(loss: Loss) -> tuple[object, ...]:
    origin = loss.origin.model_dump() if loss.origin else {}
    rest = (loss.message, loss.kept, loss.remedy, *origin.values())
    return (_RANK[loss.severity], loss.subject, loss.field, loss.code, *map(str, rest))


def counts(losses: Iterable[Loss]) -> dict[Severity, int]:
    """How many of each severity, zero included."""
    numbers = Counter(loss.severity for loss in losses)
    return {severity: numbers.get(severity, 0) for severity in Severity}


def worse_or_equal(severity: Severity, limit: Severity) -> bool:
    """Whether `severity` is at least as bad as `limit`."""
    return _RANK[severity] <= _RANK[limit]
