"""The table of equivalences: exact rows never disagree, every other row has steps on which the tools do."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.counterparts import firings, known_tools, machine_of
from transload.errors import TriggerError
from transload.model.identity import AssetId
from transload.model.triggers import AllOf, AnyOf, Cron, Interval, Opaque, Trigger, Updated, leaves
from transload.triggering import Context, Equivalence, Evaluate, Step, Update, equivalence, equivalences
from transload.triggering.conversions import crons
from transload.triggering.examples import FORMS, form_of
from transload.triggering.markdown import markdown
from transload.triggering.normal import normal
from transload.triggering.ticks import ticks_of
from transload.triggering.witnesses import LONGEST, Evaluator, runs, steps_of, witness

DOCS: Final = Path(__file__).parents[2] / "docs" / "triggers.md"
EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
TOOLS: Final = known_tools().semantics
CLOCK: Final = TOOLS["prefect"].clock
ROWS: Final = equivalences(TOOLS.values())
SILENT: Final = frozenset({"event", "opaque"})
"""Forms whose firings cannot be computed in their own tool."""

STEPS: Final = st.text(alphabet="abc!._=", max_size=20).map(lambda text: steps_of(text + "."))


def fired(trigger: Trigger | None, steps: tuple[Step, ...], tool: str, row: Equivalence) -> list[list[str]]:
    """The partitions of the runs of each evaluation; what is not written starts none."""
    return runs(None if trigger is None else machine_of(trigger, tool, FORMS[row.form].context), steps)


def both(row: Equivalence, trigger: Trigger, steps: tuple[Step, ...]) -> tuple[list[list[str]], list[list[str]]]:
    becomes = row.becomes(trigger, FORMS[row.form].context)
    return fired(trigger, steps, row.source, row), fired(becomes, steps, row.target, row)


def place(row: Equivalence) -> str:
    return f"{row.form}-{row.source}-{row.target}"


EXACT: Final = [row for row in ROWS if row.exact]
OTHERS: Final = [row for row in ROWS if not row.exact]

_FIELD = st.sampled_from(["0", "30", "*/20", "0,45"])
_HOURS = st.sampled_from(["*", "3", "*/6", "9-17"])
_DAYS = st.sampled_from(["* * *", "1 * *", "* * 1", "*/2 * 1-5"])
_ZONES = st.sampled_from([None, "UTC", "Europe/Paris", "Asia/Kathmandu"])
CRONS: Final = st.builds(
    lambda minute, hour, rest, zone: Cron(expression=f"{minute} {hour} {rest}", timezone=zone),
    _FIELD,
    _HOURS,
    _DAYS,
    _ZONES,
)


def test_the_exact_rows_are_of_the_form_that_is_tried() -> None:
    assert {row.form for row in EXACT} == {"cron", "crons"}


@pytest.mark.parametrize("row", EXACT, ids=place)
@given(crons=st.lists(CRONS, min_size=2, max_size=3), steps=STEPS)
@settings(max_examples=max(1, int(1000 * EFFORT)), derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_an_exact_row_never_disagrees(row: Equivalence, crons: list[Cron], steps: tuple[Step, ...]) -> None:
    alike = tuple(cron.model_copy(update={"timezone": crons[0].timezone}) for cron in crons)
    trigger: Trigger = AnyOf(parts=alike) if row.form == "crons" else crons[0]
    before, after = both(row, trigger, steps)
    assert before == after


@cache
def searched(row: Equivalence, longest: int = LONGEST) -> tuple[Step, ...] | None:
    form = FORMS[row.form]
    return witness(row.form, (of(row.source), of(row.target)), row.becomes(form.example, form.context), longest)


def of(tool: str) -> Evaluator:
    return lambda trigger, context: machine_of(trigger, tool, context)


@pytest.mark.parametrize("row", [row for row in OTHERS if row.form not in SILENT], ids=place)
def test_on_some_witness_a_row_disagrees(row: Equivalence) -> None:
    steps = searched(row)
    assert steps is not None
    before, after = both(row, FORMS[row.form].example, steps)
    assert before != after


@pytest.mark.parametrize("row", EXACT, ids=place)
def test_no_short_sequence_is_a_witness_against_an_exact_row(row: Equivalence) -> None:
    assert searched(row, 4) is None


def test_every_form_has_a_row_for_every_other_tool() -> None:
    pairs = {(row.form, row.source, row.target) for row in ROWS}
    assert len(pairs) == len(ROWS)
    sources = {(form, source) for form, source, _ in pairs}
    assert {form for form, _ in sources} == set(FORMS)
    assert pairs == {(form, source, target) for form, source in sources for target in TOOLS if target != source}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_record_writes_forms_that_there_are(tool: str) -> None:
    assert set(TOOLS[tool].forms) <= set(FORMS)


@pytest.mark.parametrize("row", OTHERS, ids=place)
def test_a_difference_is_one_sentence(row: Equivalence) -> None:
    assert row.difference.endswith(".")
    assert ". " not in row.difference
    assert "{" not in row.difference
    assert row.source != row.target


@pytest.mark.parametrize("row", ROWS, ids=place)
def test_an_example_is_of_its_own_form(row: Equivalence) -> None:
    example = FORMS[row.form].example
    assert form_of(normal(example, TOOLS[row.source])) == row.form
    assert equivalence(example, TOOLS[row.source], TOOLS[row.target], FORMS[row.form].context) == row


def test_the_row_of_a_trigger_is_that_of_its_normal_form() -> None:
    lake = AssetId("s3://lake", "orders")
    wrapped = AllOf(parts=(AnyOf(parts=(Updated(asset=lake, reference="name"),)),))
    assert equivalence(wrapped, TOOLS["airflow"], TOOLS["prefect"]).form == "updated"


def test_what_a_tool_does_not_have_is_told_as_code() -> None:
    assert equivalence(Opaque(tool="airflow", type="x"), TOOLS["dagster"], TOOLS["prefect"]).form == "opaque"
    assert equivalence(FORMS["eager"].example, TOOLS["airflow"], TOOLS["prefect"]).form == "opaque"


def test_other_combinations_of_times_have_no_row_of_their_own() -> None:
    mixed = AnyOf(parts=(FORMS["cron"].example, FORMS["interval"].example))
    assert equivalence(mixed, TOOLS["prefect"], TOOLS["airflow"]).form == "times"


_EVEN: Final = [seconds for seconds in range(60, 86401, 60) if 86400 % seconds == 0]
_ANCHORS: Final = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001 - the zone is added
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=timezone(timedelta(minutes=345)))
)


@given(seconds=st.sampled_from(_EVEN), anchor=_ANCHORS, day=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001
@settings(max_examples=max(1, int(300 * EFFORT)), derandomize=True, deadline=None)
def test_an_interval_that_divides_the_day_ticks_as_its_cron_expressions_do(
    seconds: int, anchor: datetime, day: datetime
) -> None:
    """In UTC every day is as long as the others; the anchor may be told in any zone."""
    interval = Interval(seconds=seconds, anchor=anchor.isoformat())
    found = crons(interval, Context())
    assert found is not None
    first = day.replace(tzinfo=timezone.utc)
    last = first + timedelta(days=1)
    parts = [ticks_of(part, Context(), first, CLOCK)(first, last) for part in leaves(found)]
    assert sorted(tick for part in parts for tick in part) == ticks_of(interval, Context(), first, CLOCK)(first, last)


@pytest.mark.parametrize(
    "interval",
    [
        Interval(seconds=5400),
        Interval(seconds=5000, anchor="2026-01-01T00:00:00Z"),
        Interval(seconds=90, anchor="2026-01-01T00:00:00Z"),
        Interval(seconds=172800, anchor="2026-01-01T00:00:00Z"),
        Interval(seconds=3600, anchor="2026-01-01T00:00:30Z"),
        Interval(seconds=86400, anchor="2026-01-01T00:00:00Z", timezone="Europe/Paris"),
        Interval(seconds=3600, anchor="soon"),
    ],
    ids=repr,
)
def test_any_other_interval_is_no_cron_expression(interval: Interval) -> None:
    assert crons(interval, Context()) is None


def test_an_unknown_tool_has_no_evaluator() -> None:
    with pytest.raises(TriggerError, match="luigi"):
        firings(FORMS["cron"].example, [], "luigi")


def test_the_documentation_is_the_table() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert text.partition("<!-- triggers -->\n")[2].partition("<!-- /triggers -->")[0] == markdown(TOOLS.values())


def test_steps_in_short() -> None:
    found = steps_of("a!._")
    assert isinstance(found[0], Evaluate)
    assert isinstance(found[1], Update)
    assert [step.at.isoformat() for step in found if isinstance(step, Evaluate)] == [
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T01:00:00+00:00",
        "2026-01-02T01:00:00+00:00",
    ]
