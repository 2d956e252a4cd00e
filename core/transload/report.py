"""The report of losses: JSON, Markdown and SARIF. The table for people is the CLI's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from transload.loss import Code, Loss, Severity, counts
from transload.model.assets import Origin
from transload.model.hidden import CONTROLS, DIRECTIONS, SURROGATES

SARIF_LEVELS: Final[Mapping[Severity, str]] = {
    Severity.DROPPED: "error",
    Severity.APPROXIMATED: "warning",
    Severity.CARRIED: "note",
}

_UNSAFE: Final = {
    **{code: f"\\x{code:02x}" for code in CONTROLS},
    **{code: f"\\u{code:04x}" for code in (*DIRECTIONS, *SURROGATES)},
}


def plain(text: str) -> str:
    """The text with control, direction and surrogate characters spelled out, so that a name cannot move a cursor or hide another."""
    return text.translate(_UNSAFE)


def one_line(text: str) -> str:
    """The same on one line."""
    return plain(text).replace("\n", "\\n").replace("\t", "\\t")


def as_json(losses: Sequence[Loss]) -> str:
    """The losses with their counts, as JSON."""
    body = {"counts": {severity.value: number for severity, number in counts(losses).items()}, "losses": rows(losses)}
    return json.dumps(body, indent=2, sort_keys=True) + "\n"


def as_ndjson(losses: Sequence[Loss]) -> str:
    """One loss a line."""
    return "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows(losses))


def rows(losses: Iterable[Loss]) -> list[dict[str, Any]]:
    """Losses as JSON values, without empty fields."""
    return [loss.model_dump(mode="json", exclude_none=True) for loss in losses]


def as_markdown(losses: Sequence[Loss]) -> str:
    """A page for a reviewer: counts, then one table per severity."""
    lines = ["# What did not carry over", "", _counted(losses), ""]
    for severity in Severity:
        some = [loss for loss in losses if loss.severity is severity]
        lines += _section(severity, some) if some else []
    return "\n".join(lines)


def as_sarif(losses: Sequence[Loss]) -> str:
    """SARIF 2.1.0 (OASIS), to annotate a pull request: one rule per code, one result per loss."""
    used = sorted({loss.code for loss in losses})
    driver = {
        "name": "transload",
        "informationUri": "https://pypi.org/project/transload/",
        "rules": [_rule(code) for code in used],
    }
    run = {"tool": {"driver": driver}, "results": [_result(loss) for loss in losses], "columnKind": "unicodeCodePoints"}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, sort_keys=True) + "\n"


FORMATS: Final[Mapping[str, Callable[[Sequence[Loss]], str]]] = {
    "json": as_json,
    "ndjson": as_ndjson,
    "md": as_markdown,
    "sarif": as_sarif,
}
"""File ending → form of the report."""


def _counted(losses: Sequence[Loss]) -> str:
    return ", ".join(f"{number} {severity.value}" for severity, number in counts(losses).items()) + "."


def _section(severity: Severity, losses: Sequence[Loss]) -> list[str]:
    head = [
        f"## {severity.value.capitalize()}",
        "",
        "| code | subject | field | what differs | kept | what to do | where |",
    ]
    return [*head, "|---|---|---|---|---|---|---|", *(_row(loss) for loss in losses), ""]


def _row(loss: Loss) -> str:
    where = str(loss.origin) if loss.origin else ""
    cells = (loss.code.value, loss.subject, loss.field, loss.message, loss.kept or "", loss.remedy or "", where)
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    safe = one_line(text).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "|*_`[]":
        safe = safe.replace(mark, "\\" + mark)
    return safe


def _rule(code: Code) -> dict[str, Any]:
    words = code.name.replace("_", " ").capitalize()
    return {"id": code.value, "name": code.name.title().replace("_", ""), "shortDescription": {"text": words}}


def _result(loss: Loss) -> dict[str, Any]:
    text = " ".join(
        filter(None, [f"{one_line(loss.subject)}, {one_line(loss.field)}: {plain(loss.message)}", loss.remedy])
    )
    result = {"ruleId": loss.code.value, "level": SARIF_LEVELS[loss.severity], "message": {"text": text}}
    location = _location(loss.origin)
    return {**result, "locations": [location]} if location else result


def _location(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None or origin.path is None:
        return None
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(origin.path, errors="replace"), "uriBaseId": "%SRCROOT%"}
    }
    if origin.line is not None:
        place["region"] = {"startLine": max(origin.line, 1)}
    return {"physicalLocation": place}
