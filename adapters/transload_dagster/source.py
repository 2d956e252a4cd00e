"""Model → source: a `dg` project as `create-dagster project` lays it out, whose modules in `defs` Dagster loads by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Final

from transload import carry
from transload.adapter import Translation
from transload.forms import Constant, Form
from transload.gc_pause import paused_collection
from transload.model.identity import AssetId
from transload.writing.expressions import call, list_, name
from transload.writing.form_expressions import to_expr
from transload.writing.layout import spread
from transload.writing.module import Source
from transload.writing.names import Names
from transload.writing.project import ProjectFiles
from transload.writing.statements import assign, function, raise_, return_
from transload_dagster.names import TOOL
from transload_dagster.writing.constants import Constants
from transload_dagster.writing.outline import Decorated, Outline, manifest, outline

PACKAGE: Final = "dagster_project"
"""The package of a written project: a name that a person will change."""

_DEFS: Final = f"src/{PACKAGE}/defs"
_PYPROJECT: Final = f"""\
[project]
name = "{PACKAGE.replace("_", "-")}"
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["dagster>=1.12,<1.14"]

[dependency-groups]
dev = ["dagster-dg-cli", "dagster-webserver"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "{PACKAGE}"
code_location_name = "{PACKAGE}"
"""


def write(translation: Translation) -> ProjectFiles:
    """The files of a project, and the manifest if there is something to carry that no definition holds."""
    with paused_collection():
        return _files(translation)


def _files(translation: Translation) -> dict[str, str]:
    found = outline(translation)
    constants = Constants(found, f"{PACKAGE}.defs.partitions")
    files: dict[str, str | None] = {
        "pyproject.toml": _PYPROJECT,
        f"src/{PACKAGE}/__init__.py": "",
        f"src/{PACKAGE}/definitions.py": _definitions(),
        f"{_DEFS}/__init__.py": "",
        f"{_DEFS}/partitions.py": _partitions(constants),
        f"{_DEFS}/external.py": _external(found, constants),
        **_computed(found, constants),
        f"{_DEFS}/checks.py": _checks(found),
        f"{_DEFS}/jobs.py": _jobs(found),
    }
    kept = manifest(translation.carried)
    if kept:
        files[carry.MANIFEST] = carry.dumps(kept, TOOL)
    return {path: text for path, text in files.items() if text is not None}


def _source(docstring: str) -> Source:
    return Source(docstring).use("dagster", alias="dg")


def _definitions() -> str:
    """As `create-dagster project` writes it."""
    source = Source("The code location: everything that the modules in `defs` define. Written by transload.")
    source.use_from("pathlib", "Path").use_from("dagster", "definitions", "load_from_defs_folder")
    parent = ast.Attribute(call("Path", name("__file__")), "parent", ast.Load())
    load = call("load_from_defs_folder", path_within_project=parent)
    source.add(function("defs", body=[return_(load)], decorators=[name("definitions")]))
    return source.render()


def _partitions(constants: Constants) -> str | None:
    if not constants.forms:
        return None
    source = _source("The partition definitions of the assets.")
    for constant, form in constants.forms.items():
        source.add(assign(constant, to_expr(form, source)))
    return source.render()


def _external(found: Outline, constants: Constants) -> str | None:
    """Assets that something else makes: Dagster shows them, and what is made from them."""
    if not found.external:
        return None
    source = _source("Assets that are made outside of this project.")
    specs = [to_expr(constants.put(form), source) for _, form in found.external]
    source.add(assign("external_assets", list_(specs)))
    return source.render()


def _computed(found: Outline, constants: Constants) -> dict[str, str]:
    modules = spread(found.jobs, lambda each: _home(found, each.asset), ("partitions", "external", "checks", "jobs"))
    return {f"{_DEFS}/{stem}.py": _module(found, constants, part) for stem, part in modules.items()}


def _home(found: Outline, asset: AssetId | None) -> str:
    """The module of a job: its asset's group, else the flow that runs it, else the folder in its key."""
    if asset is None:
        return "assets"
    entity = found.graph.asset[asset]
    job = found.graph.writers[asset][0]
    flows = found.graph.flows_of.get(job.name, ())
    key = entity.names[TOOL]
    return entity.group or (flows[0].name if flows else "") or (key[0] if len(key) > 1 else "") or "assets"


def _module(found: Outline, constants: Constants, definitions: Sequence[Decorated]) -> str:
    source = _source("Assets, whose functions are still to be filled.")
    names = Names({*source.bound, *constants.forms})
    wishes = _function_names(found, definitions, names)
    for each in definitions:
        decorator = _keyed(found, each, wishes[each.name])
        source.add(_function(each, wishes[each.name], constants.put(decorator), source))
    return source.render()


def _function_names(found: Outline, definitions: Iterable[Decorated], names: Names) -> dict[str, str]:
    """Named after the last part of the key, where that is enough; else after the op."""
    last = {each.name: _last(found, each) for each in definitions}
    counts: dict[str, int] = {}
    for wish in last.values():
        counts[wish] = counts.get(wish, 0) + 1
    wishes = {op: wish if counts[wish] == 1 else op for op, wish in last.items()}
    allocated = names.allocate_all(wishes.values())
    return {op: allocated[wish] for op, wish in wishes.items()}


def _last(found: Outline, each: Decorated) -> str:
    single = each.decorator.name == "dagster.asset" and each.asset is not None
    return found.graph.asset[each.asset].names[TOOL][-1] if single and each.asset is not None else each.name


def _keyed(found: Outline, each: Decorated, function_name: str) -> Form:
    """`@dg.asset` takes the key from the function's name, after a prefix."""
    if each.decorator.name != "dagster.asset" or each.asset is None:
        return each.decorator
    *prefix, last = found.graph.asset[each.asset].names[TOOL]
    if last != function_name:
        return each.decorator
    rest = {key: value for key, value in each.decorator.kwargs.items() if key != "key"}
    return Form(each.decorator.name, (), {**({"key_prefix": prefix} if prefix else {}), **rest})


def _function(each: Decorated, function_name: str, decorator: Form, source: Source) -> ast.stmt:
    bare = (
        source.reference(decorator.name) if not decorator.args and not decorator.kwargs else to_expr(decorator, source)
    )
    returns = source.reference(each.returns) if each.returns else None
    return function(function_name, parameters=each.parameters, body=body_of(each), decorators=[bare], returns=returns)


def body_of(each: Decorated) -> list[ast.stmt]:
    """The body of a definition: a stub that says what is to be moved there."""
    return [raise_(call("NotImplementedError", each.body))]


def _checks(found: Outline) -> str | None:
    if not found.checks:
        return None
    source = _source("Checks of assets, whose functions are still to be filled.")
    names = Names(source.bound).allocate_all([each.name for each in found.checks])
    for each in found.checks:
        source.add(_function(each, names[each.name], each.decorator, source))
    return source.render()


def _jobs(found: Outline) -> str | None:
    if not found.flows:
        return None
    source = _source("Asset jobs, and the schedules that start them.")
    names = Names(source.bound)
    for job, schedules in found.flows:
        variable = names.allocate(job.kwargs["name"])
        source.add(assign(variable, to_expr(job, source)))
        for schedule in schedules:
            text = schedule.kwargs.get("name") or f"{job.kwargs['name']}_schedule"
            source.add(assign(names.allocate(text), to_expr(_of_job(schedule, variable), source)))
    return source.render()


def _of_job(schedule: Form, variable: str) -> Form:
    rest = {key: value for key, value in schedule.kwargs.items() if key not in ("job_name", "name")}
    own = {key: value for key, value in schedule.kwargs.items() if key == "name"}
    return Form(schedule.name, (), {**own, "job": Constant(variable), **rest})
