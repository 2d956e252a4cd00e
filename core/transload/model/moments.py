"""Points in time, as the model writes them."""

from __future__ import annotations

from datetime import datetime, timezone


def moment_of(text: str) -> datetime | None:
    """The point in time of an ISO-8601 text, in UTC where it has no offset of its own; None for any other text."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
