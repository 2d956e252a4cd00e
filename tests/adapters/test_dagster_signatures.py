"""Law L2: every argument and every asset class of the installed Dagster is one that the readers know."""

from __future__ import annotations

import enum
import inspect
from typing import Any

import pytest

from transload_dagster.codecs.keywords import KEYWORDS
from transload_dagster.codecs.partitions import PARAMETERS
from transload_dagster.reading.syntax.vocabulary import DEFINING, KNOWN, made_by

pytestmark = pytest.mark.dagster

PARTITION_ARGUMENTS = {"start_date": "start", "end_date": "end"}


def _parameters(found: Any) -> set[str]:
    parameters = inspect.signature(found).parameters.values()
    return {each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD}


@pytest.mark.parametrize("name", sorted(KEYWORDS))
def test_every_argument_has_its_place(name: str) -> None:
    """An argument that a newer Dagster brings fails here, until the table says where it goes."""
    dagster = pytest.importorskip("dagster")

    assert _parameters(getattr(dagster, name.removeprefix("dagster."))) - set(KEYWORDS[name]) == set()


@pytest.mark.parametrize("name", sorted(name for name in PARAMETERS if name != "dagster.DimensionPartitionMapping"))
def test_every_argument_of_partitions_has_its_place(name: str) -> None:
    """The same for partition definitions and mappings."""
    dagster = pytest.importorskip("dagster")
    found = getattr(dagster, name.removeprefix("dagster."))
    arguments = {PARTITION_ARGUMENTS.get(each, each) for each in _parameters(found)}

    assert arguments - set(PARAMETERS[name]) - {"args"} == set()


def test_every_partition_class_is_in_the_table() -> None:
    """A new kind of partitions or mapping cannot be forgotten."""
    dagster = pytest.importorskip("dagster")
    abstract = {"PartitionsDefinition", "PartitionMapping"}
    public = {name for name in dir(dagster) if name.endswith(("PartitionsDefinition", "PartitionMapping"))}

    assert {f"dagster.{name}" for name in public - abstract} - set(PARAMETERS) == set()


def _callables(module: Any) -> set[str]:
    """Public names that a project can call: no exceptions, enumerations or modules."""
    found = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    classes = {name: value for name, value in found.items() if inspect.isclass(value)}
    uncalled = {name for name, value in classes.items() if issubclass(value, (BaseException, enum.Enum))}
    called = {name for name, value in found.items() if callable(value) and not inspect.ismodule(value)}
    return called - uncalled


def test_every_public_name_is_known() -> None:
    """A new class, decorator or function of Dagster's cannot be forgotten; until a table has it, readers report it."""
    assert _callables(pytest.importorskip("dagster")) - KNOWN == set()


def test_new_names_and_arguments_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of this file look at the installed Dagster, and not at a list."""
    dagster = pytest.importorskip("dagster")

    def asset(*, colour: str) -> None:
        """A decorator with an argument that no table has."""

    monkeypatch.setattr(dagster, "brand_new_asset", asset, raising=False)
    monkeypatch.setattr(dagster, "asset", asset)

    assert _callables(dagster) - KNOWN == {"brand_new_asset"}
    assert _parameters(dagster.asset) - set(KEYWORDS["dagster.asset"]) == {"colour"}


def test_each_name_is_in_one_table() -> None:
    """What is reported is not at once taken for what is read."""
    assert DEFINING & {name.removeprefix("dagster.") for name in (*KEYWORDS, *PARAMETERS)} == set()
    assert made_by("dagster.Definitions.merge") is None
    assert made_by("dagster.AssetsDefinition.from_graph") == "AssetsDefinition.from_graph"
