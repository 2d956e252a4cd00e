"""Losses of a change of shape."""

from __future__ import annotations

from typing import Any, Final

from transload.loss import Code, Loss, Severity
from transload.model.graph import subject_of

KEPT: Final = "transload.json"


def noted(  # noqa: PLR0913, PLR0917 - a loss has that many parts
    entity: Any, field: str, code: Code, message: str, severity: Severity = Severity.CARRIED, remedy: str | None = None
) -> Loss:
    """A field that is not written as it is, and carried in the manifest."""
    return Loss(
        subject=subject_of(entity), field=field, severity=severity, code=code, message=message, kept=KEPT, remedy=remedy,
        origin=entity.origin,
    )  # fmt: skip
