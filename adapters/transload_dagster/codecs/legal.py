"""The texts that Dagster accepts, by rules that need no Dagster. Seen on 1.13.29; stricter where its own check depends on the version.

`transload` must know before it writes: Dagster refuses a whole code location for one bad name.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from transload.partitioning.cron import PRESETS, is_plain

RESERVED: Final = frozenset(
    {
        "context",
        "conf",
        "config",
        "meta",
        "arg_dict",
        "dict",
        "input_arg_dict",
        "output_arg_dict",
        "int",
        "str",
        "float",
        "bool",
    }
    | {"input", "output", "type"}
    | set(keyword.kwlist)
)
"""`dagster._core.definitions.utils.DISALLOWED_NAMES`."""

_NAME = re.compile(r"[A-Za-z0-9_]+")
_KEY_PART = re.compile(r"[A-Za-z0-9_.-]+")
_TAG_KEY = re.compile(r"([A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,63}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_POOL = re.compile(r"[A-Za-z0-9_]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST: Final = 200
"""Names become file, function and database names: longer ones are carried."""


def name(text: str) -> bool:
    """True for a legal name of a job, an op, a check, a schedule or an argument."""
    return bool(_NAME.fullmatch(text)) and text not in RESERVED and len(text) <= _LONGEST


def key(parts: tuple[str, ...]) -> bool:
    """True for a legal key of an asset that is computed, or that a computed one reads: it becomes the name of an op."""
    return (
        bool(parts)
        and all(_KEY_PART.fullmatch(part) for part in parts)
        and sum(map(len, parts)) <= _LONGEST
        and (len(parts) > 1 or RESERVED.isdisjoint(parts))
        and identifier(parts) not in RESERVED
    )


@lru_cache(maxsize=1 << 17)
def identifier(parts: tuple[str, ...]) -> str:
    """`AssetKey.to_python_identifier`: the default name of the op that computes an asset."""
    return "__".join(parts).replace("-", "_").replace(".", "_")


def group(text: str) -> bool:
    """True for a legal name of an asset group in every version: those with a slash came only in the course of 1.13."""
    return bool(_NAME.fullmatch(text))


def tag(pair: tuple[str, str]) -> bool:
    """True for a legal tag of an asset. Dagster keeps kinds as tags too, which are none in the model."""
    return bool(_TAG_KEY.fullmatch(pair[0]) and _TAG_VALUE.fullmatch(pair[1])) and not pair[0].startswith("dagster/")


def kind(text: str) -> bool:
    """True for a legal kind."""
    return bool(_TAG_VALUE.fullmatch(text)) and bool(text)


def owner(text: str) -> bool:
    """True for a legal owner: an e-mail address with a top-level domain, or `team:` and a name."""
    return bool(_EMAIL.fullmatch(text)) or (text.startswith("team:") and len(text) > len("team:"))


def pool(text: str) -> bool:
    """True for a legal name of a concurrency pool."""
    return bool(_POOL.fullmatch(text))


def partition_keys(keys: Sequence[str], forbidden: str = "") -> bool:
    """True for legal keys of a static definition; `forbidden` are the characters that a dimension may not have in them."""
    return len(set(keys)) == len(keys) and not any(
        "..." in key or _CONTROL.search(key) or any(character in key for character in forbidden) for key in keys
    )


def local_time(text: str, zone_name: str) -> datetime | None:
    """The local time that an ISO-8601 text without an offset tells, None if it is none or falls into a gap or a repeated hour."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if (
        moment.tzinfo is not None
        or moment.isoformat() != text
        or moment.microsecond
        or not _EARLIEST <= moment.year <= _LATEST
    ):
        return None
    aware = moment.replace(tzinfo=ZoneInfo(zone_name))
    there_and_back = aware.astimezone(timezone.utc).astimezone(ZoneInfo(zone_name)).replace(tzinfo=None)
    certain = there_and_back == moment and aware.utcoffset() == aware.replace(fold=1).utcoffset()
    return moment if certain else None


_EARLIEST, _LATEST = 1970, 9000
_PRESETS: Final = frozenset({"@hourly", "@daily", "@weekly", "@monthly"})
"""The names for common expressions that Dagster takes, too."""


def cron(text: str) -> bool:
    """True for a cron expression of five fields that Dagster, and every other cron, takes for the same."""
    if text in _PRESETS:
        return True
    if not is_plain(text):
        return False
    _, _, day, month, _ = text.split(" ")
    return not _never(day, month)


def _never(day: str, month: str) -> bool:
    """Days that some months lack: such an expression may never fire, which Dagster refuses or searches for without end."""
    return month != "*" and day != "*" and any(int(number) > _SURE_DAYS for number in re.findall(r"\d+", day))


def shortest_gap(text: str) -> float:
    """Seconds that are certainly no more than those between any two ticks of a legal expression, in any zone but for clock changes."""
    minute, hour, *days = PRESETS.get(text, text).split(" ")
    if not minute.isdecimal():
        return _MINUTE
    if not hour.isdecimal():
        return _HOUR
    weekly = days[0] == "*" and days[2].isdecimal()
    monthly = days[0].isdecimal() and days[2] == "*"
    return 7 * _DAY if weekly else 28 * _DAY if monthly else _DAY


_SURE_DAYS: Final = 28
"""Days that every month has."""

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def span(seconds: float) -> bool:
    """True for seconds that a time span of Dagster's, which counts microseconds, holds exactly."""
    return seconds < _LONGEST_SPAN and timedelta(seconds=seconds).total_seconds() == seconds


_LONGEST_SPAN: Final = 86400.0 * 10000
"""In seconds."""
