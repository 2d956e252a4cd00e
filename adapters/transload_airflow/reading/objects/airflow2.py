"""Modules of Airflow 2 that Airflow 3.2 and later no longer has, so that DAG files that name them can still be read."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from transload.adapter import Target
from transload.loss import Code, Loss, Severity

_ASSETS: Final = "airflow.sdk.definitions.asset"

_MEMBERS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "airflow.datasets": {
        "Dataset": (_ASSETS, "Dataset"),
        "DatasetAlias": (_ASSETS, "AssetAlias"),
        "DatasetAll": (_ASSETS, "AssetAll"),
        "DatasetAny": (_ASSETS, "AssetAny"),
    },
    "airflow.datasets.metadata": {"Metadata": ("airflow.sdk", "Metadata")},
    "airflow.timetables.datasets": {"AssetOrTimeSchedule": ("airflow.sdk", "AssetOrTimeSchedule")},
}
"""Module → name → where Airflow 3 has it."""


class Airflow2Modules(MetaPathFinder, Loader):
    """Finds and fills the modules that are missing; `imported` has those that the project imports."""

    def __init__(self) -> None:
        self.imported: list[str] = []

    @classmethod
    def installed(cls) -> Airflow2Modules:
        """The one of this interpreter. It comes last of all finders, so that a module that Airflow still has is Airflow's."""
        for finder in sys.meta_path:
            if isinstance(finder, cls):
                return finder
        finder = cls()
        sys.meta_path.append(finder)
        return finder

    def find_spec(self, fullname: str, *_where: Any) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if fullname not in _MEMBERS:
            return None
        # A package, since `airflow.datasets.metadata` is imported by way of it.
        return ModuleSpec(fullname, self, is_package=fullname == "airflow.datasets")

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 - as the base class
        """See `importlib.abc.Loader`."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fill in the members."""
        self.imported.append(module.__name__)
        for name, (where, member) in _MEMBERS[module.__name__].items():
            setattr(module, name, getattr(importlib.import_module(where), member))
        if module.__name__ == "airflow.timetables.datasets":
            module.DatasetOrTimeSchedule = _dataset_or_time  # type: ignore[attr-defined]

    def losses(self, target: Target) -> list[Loss]:
        """One loss for each missing module that the project imports."""
        return [
            Loss(
                subject=f"project {target.text}",
                field=name,
                severity=Severity.APPROXIMATED,
                code=Code.UNCERTAIN,
                message=f"The installed Airflow has no {name}: its names of today were used instead.",
                remedy="Import from airflow.sdk.",
            )
            for name in self.imported
        ]


def _dataset_or_time(*, timetable: Any, datasets: Any) -> Any:
    """Airflow 2's `DatasetOrTimeSchedule`, whose keyword for assets is another one."""
    schedule = importlib.import_module("airflow.sdk").AssetOrTimeSchedule
    return schedule(timetable=timetable, assets=datasets)
