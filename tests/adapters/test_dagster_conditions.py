"""Automation conditions, read by both readers and written back, judged by Dagster's own classes."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from transload.adapter import Reading, Target
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset
from transload.model.conditions import AllDeps, AnyDeps, Both, Either, InLatestWindow, Not, OfAsset, State
from transload.model.graph import graph_of
from transload.model.identity import AssetId, logical
from transload.model.triggers import AllOf, Condition, Cron, Eager, OnCron, OnMissing, Updated
from transload.reading.project import read_project
from transload.translator import translate
from transload.triggering import presets
from transload_dagster import adapter
from transload_dagster.codecs import legal
from transload_dagster.codecs.conditions import STATES, node_of, predicate_and_labels

EFFORT: Final = float(os.environ.get("TRANSLOAD_EFFORT", "1"))

HEAD: Final = """
from datetime import timedelta

import dagster as dg
from dagster import AutomationCondition as AC

only = dg.AssetSelection.assets
up = dg.AssetSpec("up")
side = dg.AssetSpec(["far", "side"])


class Mine(dg.AutomationCondition):
    def evaluate(self, context): return dg.AutomationResult(context, context.get_empty_subset())


class Own(type(AC.missing())): ...


def always(): return AC.missing()
"""
DEFINITION: Final = """
@dg.asset(name="a{number}", deps=["up", ["far", "side"]], automation_condition={text})
def a{number}() -> None: ...
"""


def _up(*parts: str) -> AssetId:
    return logical("dagster", "default", parts)


def _read(folder: Path, texts: Sequence[str]) -> tuple[Reading, Reading]:
    """A project with an asset for each condition: by loading, and by its syntax."""
    folder.mkdir(exist_ok=True)
    path = folder / "project.py"
    definitions = (DEFINITION.format(number=number, text=text) for number, text in enumerate(texts))
    path.write_text(HEAD + "".join(definitions), encoding="utf-8")
    target = Target("dagster", str(path), path=path)
    return adapter.load.load(target), adapter.static.read(read_project(path), target)


def _asset(found: Reading, number: int) -> Asset:
    return found.graph.asset[_up(f"a{number}")]


def _losses(found: Reading, number: int) -> list[Loss]:
    return [loss for loss in found.losses if loss.subject == f"asset a{number}"]


def _labels(asset: Asset) -> Any:
    return asset.native.get("dagster", {}).get("labels", {})


# Every method of the installed package

ARGUMENTS: Final[Mapping[str, str]] = {
    "condition": "AC.missing()",
    "key": '"up"',
    "cron_schedule": '"0 5 * * *"',
    "cron_timezone": '"Europe/Paris"',
    "lookback_delta": "timedelta(hours=36)",
    "blocking_only": "True",
    "tag_keys": '{"k"}',
    "tag_values": '{"k": "v"}',
    "reset_condition": "AC.newly_requested()",
    "old": "AC.missing()",
    "new": "AC.execution_failed()",
    "selection": 'only("up", side.key)',
    "label": '"mine"',
    "value": "True",
}
WITHOUT: Final = {".without": "AC.eager().without(~AC.in_progress())"}
NO_CONDITION: Final = frozenset(
    {
        "evaluate",
        "get_label",
        "get_node_snapshot",
        "get_snapshot",
        "get_node_unique_id",
        "get_backcompat_node_unique_ids",
        "get_node_unique_ids",
        "get_unique_id",
        "as_auto_materialize_policy",
    }
)
"""What Dagster itself asks a condition for."""


def _of_the_class(condition: Any) -> Iterator[str]:
    for name, member in vars(condition).items():
        if isinstance(member, staticmethod) and not name.startswith("_"):
            parameters = inspect.signature(member.__func__).parameters.values()
            every = ", ".join(f"{each.name}={ARGUMENTS[each.name]}" for each in parameters)
            needed = ", ".join(ARGUMENTS[each.name] for each in parameters if each.default is each.empty)
            yield from dict.fromkeys((f"AC.{name}({needed})", f"AC.{name}({every})"))


def _of_conditions() -> Iterator[str]:
    import dagster as dg

    for text in ("AC.any_deps_match(AC.missing())", "AC.eager()", "(AC.missing() | AC.any_deps_missing())"):
        value = eval(text, {"AC": dg.AutomationCondition})  # noqa: S307 - the texts above
        for name in dir(value):
            member = getattr(type(value), name)
            is_static = isinstance(inspect.getattr_static(value, name), staticmethod)
            if name.startswith("_") or name in NO_CONDITION or is_static or not inspect.isfunction(member):
                continue
            parameters = list(inspect.signature(member).parameters)[1:]
            given = ", ".join(ARGUMENTS[each] for each in parameters)
            yield WITHOUT.get(f".{name}", f"{text}.{name}({given})")


UNSAID: Final = re.compile(
    r"checks_match|blocking_checks|job_root|run_tags|executed_with_tags|freshness|check_(passed|failed)|downstream|virtual"
)
"""What the model has no word for."""


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_every_method_of_conditions_is_translated_or_reported(tmp_path: Path) -> None:
    """Law L2: a method of the installed Dagster that neither reader knows fails here; both give the same."""
    dagster = pytest.importorskip("dagster")
    texts = [*_of_the_class(dagster.AutomationCondition), *_of_conditions()]
    loaded, static = _read(tmp_path, texts)

    assert len(texts) > 60
    for number, text in enumerate(texts):
        first, second = _asset(loaded, number), _asset(static, number)
        if UNSAID.search(text):
            assert isinstance(first.trigger, Condition), text
            assert (first.trigger.predicate, bool(first.trigger.tree)) == (None, True), text
            assert isinstance(second.trigger, Condition), text
            assert second.trigger.source, text
            for found in (loaded, static):
                assert [(loss.field, loss.severity) for loss in _losses(found, number)] == [
                    ("trigger", Severity.CARRIED)
                ], text
        else:
            assert (first.trigger, _labels(first)) == (second.trigger, _labels(second)), text
            assert not isinstance(first.trigger, Condition) or first.trigger.predicate is not None, text
            assert not [*_losses(loaded, number), *_losses(static, number)], text


def test_the_states_of_the_model_are_those_with_a_name() -> None:
    """Every state that a predicate may name is one of Dagster's methods."""
    names = State.model_fields["name"].annotation
    assert set(STATES) == set(names.__args__)  # type: ignore[union-attr]


