"""The table of equivalences: exact rows never disagree, every other row has steps on which the tools do."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.errors import TriggerError
from transload.model.identity import AssetId
from transload.model.triggers import AllOf, AnyOf, Cron, Interval, Opaque, Trigger, Updated, leaves
from transload.triggering import ROWS, Context, Equivalence, Evaluate, Step, Update, equivalence, firings
from transload.triggering.conversions import crons
from transload.triggering.equivalences import TOOLS, steps_of
from transload.triggering.examples import FORMS, form_of
from transload.triggering.markdown import markdown
from transload.triggering.normal import normal
from transload.triggering.ticks import ticks_of

DOCS: Final = Path(__file__).parents[2] / "docs" / "triggers.md"
EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
SILENT: Final = frozenset({"event", "opaque"})
"""Forms whose firings cannot be computed in their own tool."""

STEPS: Final = st.text(alphabet="abc!._=", max_size=20).map(lambda text: steps_of(text + "."))


def fired(trigger: Trigger | None, steps: tuple[Step, ...], tool: str, row: Equivalence) -> list[list[str]]:
    """The partitions of the runs of each evaluation; what is not written starts none."""
    if trigger is None:
        return [[] for step in steps if isinstance(step, Evaluate)]
    found = firings(trigger, steps, tool, context=FORMS[row.form].context)
    return [sorted(firing.partition or "" for firing in each) for each in found]


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


@pytest.mark.parametrize("row", [row for row in OTHERS if row.form not in SILENT], ids=place)
def test_on_its_witness_a_row_disagrees(row: Equivalence) -> None:
    before, after = both(row, FORMS[row.form].example, row.witness)
    assert before != after


def test_every_form_has_a_row_for_every_other_tool() -> None:
    pairs = {(row.form, row.source, row.target) for row in ROWS}
    assert len(pairs) == len(ROWS)
    sources = {(form, source) for form, source, _ in pairs}
    assert {form for form, _ in sources} == set(FORMS)
    assert pairs == {(form, source, target) for form, source in sources for target in TOOLS if target != source}


@pytest.mark.parametrize("row", OTHERS, ids=place)
def test_a_difference_is_one_sentence(row: Equivalence) -> None:
    assert row.difference.endswith(".")
    assert ". " not in row.difference
    assert "{" not in row.difference
    assert row.source != row.target


@pytest.mark.parametrize("row", ROWS, ids=place)
def test_an_example_is_of_its_own_form(row: Equivalence) -> None:
    example = FORMS[row.form].example
    assert form_of(normal(example, row.source)) == row.form
    assert equivalence(example, row.source, row.target) == row


def test_the_row_of_a_trigger_is_that_of_its_normal_form() -> None:
    lake = AssetId("s3://lake", "orders")
    wrapped = AllOf(parts=(AnyOf(parts=(Updated(asset=lake, reference="name"),)),))
    assert equivalence(wrapped, "airflow", "prefect").form == "updated"


def test_what_a_tool_does_not_have_is_told_as_code() -> None:
    assert equivalence(Opaque(tool="airflow", type="x"), "dagster", "prefect").form == "opaque"
    assert equivalence(FORMS["eager"].example, "airflow", "prefect").form == "opaque"


def test_other_combinations_of_times_have_no_row_of_their_own() -> None:
    mixed = AnyOf(parts=(FORMS["cron"].example, FORMS["interval"].example))
    assert equivalence(mixed, "prefect", "airflow").form == "times"


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
    parts = [ticks_of(part, Context(), first)(first, last) for part in leaves(found)]
    assert sorted(tick for part in parts for tick in part) == ticks_of(interval, Context(), first)(first, last)


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


def test_an_unknown_tool_is_an_error() -> None:
    with pytest.raises(TriggerError, match="luigi"):
        equivalence(FORMS["cron"].example, "luigi", "airflow")
    with pytest.raises(TriggerError, match="luigi"):
        firings(FORMS["cron"].example, [], "luigi")


def test_the_documentation_is_the_table() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert text.partition("<!-- triggers -->\n")[2].partition("<!-- /triggers -->")[0] == markdown()


def test_steps_in_short() -> None:
    found = steps_of("a!._")
    assert isinstance(found[0], Evaluate)
    assert isinstance(found[1], Update)
    assert [step.at.isoformat() for step in found if isinstance(step, Evaluate)] == [
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T01:00:00+00:00",
        "2026-01-02T01:00:00+00:00",
    ]
