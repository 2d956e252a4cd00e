"""Model → Dagster's objects. Imports dagster."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature
from typing import Any, Final

import dagster as dg

from transload.adapter import Built, Translation
from transload.forms import Constant, Form, to_object
from transload.gc_pause import paused_collection
from transload_dagster.writing.outline import PARTITIONED, Decorated, Outline, manifest, outline

_PACKAGES: Final = ("dagster",)


def build(translation: Translation) -> Built:
    """One `Definitions`, whose ops are stubs that say what they stand for."""
    with _chosen(), paused_collection():
        return Built(_definitions(outline(translation)), manifest(translation.carried))


def external(translation: Translation) -> dg.Definitions:
    """The assets alone, none of them computed here: what another tool makes, and what it is made from."""
    with _chosen(), paused_collection():
        return dg.Definitions(assets=[to_object(spec, _PACKAGES) for spec in outline(translation).all_external])


@contextlib.contextmanager
def _chosen() -> Iterator[None]:
    """The graph says so: there is no need to warn that Dagster may still change what it uses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        warnings.simplefilter("ignore", dg.PreviewWarning)
        yield


def _definitions(found: Outline) -> dg.Definitions:
    flows = [(to_object(job, _PACKAGES), schedules) for job, schedules in found.flows]
    return dg.Definitions(
        assets=[*(to_object(spec, _PACKAGES) for _, spec in found.external), *map(_decorated, found.jobs)],
        asset_checks=list(map(_decorated, found.checks)),
        jobs=[job for job, _ in flows],
        schedules=[_scheduled(each, job) for job, schedules in flows for each in schedules],
    )


def _scheduled(found: Form, job: Any) -> Any:
    if found.name != PARTITIONED:
        return to_object(found, _PACKAGES)
    rest = {name: value for name, value in found.kwargs.items() if name != "job_name"}
    return to_object(Form(found.name, (), {"job": job, **rest}), _PACKAGES)


def _decorated(found: Decorated) -> Any:
    return to_object(found.decorator, _PACKAGES)(_stub(found))


def _stub(found: Decorated) -> Callable[..., Any]:
    message = found.body

    def stub(**_inputs: Any) -> Any:
        raise NotImplementedError(message)

    stub.__name__ = stub.__qualname__ = found.name
    names = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in found.parameters]
    returns = to_object(Constant(found.returns), _PACKAGES) if found.returns else Signature.empty
    # Dagster 1.12 asks for the annotations, 1.13 for the signature.
    stub.__annotations__ = {"return": returns} if found.returns else {}
    vars(stub)["__signature__"] = Signature(names, return_annotation=returns)
    return stub