# As people write them

MEANINGS: Final[Mapping[str, Any]] = {
    "AC.eager()": Eager(),
    'AC.eager().with_label("mine")': Eager(),
    "AC.on_missing()": OnMissing(),
    'AC.on_cron("@daily", cron_timezone="Europe/Paris")': OnCron(expression="@daily", timezone="Europe/Paris"),
    "AC.asset_matches(up.key, AC.newly_updated()).since_last_handled()": Updated(asset=_up("up")),
    'AC.cron_tick_passed("@daily").since_last_handled()': Cron(expression="@daily", timezone="UTC"),
    'AC.asset_matches("up", AC.newly_updated()).since_last_handled()'
    ' & AC.asset_matches(["far", "side"], AC.newly_updated()).since_last_handled()': AllOf(
        parts=(Updated(asset=_up("up")), Updated(asset=_up("far", "side")))
    ),
    "AC.eager().without(~AC.any_deps_missing())": Condition(
        label="eager",
        predicate=Both(parts=(*presets.EAGER.parts[:2], *presets.EAGER.parts[3:])),
    ),
    'AC.any_deps_match(AC.missing()).allow(only("up") | only(side.key)).ignore(only("far/side"))': Condition(
        predicate=AnyDeps(
            part=State(name="missing"), only=(_up("up"), _up("far", "side")), ignored=(_up("far", "side"),)
        )
    ),
    "AC.missing() & ~AC.all_deps_match(AC.in_latest_time_window(timedelta(days=2)))": Condition(
        predicate=Both(parts=(State(name="missing"), Not(part=AllDeps(part=InLatestWindow(lookback=172800.0)))))
    ),
    "AC.asset_matches(a0, AC.missing() | AC.execution_failed())": Condition(
        predicate=OfAsset(asset=_up("a0"), part=Either(parts=(State(name="missing"), State(name="execution_failed"))))
    ),
}


def test_conditions_have_their_meaning(tmp_path: Path) -> None:
    """By the syntax alone."""
    _, *texts = ["AC.eager()", *MEANINGS]
    static = _static(tmp_path, texts)

    assert [_asset(static, number).trigger for number in range(len(texts))] == list(MEANINGS.values())
    assert not [loss for loss in static.losses if loss.field == "trigger"]


def _static(folder: Path, texts: Sequence[str]) -> Reading:
    path = folder / "project.py"
    definitions = (DEFINITION.format(number=number, text=text) for number, text in enumerate(texts))
    path.write_text(HEAD + "".join(definitions), encoding="utf-8")
    return adapter.static.read(read_project(path), Target("dagster", str(path), path=path))


