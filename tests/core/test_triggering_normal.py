"""The normal form of a trigger: idempotent, and it fires when the original does."""

from __future__ import annotations

import os
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transload.counterparts import firings, known_tools
from transload.model.triggers import AliasUpdated, AllOf, AnyOf, AtLeast, InOrder, Trigger, Updated
from transload.triggering import Context, Step, normal
from transload.triggering.examples import OWN, A, B, C
from transload.triggering.witnesses import steps_of

TOOLS: Final = known_tools().semantics
EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))
CONTEXT: Final = Context(asset=OWN, upstream=(A, B), aliases={"daily": (A, B), "nightly": (C,)})
MANY: Final = settings(
    max_examples=max(1, int(1000 * EFFORT)), derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)

UPDATED: Final = st.builds(
    lambda asset, reference: Updated(asset=asset, reference=reference),
    st.sampled_from((A, B, C)),
    st.sampled_from((None, "name", "uri")),
)
ALIASES: Final = st.sampled_from(("daily", "nightly")).map(lambda name: AliasUpdated(alias=name))
WITHIN: Final = st.sampled_from((None, None, 5400.0))
STEPS: Final = st.text(alphabet="abc!.", max_size=25).map(lambda text: steps_of(text + "."))


def _boolean(parts: st.SearchStrategy[Trigger]) -> st.SearchStrategy[Trigger]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(several.map(lambda each: AllOf(parts=each)), several.map(lambda each: AnyOf(parts=each)))


def _counting(parts: st.SearchStrategy[Trigger]) -> st.SearchStrategy[Trigger]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(lambda each, within: AllOf(parts=each, within=within), several, WITHIN),
        st.builds(lambda each, within: AnyOf(parts=each, within=within), several, WITHIN),
        st.builds(lambda each, within: InOrder(parts=each, within=within), several, WITHIN),
        st.builds(
            lambda each, within, count: AtLeast(parts=each, within=within, count=min(count, len(each))),
            several,
            WITHIN,
            st.integers(1, 3),
        ),
    )


TRIGGERS: Final = {
    "airflow": st.recursive(st.one_of(UPDATED, ALIASES), _boolean, max_leaves=6),
    "dagster": st.recursive(UPDATED, _boolean, max_leaves=6),
    "prefect": st.recursive(UPDATED, _counting, max_leaves=6),
}


@pytest.mark.parametrize("tool", TOOLS)
@given(data=st.data())
@MANY
def test_the_normal_form_is_its_own(tool: str, data: st.DataObject) -> None:
    once = normal(data.draw(TRIGGERS[tool]), TOOLS[tool], context=CONTEXT)
    assert normal(once, TOOLS[tool], context=CONTEXT) == once


def _runs(trigger: Trigger, steps: tuple[Step, ...], tool: str) -> list[int]:
    return [len(each) for each in firings(trigger, steps, tool, context=CONTEXT)]


@pytest.mark.parametrize("tool", TOOLS)
@given(data=st.data(), steps=STEPS)
@MANY
def test_the_normal_form_fires_when_the_original_does(tool: str, data: st.DataObject, steps: tuple[Step, ...]) -> None:
    trigger = data.draw(TRIGGERS[tool])
    assert _runs(normal(trigger, TOOLS[tool], context=CONTEXT), steps, tool) == _runs(trigger, steps, tool)


def _of(*assets: Updated) -> tuple[Trigger, ...]:
    return assets


ONE, TWO, THREE = (Updated(asset=asset) for asset in (A, B, C))


@pytest.mark.parametrize(
    ("trigger", "form"),
    [
        (AllOf(parts=(ONE,)), ONE),
        (AllOf(parts=(AllOf(parts=(THREE, ONE)), TWO)), AllOf(parts=(ONE, TWO, THREE))),
        (AnyOf(parts=(TWO, ONE, TWO)), AnyOf(parts=(ONE, TWO))),
        (AliasUpdated(alias="nightly"), THREE),
        (AliasUpdated(alias="unknown"), AliasUpdated(alias="unknown")),
        (Updated(asset=A, reference="uri"), ONE),
        (AllOf(parts=(ONE, AnyOf(parts=(ONE, TWO)))), AllOf(parts=(AnyOf(parts=(ONE, TWO)), ONE))),
    ],
)
def test_what_says_nothing_in_airflow_goes(trigger: Trigger, form: Trigger) -> None:
    assert normal(trigger, TOOLS["airflow"], context=CONTEXT) == form


@pytest.mark.parametrize(
    "trigger",
    [
        AllOf(parts=(AllOf(parts=(ONE, TWO)), THREE)),
        AnyOf(parts=(ONE, ONE)),
        InOrder(parts=(TWO, ONE)),
        AllOf(parts=(ONE, TWO), within=60),
        AtLeast(count=2, parts=(ONE, TWO, THREE)),
    ],
)
def test_what_says_something_in_prefect_stays(trigger: Trigger) -> None:
    assert normal(trigger, TOOLS["prefect"]) == trigger


def test_several_of_as_many_are_all_and_one_of_them_is_any() -> None:
    assert normal(AtLeast(count=2, parts=(ONE, TWO)), TOOLS["prefect"]) == AllOf(parts=(ONE, TWO))
    assert normal(AtLeast(count=1, parts=(ONE, TWO), within=60), TOOLS["prefect"]) == AnyOf(parts=(ONE, TWO))
