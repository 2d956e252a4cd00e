"""Model → source: a `dg` project as `create-dagster project` lays it out, whose modules in `defs` Dagster loads by itself."""

from __future__ import annotations

import ast
from collections import Counter
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
from transload.writing.statements import assign, function, not_implemented, return_
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
    """The files of a project, with a manifest if fields are carried that no definition holds."""
    with paused_collection():
        definitions = outline(translation)
        constants = Constants(definitions, f"{PACKAGE}.defs.partitions")
        # Modules of assets are named after groups and flows, never like the modules that are written beside them.
        modules = spread(
            definitions.jobs,
            lambda job: _home(definitions, job.asset),
            ("partitions", "external", "checks", "jobs"),
        )
        files: dict[str, str | None] = {
            "pyproject.toml": _PYPROJECT,
            f"src/{PACKAGE}/__init__.py": "",
            f"src/{PACKAGE}/definitions.py": _definitions(),
            f"{_DEFS}/__init__.py": "",
            f"{_DEFS}/partitions.py": _partitions(constants),
            f"{_DEFS}/external.py": _external(definitions, constants),
            **{f"{_DEFS}/{stem}.py": _module(definitions, constants, part) for stem, part in modules.items()},
            f"{_DEFS}/checks.py": _checks(definitions),
            f"{_DEFS}/jobs.py": _jobs(definitions),
        }
        fields = manifest(translation.carried)
        if fields:
            files[carry.MANIFEST] = carry.dumps(fields, TOOL)
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


def _external(location: Outline, constants: Constants) -> str | None:
    """Assets that something else makes: Dagster shows them, and what is made from them."""
    if not location.external:
        return None
    source = _source("Assets that are made outside of this project.")
    specs = [to_expr(constants.put(form), source) for _, form in location.external]
    source.add(assign("external_assets", list_(specs)))
    return source.render()


def _home(location: Outline, asset: AssetId | None) -> str:
    """The module of a job: its asset's group, else the flow that runs it, else the folder in its key."""
    if asset is None:
        return "assets"
    entity = location.graph.asset[asset]
    job = location.graph.writers[asset][0]
    flows = location.graph.flows_of.get(job.name, ())
    key = entity.names[TOOL]
    return entity.group or (flows[0].name if flows else "") or (key[0] if len(key) > 1 else "") or "assets"


def _module(location: Outline, constants: Constants, definitions: Sequence[Decorated]) -> str:
    source = _source("Assets, whose functions are still to be filled.")
    function_names = _function_names(location, definitions, Names({*source.bound, *constants.forms}))
    for definition in definitions:
        function_name, decorator = function_names[definition.name], definition.decorator
        if decorator.name == "dagster.asset" and definition.asset is not None:
            *prefix, last = location.graph.asset[definition.asset].names[TOOL]
            if last == function_name:
                # `@dg.asset` takes the key from the function's name, after a prefix.
                rest = {key: value for key, value in decorator.kwargs.items() if key != "key"}
                decorator = Form(decorator.name, (), {**({"key_prefix": prefix} if prefix else {}), **rest})
        source.add(_function(definition, function_name, constants.put(decorator), source))
    return source.render()


def _function_names(location: Outline, definitions: Iterable[Decorated], names: Names) -> dict[str, str]:
    """The function's name by op: the last part of the key, where that is enough; else the op's own."""
    last: dict[str, str] = {}
    for definition in definitions:
        last[definition.name] = definition.name
        if definition.decorator.name == "dagster.asset" and definition.asset is not None:
            last[definition.name] = location.graph.asset[definition.asset].names[TOOL][-1]
    counts = Counter(last.values())
    wishes = {op: wish if counts[wish] == 1 else op for op, wish in last.items()}
    allocated = names.allocate_all(wishes.values())
    return {op: allocated[wish] for op, wish in wishes.items()}


def _function(definition: Decorated, function_name: str, decorator: Form, source: Source) -> ast.stmt:
    bare = (
        source.reference(decorator.name) if not decorator.args and not decorator.kwargs else to_expr(decorator, source)
    )
    returns = source.reference(definition.returns) if definition.returns else None
    return function(
        function_name, parameters=definition.parameters, body=body_of(definition), decorators=[bare], returns=returns
    )


def body_of(definition: Decorated) -> list[ast.stmt]:
    """The body of a definition: a stub that says what is to be moved there."""
    return [not_implemented(definition.body)]


def _checks(location: Outline) -> str | None:
    if not location.checks:
        return None
    source = _source("Checks of assets, whose functions are still to be filled.")
    names = Names(source.bound).allocate_all([check.name for check in location.checks])
    for check in location.checks:
        source.add(_function(check, names[check.name], check.decorator, source))
    return source.render()


def _jobs(location: Outline) -> str | None:
    if not location.flows:
        return None
    source = _source("Asset jobs, and the schedules that start them.")
    names = Names(source.bound)
    for job, schedules in location.flows:
        variable = names.allocate(job.kwargs["name"])
        source.add(assign(variable, to_expr(job, source)))
        for schedule in schedules:
            wish = schedule.kwargs.get("name") or f"{job.kwargs['name']}_schedule"
            # The variable of the job takes the place of its name, after the schedule's own name as a person would write it.
            rest = {key: value for key, value in schedule.kwargs.items() if key not in ("job_name", "name")}
            named = {key: value for key, value in schedule.kwargs.items() if key == "name"}
            of_job = Form(schedule.name, (), {**named, "job": Constant(variable), **rest})
            source.add(assign(names.allocate(wish), to_expr(of_job, source)))
    return source.render()
