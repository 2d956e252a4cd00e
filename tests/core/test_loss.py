"""Losses: in one order, counted, compared."""

from __future__ import annotations

import itertools

from transload.loss import Code, Loss, Severity, counts, in_order, worse_or_equal
from transload.model.assets import Origin


def loss(severity: Severity, subject: str = "asset a", message: str = "It differs.", line: int | None = None) -> Loss:
    origin = None if line is None else Origin(tool="toy", line=line)
    return Loss(
        subject=subject, field="title", severity=severity, code=Code.ASSET_FIELD, message=message, origin=origin
    )


def test_worst_first_and_each_once() -> None:
    """Whatever the order of arrival."""
    losses = [
        loss(Severity.DROPPED, "asset b"),
        loss(Severity.APPROXIMATED),
        loss(Severity.CARRIED),
        loss(Severity.CARRIED, line=2),
        loss(Severity.CARRIED, line=10),
    ]

    orders = {in_order([*order, order[0]]) for order in itertools.permutations(losses)}

    assert len(orders) == 1
    assert [each.severity for each in orders.pop()] == [each.severity for each in losses]


def test_counts_name_every_severity() -> None:
    """Zero included."""
    assert counts([loss(Severity.CARRIED)] * 2) == {
        Severity.DROPPED: 0,
        Severity.APPROXIMATED: 0,
        Severity.CARRIED: 2,
    }


def test_severities_compare() -> None:
    """Dropped is worst."""
    assert worse_or_equal(Severity.DROPPED, Severity.CARRIED)
    assert worse_or_equal(Severity.CARRIED, Severity.CARRIED)
    assert not worse_or_equal(Severity.APPROXIMATED, Severity.DROPPED)


def test_codes_are_stable_and_distinct() -> None:
    """They are part of the interface."""
    codes = [code.value for code in Code]

    assert len(set(codes)) == len(codes)
    assert all(code[:2] == "TL" and code[2:].isdigit() and len(code) == 5 for code in codes)
    assert (Code.UNREADABLE.value, Code.ASSET_FIELD.value, Code.ALIAS.value) == ("TL001", "TL101", "TL402")
