"""Model → Dagster's objects. Imports dagster."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from inspect import Parameter, Signature
from typing import Any, Final

import dagster as dg

from transload.adapter import Built, Translation
from transload.forms import Constant, Form, to_object
from transload.gc_pause import paused_collection
from transload_dagster.writing.outline import PARTITIONED, Decorated, manifest, outline

_PACKAGES: Final = ("dagster",)


def build(translation: Translation) -> Built:
    """One `Definitions`, whose ops are stubs with a message that names what they stand for."""
    with _without_preview_warnings(), paused_collection():
        definitions = outline(translation)
        flows = [(to_object(job, _PACKAGES), schedule_forms) for job, schedule_forms in definitions.flows]
        schedules = []
        for job, schedule_forms in flows:
            for schedule in schedule_forms:
                options = dict(schedule.kwargs)
                if schedule.name == PARTITIONED:
                    # It takes the job itself, where `ScheduleDefinition` takes its name.
                    del options["job_name"]
                    options = {"job": job, **options}
                schedules.append(to_object(Form(schedule.name, schedule.args, options), _PACKAGES))
        external = [to_object(spec, _PACKAGES) for _, spec in definitions.external]
        objects = dg.Definitions(
            assets=[*external, *map(_decorated, definitions.jobs)],
            asset_checks=list(map(_decorated, definitions.checks)),
            jobs=[job for job, _ in flows],
            schedules=schedules,
        )
        return Built(objects, manifest(translation.carried))


def external(translation: Translation) -> dg.Definitions:
    """The assets alone, all as external ones that another tool computes."""
    with _without_preview_warnings(), paused_collection():
        return dg.Definitions(assets=[to_object(spec, _PACKAGES) for spec in outline(translation).all_external])


@contextlib.contextmanager
def _without_preview_warnings() -> Iterator[None]:
    """Silence about features that Dagster may still change."""
    # Whoever chose them wrote the graph; the warnings would point at transload's own lines.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        yield


def _decorated(definition: Decorated) -> Any:
    def stub(**_inputs: Any) -> Any:
        raise NotImplementedError(definition.body)

    stub.__name__ = stub.__qualname__ = definition.name
    names = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in definition.parameters]
    returns = to_object(Constant(definition.returns), _PACKAGES) if definition.returns else Signature.empty
    # Dagster 1.12 asks for the annotations, 1.13 for the signature.
    stub.__annotations__ = {"return": returns} if definition.returns else {}
    vars(stub)["__signature__"] = Signature(names, return_annotation=returns)
    return to_object(definition.decorator, _PACKAGES)(stub)
