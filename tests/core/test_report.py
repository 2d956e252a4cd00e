"""The report of losses in its four forms."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.loss import Code, Loss, Severity, counts, in_order, worse_or_equal
from transload.model.assets import Origin
from transload.report import FORMATS, as_json, as_markdown, as_ndjson, as_sarif, one_line, plain


def loss(**fields: Any) -> Loss:
    given_fields: dict[str, Any] = {
        "subject": "asset s3://lake/orders",
        "field": "owners",
        "severity": Severity.CARRIED,
        "code": Code.ASSET_FIELD,
        "message": "Airflow's assets have no owners.",
    }
    return Loss(**{**given_fields, **fields})


LOSSES = (
    loss(severity=Severity.DROPPED, message="Gone.", origin=Origin(tool="dagster", path="defs/a b.py", line=7)),
    loss(kept="extra", remedy="Set the owner of the DAG."),
)


def test_losses_are_sorted_worst_first_and_equal_ones_come_once() -> None:
    assert in_order([*reversed(LOSSES), *LOSSES]) == LOSSES


def test_every_severity_is_counted() -> None:
    assert counts(LOSSES) == {Severity.DROPPED: 1, Severity.APPROXIMATED: 0, Severity.CARRIED: 1}


@pytest.mark.parametrize(("severity", "reaches"), [("dropped", True), ("approximated", True), ("carried", False)])
def test_a_limit_takes_in_what_is_worse(severity: str, *, reaches: bool) -> None:
    assert worse_or_equal(Severity(severity), Severity.APPROXIMATED) is reaches


def test_json_holds_every_field_of_every_loss() -> None:
    report = json.loads(as_json(LOSSES))

    assert [Loss.model_validate(row) for row in report["losses"]] == list(LOSSES)
    assert report["counts"] == {"dropped": 1, "approximated": 0, "carried": 1}


def test_ndjson_has_one_loss_a_line() -> None:
    assert [Loss.model_validate_json(line) for line in as_ndjson(LOSSES).splitlines()] == list(LOSSES)


def test_sarif_points_at_the_line_and_names_the_rule() -> None:
    run = json.loads(as_sarif(LOSSES))["runs"][0]
    first, second = run["results"]

    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "defs/a%20b.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert (first["level"], second["level"]) == ("error", "note")
    assert "locations" not in second
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {result["ruleId"] for result in run["results"]}


def test_markdown_keeps_one_row_per_loss_whatever_the_names_hold() -> None:
    hostile = loss(subject="asset a|b\n| c |", message="<script>alert(1)</script> *x* [l](javascript:1)")
    page = as_markdown([hostile])
    row = next(line for line in page.splitlines() if "TL101" in line)

    assert "<script>" not in page
    assert row.replace("\\|", "").count("|") == 8
    assert "[l](" not in row


@given(st.text())
def test_no_form_lets_a_terminal_escape_or_a_direction_mark_through(text: str) -> None:
    said = one_line(text)

    assert not [char for char in said if ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u202e\u2066"]
    assert plain(plain(text)) == plain(text)


@given(st.text(), st.text())
def test_every_form_can_be_encoded_whatever_the_text(subject: str, message: str) -> None:
    for form in FORMATS.values():
        assert form([loss(subject=subject, message=message)]).encode()
