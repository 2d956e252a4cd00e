"""Law L2: every argument and every asset class of the installed Dagster is one that the readers know."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from transload_dagster.keywords import KEYWORDS
from transload_dagster.partitions import PARAMETERS

pytestmark = pytest.mark.dagster

PARTITION_ARGUMENTS = {"start_date": "start", "end_date": "end"}

ELSEWHERE = {
    "AssetCheckEvaluation", "AssetCheckExecutionContext", "AssetCheckKey", "AssetCheckResult",
    "AssetCheckSeverity", "AssetExecutionContext", "AssetKey", "AssetMaterialization",
    "AssetMaterializationFailure", "AssetMaterializationFailureReason", "AssetMaterializationFailureType",
    "AssetObservation", "AssetRecordsFilter", "AssetSelection", "AssetsDefinition", "AssetChecksDefinition",
    "AssetSensorDefinition", "AssetLineageInfo", "AssetValueLoader", "AssetReconciliationSensor",
    "AssetAttributesModel", "AssetPostProcessorModel", "AssetSpecUpdateKwargs", "AssetJobKey",
    "AssetPartitionStatus", "AutoMaterializeAssetPartitionsFilter", "DagsterAssetMetadataValue",
    "MultiAssetSensorDefinition", "MultiAssetSensorEvaluationContext", "AssetSpecModel", "AssetCheckSpecModel",
    "AssetSelectionResolver",
}  # fmt: skip
"""Classes with "Asset" in their name that are no definitions of assets: run-time events, contexts, keys, and what decorators return."""


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


def test_every_asset_class_is_known() -> None:
    """A new public class that defines assets cannot be forgotten."""
    dagster = pytest.importorskip("dagster")
    classes = {name for name in dir(dagster) if "Asset" in name and inspect.isclass(getattr(dagster, name))}

    assert {name for name in classes - ELSEWHERE if f"dagster.{name}" not in KEYWORDS} == set()
