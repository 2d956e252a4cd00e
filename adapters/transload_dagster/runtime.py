"""Model → Dagster's objects. Imports dagster."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any, Final

import dagster as dg

from transload.adapter import Built, Translation
from transload.forms import Constant, to_object

from transload_dagster.outline import Decorated, manifest, outline

_PACKAGES: Final = ("dagster",)


def build(translation: Translation) -> Built:
    """One `Definitions`, whose ops are stubs that say what they stand for."""
    found = outline(translation)
    flows = [(to_object(job, _PACKAGES), [to_object(each, _PACKAGES) for each in schedules]) for job, schedules in found.flows]
    definitions = dg.Definitions(
        assets=[*(to_object(spec, _PACKAGES) for _, spec in found.external), *map(_decorated, found.jobs)],
        asset_checks=list(map(_decorated, found.checks)),
        jobs=[job for job, _ in flows],
        schedules=[schedule for _, schedules in flows for schedule in schedules],
    )
    return Built(definitions, manifest(translation.carried))


def specs(translation: Translation) -> dg.Definitions:
    """The assets alone, as external ones: what another tool computes, and what it is made from."""
    found = outline(translation)
    return dg.Definitions(assets=[to_object(spec, _PACKAGES) for _, spec in found.all_external])


def _decorated(found: Decorated) -> Any:
    return to_object(found.decorator, _PACKAGES)(_stub(found))


def _stub(found: Decorated) -> Callable[..., Any]:
    message = found.body

    def stub(**_inputs: Any) -> Any:
        raise NotImplementedError(message)

    stub.__name__ = stub.__qualname__ = found.name
    names = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in found.parameters]
    stub.__signature__ = Signature(names, return_annotation=to_object(Constant(found.returns), _PACKAGES) if found.returns else Signature.empty)  # type: ignore[attr-defined]
    return stub


