"""What the toy holds."""

from __future__ import annotations

from typing import Any, Final

from transload.adapter import BOOKKEEPING, Report, Rule, Subject, Support, approximated_rule, carried_rule
from transload.loss import Code, Severity
from transload.model.assets import Asset
from transload.model.jobs import Flow, Job

LONGEST: Final = 20


def _short(value: str, _subject: Subject, report: Report) -> str:
    if len(value) > LONGEST:
        report("description", f"The description is cut after {LONGEST} characters.")
    return value[:LONGEST]


def _others(model: Any, known: dict[str, Rule | None]) -> dict[str, Rule | None]:
    rule = carried_rule("The toy does not know it.")
    return {**{field: rule for field in model.model_fields if field not in BOOKKEEPING}, **known}


SUPPORT = Support(
    asset=_others(
        Asset,
        {
            "description": approximated_rule("Long descriptions are cut.", Code.ASSET_VALUE, _short),
            "tags": None,
            "url": Rule(Severity.DROPPED, Code.ASSET_FIELD, "The toy has no place for a link."),
        },
    ),
    job=_others(Job, {"reads": None, "writes": None}),
    flow=_others(Flow, {}),
    native_keys={"asset": frozenset({"colour"})},
    alias=carried_rule("The toy has no aliases.", Code.ALIAS),
)
