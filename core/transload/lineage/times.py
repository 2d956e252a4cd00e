"""The time of an emission's events: one instant for all, so that the same definitions give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from pydantic import TypeAdapter, ValidationError

from transload.errors import SettingsError


def event_time(text: str | None, environment: Mapping[str, str]) -> str:
    """An ISO-8601 instant with its zone: as given, else `SOURCE_DATE_EPOCH` (reproducible-builds.org), else now.

    Raises `SettingsError` for a text that is no instant, or has no zone.
    """
    if text is not None:
        return _parsed(text).isoformat()
    if (epoch := environment.get("SOURCE_DATE_EPOCH")) is not None:
        return _since(epoch).isoformat()
    return datetime.now(timezone.utc).isoformat()


def _parsed(text: str) -> datetime:
    hint = "Write 2026-01-31T12:00:00+00:00."
    try:
        moment = TypeAdapter(datetime).validate_python(text)
    except ValidationError as error:
        raise SettingsError(f"--event-time {text!r} is no ISO-8601 instant.", hint=hint) from error
    if moment.tzinfo is None or "T" not in text.upper():
        raise SettingsError(f"--event-time {text!r} has no zone or no time of day.", hint=hint)
    return moment


def _since(epoch: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(epoch), timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise SettingsError(
            f"SOURCE_DATE_EPOCH is {epoch!r}.", hint="Set it to whole seconds since 1970, or unset it."
        ) from error
