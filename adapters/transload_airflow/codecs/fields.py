"""Values of the model ↔ values of Airflow's keywords, one pair of functions each: what a writer writes, a reader reads back."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from inspect import cleandoc
from typing import Any, Final

from pydantic import JsonValue

from transload.model.jobs import Retries
from transload.model.moments import moment_of
from transload_airflow.codecs.legal import span_of
from transload_airflow.codecs.uris import LONGEST

DEFAULT_OWNER: Final = "airflow"
DEFAULT_POOL: Final = "default_pool"
DEFAULT_CONCURRENCY: Final = 16
"""Airflow's `[core] max_active_runs_per_dag` unless configured."""

DEFAULT_DELAY: Final = 300.0
"""Seconds between tries, unless a task has a `retry_delay` of its own."""

DOUBLING: Final = 2.0
"""The number that Airflow 3.2 and later makes of `retry_exponential_backoff=True` when it serialises the DAG.

Before, only True was taken, so True is written for every version; other factors need 3.2.
"""

MOST_RETRIES: Final = 1_000_000
LONGEST_TAG: Final = 100
LONGEST_POOL: Final = 256

# No comma, which separates owners, and no space around it, which is stripped.
_OWNER: Final = re.compile(r"[^,\s](?:[^,\n\r]*[^,\s])?")
# Half of a character, which no database can encode.
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
# Neither part has a colon or a space, so that a URL or a sentence stays one text.
_TAG: Final = re.compile(r"(?P<key>[^:\s]+):(?P<value>[^:\s]+)")


def owners_of(text: Any) -> tuple[str, ...]:
    """The owners that Airflow's one text names, separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip()) if isinstance(text, str) else ()


def owner_text(owners: Iterable[str]) -> str | None:
    """One text for several owners, None where that would read differently."""
    text = ", ".join(owners)
    return text if text and text.isprintable() and all(_OWNER.fullmatch(owner) for owner in owners) else None


def tags_of(tags: Iterable[str]) -> dict[str, str]:
    """`key:value` by key, any other tag with an empty value; where two have one key, both are kept as they are."""
    texts = sorted(map(str, tags))
    pairs = [_TAG.fullmatch(text) for text in texts]
    keys = [pair["key"] if pair else text for pair, text in zip(pairs, texts, strict=True)]
    return {
        key if keys.count(key) == 1 else text: pair["value"] if pair and keys.count(key) == 1 else ""
        for key, text, pair in zip(keys, texts, pairs, strict=True)
    }


def tag_texts(tags: Mapping[str, str]) -> list[str]:
    """The tags as texts that Airflow takes."""
    texts = sorted(f"{key}:{value}" if value else key for key, value in tags.items())
    return [text for text in texts if 0 < len(text) <= LONGEST_TAG and text.isprintable() and text == text.strip()]


def retries_of(arguments: Mapping[str, Any]) -> Retries | None:
    """The meaning of `retries`, `retry_delay`, `retry_exponential_backoff` and `max_retry_delay` together."""
    count = arguments.get("retries")
    if not isinstance(count, int) or count <= 0:
        return None
    delay = seconds_of(arguments.get("retry_delay"), DEFAULT_DELAY)
    factor = factor_of(arguments.get("retry_exponential_backoff"))
    longest = seconds_of(arguments.get("max_retry_delay"), None)
    plain = Retries(count=int(count), delays=(delay,) if delay else (), max_delay=longest)
    grows = {"backoff": "geometric", "factor": factor, "jitter": "up_to_double"}
    return plain if factor is None else plain.model_copy(update=grows)


def factor_of(multiplier: Any) -> float | None:
    """The factor by which each wait is longer than the one before; None where they do not grow."""
    if not isinstance(multiplier, (int, float)) or multiplier <= 0 or not math.isfinite(multiplier):
        return None
    factor = DOUBLING if multiplier is True else float(multiplier)
    return None if factor == 1 else factor


def retry_arguments(retries: Retries | None) -> dict[str, Any]:
    """The keywords for retries; nothing where Airflow has no words for them."""
    if retries is None or not 0 < retries.count <= MOST_RETRIES:
        return {}
    delay = retries.delays[0] if retries.delays else 0.0
    arguments: dict[str, Any] = {"retries": retries.count}
    if delay != DEFAULT_DELAY:
        arguments["retry_delay"] = (span_of(delay) if delay else None) or timedelta()
    if retries.backoff in ("exponential", "geometric") and factor_of(retries.factor) is not None:
        arguments["retry_exponential_backoff"] = True if retries.factor == DOUBLING else retries.factor
    longest = span_of(retries.max_delay) if retries.max_delay else None
    return {**arguments, "max_retry_delay": longest} if longest else arguments


def seconds_of(value: Any, default: float | None) -> float | None:
    """The seconds of a time span or a number."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default


def instant_of(value: Any) -> str | None:
    """A point in time as ISO-8601 in UTC, which is Airflow's default zone for one that names none."""
    if not isinstance(value, datetime):
        return None
    try:
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).isoformat()
    except (OverflowError, ValueError):
        return None


def datetime_of(text: str | None) -> datetime | None:
    """The point in time of an ISO-8601 text, None for any other text."""
    moment = moment_of(text or "")
    try:
        return None if moment is None else moment.astimezone(timezone.utc)
    except (OverflowError, ValueError):
        return None


def is_text(text: str | None) -> bool:
    """True of a text that Airflow can store as a description or display name."""
    return text is not None and 0 < len(text) <= LONGEST and text.isprintable() and text == text.strip()


def is_document(text: str) -> bool:
    """True of a text that Airflow takes for the documentation itself, and not for the path of a file with it."""
    return bool(text.strip()) and not text.endswith(".md") and _encodable(text) and cleandoc(text) == text


def is_documentation(text: str) -> bool:
    """True of a text that can be the documentation of a task."""
    return bool(text) and _encodable(text)


def is_pool(name: str) -> bool:
    """True of a text that can be the name of a pool other than the default one."""
    return is_text(name) and len(name) <= LONGEST_POOL and name != DEFAULT_POOL


def is_docstring(text: str) -> bool:
    """True of a text that comes back from a docstring unchanged, whatever a formatter does to it."""
    lines = text.split("\n")
    plain = all(line.isprintable() and line == line.rstrip() for line in lines)
    return plain and bool(text) and cleandoc(text) == text and "\\" not in text and '"' not in text


def is_group(text: str | None) -> bool:
    """True of a text that can be an asset's group, and is not the one that stands for none."""
    return text is not None and len(text) <= LONGEST and not text.isspace() and text != "asset" and _encodable(text)


def are_parameters(parameters: Mapping[str, JsonValue]) -> bool:
    """True of parameters that Airflow takes as a DAG's params."""
    return all(key and _encodable(key) for key in parameters)


def _encodable(text: str) -> bool:
    return "\0" not in text and not _SURROGATE.search(text)