ODD: Final = (
    "Mine()",
    "AC.eager() & Mine()",
    "Own()",
    'AC.any_deps_match(AC.missing()).ignore(dg.AssetSelection.groups("g"))',
    'AC.eager().ignore(only("up").upstream())',
)


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_what_has_no_word_is_kept_as_it_is_and_reported(tmp_path: Path) -> None:
    """Law L2: a class of one's own leaves its snapshot, a selection by group its tree; the static reader keeps the text."""
    loaded, static = _read(tmp_path, ODD)

    for number, text in enumerate(ODD):
        for found in (loaded, static):
            (loss,) = _losses(found, number)
            assert (loss.field, loss.severity, loss.code) == ("trigger", Severity.CARRIED, Code.UNKNOWN_KIND), text
        trees = [_asset(found, number).trigger for found in (loaded, static)]
        assert [getattr(each, "predicate", "") for each in trees] == [None, None], text
        assert isinstance(trees[0], Condition), text
        assert isinstance(trees[0].tree, dict), text
        assert ("node_snapshot" in trees[0].tree) == ("Mine" in text or "Own" in text), text
        assert isinstance(trees[1], Condition), text
        assert trees[1].source, text


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_presets_are_told_from_what_dagster_thinks_equal(tmp_path: Path) -> None:
    """Dagster compares conditions by their fields, whatever their classes: these are equal to `eager()` there."""
    texts = ('AC.eager().replace("newly_missing", ~AC.missing().with_label("x"))', "AC.missing() | AC.newly_updated()")
    loaded, static = _read(tmp_path, texts)

    assert [type(_asset(found, number).trigger) for found in (loaded, static) for number in (0, 1)] == [Condition] * 4
    assert _asset(loaded, 0).trigger == _asset(static, 0).trigger


# Any expression

OPERANDS: Final = (
    *(f"AC.{name}()" for name in STATES),
    "AC.eager()",
    "AC.on_missing()",
    "AC.in_progress()",
    "AC.newly_missing()",
    "AC.any_deps_updated()",
    "AC.any_deps_missing()",
    "AC.any_deps_in_progress()",
    'AC.on_cron("0 5 * * *")',
    'AC.all_deps_updated_since_cron("@daily", "Asia/Tokyo")',
    'AC.cron_tick_passed("@hourly")',
    "AC.in_latest_time_window()",
    "AC.in_latest_time_window(timedelta(hours=5))",
)
SHAPES: Final = (
    "({} & {})",
    "({} | {})",
    "(~{})",
    "{}.since({})",
    "{}.since_last_handled()",
    "{}.newly_true()",
    '{}.with_label("l")',
    "{}.with_label(None)",
    "AC.any_deps_match({})",
    'AC.all_deps_match({}).ignore(only("up"))',
    'AC.any_deps_match({}).allow(only(side.key, "up"))',
    'AC.asset_matches("up", {})',
    "{}.replace({}, {})",
    '{}.replace("in_progress", {})',
    '{}.replace("NOT", {})',
    '({} & {}).ignore(only("up"))',
    "({} | {}).allow(only(side.key))",
    "AC.eager().without(~AC.in_progress()).replace({}, {})",
)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if not depth or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(OPERANDS))
    shape = draw(st.sampled_from(SHAPES))
    return shape.format(*(draw(expressions(depth - 1)) for _ in range(shape.count("{}"))))


def _real(folder: Path) -> dict[str, Any]:
    """The conditions as Dagster serialises them."""
    import dagster as dg

    found: dict[str, Any] = {}
    exec(compile((folder / "project.py").read_text(encoding="utf-8"), "project.py", "exec"), found)  # noqa: S102 - ours
    assets = [value for name, value in found.items() if re.fullmatch(r"a\d+", name)]
    return _serialised(dg.Definitions(assets=[*assets, found["up"], found["side"]]))


def _serialised(definitions: Any) -> dict[str, Any]:
    from dagster._serdes import serialize_value

    return {
        spec.key.to_user_string(): json.loads(serialize_value(spec.automation_condition))
        for spec in definitions.resolve_all_asset_specs()
        if spec.automation_condition is not None
    }


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
@settings(
    max_examples=max(1, int(15 * EFFORT)),
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(texts=st.lists(expressions(), min_size=20, max_size=40))
def test_any_condition_comes_back(tmp_path: Path, texts: list[str]) -> None:
    """Law L1: both readers read the same, and what is written is, to Dagster, the very tree that was read."""
    loaded, static = _read(tmp_path, texts)
    assert loaded.failures == ()
    for number, text in enumerate(texts):
        first, second = _asset(loaded, number), _asset(static, number)
        assert (first.trigger, _labels(first)) == (second.trigger, _labels(second)), text
        assert not _losses(static, number), text

    translation = translate(static.graph, "dagster")
    assert [loss for loss in translation.losses if loss.code is Code.ASSET_TRIGGER or "labels" in loss.field] == []
    assert _flat(_serialised(adapter.runtime.build(translation).objects)) == _flat(_real(tmp_path))


def _flat(value: Any) -> Any:
    """Without what makes no difference to Dagster.

    Groups without a label in a group of their kind, as `.replace` leaves them, are joined as `&` and `|` do; so are selections, which
    `.allow` and `.ignore` unite.
    """
    if isinstance(value, list):
        return [_flat(each) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _flat(each) for key, each in value.items()}
    join = {"AndAssetCondition": _group, "OrAssetCondition": _group, "OrAssetSelection": _united}.get(
        str(inner.get("__class__"))
    )
    return join(inner) if join else inner


def _group(group: dict[str, Any]) -> dict[str, Any]:
    joined: list[Any] = []
    for part in group["operands"]:
        same = part["__class__"] == group["__class__"] and part["label"] is None
        joined.extend(part["operands"] if same else [part])
    return {**group, "operands": joined}


def _united(selection: dict[str, Any]) -> dict[str, Any]:
    keys = [key for part in selection["operands"] for key in part["selected_keys"]]
    return {
        "__class__": "KeysAssetSelection",
        "selected_keys": [key for n, key in enumerate(keys) if key not in keys[:n]],
    }


@pytest.mark.dagster
@pytest.mark.filterwarnings("ignore")
def test_the_source_that_is_written_says_the_same(tmp_path: Path) -> None:
    """Law L1, through files: presets by their names, their edits as edits, labels where Dagster would give others."""
    texts = [*WRITTEN]
    static = _static(tmp_path, texts)
    out = tmp_path / "written"
    files = adapter.source.write(translate(static.graph, "dagster"))
    for name, text in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    source = re.sub(r"\s+|,(?=\s*\))", "", "".join(files.values())).replace("'", '"')

    for text in WRITTEN.values():
        assert re.sub(r"\s+", "", text) in source, text
    again = adapter.load.load(Target("dagster", str(out), path=out))
    assert again.failures == ()
    for number, text in enumerate(texts):
        before, after = _asset(static, number), _asset(again, number)
        assert (before.trigger, _labels(before)) == (after.trigger, _labels(after)), text


WRITTEN: Final[Mapping[str, str]] = {
    text: text.replace("AC.", "dg.AutomationCondition.").replace("only(", "dg.AssetSelection.assets(")
    for text in (
        "AC.eager().without(~AC.any_deps_missing())",
        'AC.eager().replace("in_progress", AC.execution_failed())',
        'AC.on_cron("@daily").replace(AC.in_latest_time_window(), AC.missing())',
        'AC.eager().with_label("mine")',
        "AC.eager() & ~AC.backfill_in_progress()",
        "AC.missing().newly_true().since(AC.newly_requested() | AC.newly_updated())",
        "AC.any_deps_updated().since_last_handled()",
        'AC.all_deps_match((AC.missing() & AC.execution_failed()).with_label("x"))',
    )
}


def test_labels_that_no_part_has_are_told() -> None:
    """A residue that does not fit the condition is left out with a word."""
    residue = {"dagster": {"labels": {"0": "x", "7": "nobody", "1": 5}}}
    predicate = Both(parts=(State(name="missing"), State(name="execution_failed")))
    asset = Asset(id=_up("a"), trigger=Condition(predicate=predicate), native=residue)
    translation = translate(graph_of(assets=[asset]), "dagster")

    assert translation.native.assets[0].native == {"dagster": {"labels": {"0": "x"}}}
    (loss,) = [loss for loss in translation.losses if loss.field == "native.dagster.labels"]
    assert (loss.code, loss.severity) == (Code.ASSET_NATIVE, Severity.CARRIED)


def test_trees_and_predicates_are_one() -> None:
    """A preset's tree has Dagster's labels; read back, it is the predicate, and no label is left to tell."""
    for predicate in (presets.EAGER, presets.ON_MISSING, presets.on_cron("@daily", "UTC")):
        assert predicate_and_labels(node_of(predicate), lambda asset: asset) == (predicate, {})
    unlabelled = node_of(presets.EAGER, {"": None, "1.0.1": "mine"})
    assert predicate_and_labels(unlabelled, lambda asset: asset) == (presets.EAGER, {"": None, "1.0.1": "mine"})


@pytest.mark.parametrize(
    ("seconds", "legal_span"),
    [(1.0, True), (0.000001, True), (0.0000001, False), (86400.0 * 9999, True), (86400.0 * 10000, False)],
)
def test_a_span_is_one_that_a_timedelta_of_dagsters_holds(seconds: float, legal_span: bool) -> None:
    assert legal.span(seconds) is legal_span
