"""Model → source: the shared assets in a module, and the DAGs that use them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from transload import carry
from transload.adapter import Translation
from transload.check_jobs import MODULE, CheckJob, check_jobs, module_text
from transload.check_jobs import body_of as check_body
from transload.forms import Form
from transload.model.graph import AssetGraph
from transload.model.jobs import Job
from transload.naming import WHOLE, digest
from transload.writing.constants import WRITERS
from transload.writing.expressions import attribute, call, list_, operation
from transload.writing.expressions import name as name_expr
from transload.writing.form_expressions import to_expr
from transload.writing.layout import MOST, area, area_of_flow, spread
from transload.writing.module import Source
from transload.writing.names import Names
from transload.writing.project import ProjectFiles
from transload.writing.statements import assign, expression, function, with_
from transload_airflow.codecs import fields
from transload_airflow.codecs.classes import POSITIONAL, sdk
from transload_airflow.codecs.definitions import PLAIN_OPERATOR, DagDefinition, TaskDefinition
from transload_airflow.codecs.own_mappings import HOME as MAPPERS
from transload_airflow.codecs.own_timetables import HOME as TIMETABLES
from transload_airflow.names import TOOL
from transload_airflow.writing import versions
from transload_airflow.writing.outline import asset_forms, describe, manifest
from transload_airflow.writing.stubs import body_of
from transload_airflow.writing.versions import Version

FOLDER: Final = "dags"
ASSETS: Final = "transload_assets"
"""The module of the shared assets, a package where they are many. Airflow puts the DAGs folder of every project on one path, so it
is not just called assets."""

MOST_FILES: Final = 50
"""More DAGs than this are put together by the area of their assets, `DAGS_PER_FILE` in a file."""

DAGS_PER_FILE: Final = 100

FAIL: Final = "AirflowFailException"
_FAIL: Final = f"""
try:
    from airflow.sdk.exceptions import {FAIL}
except ImportError:  # Airflow 3.1
    from airflow.exceptions import {FAIL}  # noqa: F401
"""

_CHECKING: Final = frozenset({MODULE, FAIL, "failure_of", "logging"})
_TAKEN: Final = frozenset({*POSITIONAL, *_CHECKING, "DAG", "datetime", "task", "zoneinfo", ASSETS})
_PACKAGE: Final = {
    "__init__.py": '"""The assets that the DAGs share, by the area that they are in."""\n',
    ".airflowignore": "# No DAG is defined here.\n*\n",
}
_REQUIREMENTS: Final = "apache-airflow-core>={oldest},<{next}\napache-airflow-providers-standard\n"
_OWN: Final = "transload[airflow]\n"
_WITH_MAPPERS: Final = (
    "\nSome DAGs import `transload_airflow`: have transload installed wherever Airflow runs (scheduler, DAG processor, API server, "
    "workers). Its plugin is found by itself.\n"
)


@dataclass(frozen=True)
class _Scope:
    """Constant of an asset or alias → its module; names that nothing else may have; jobs by (dag_id, task_id); checks by job."""

    constants: Mapping[str, str]
    taken: frozenset[str]
    jobs: dict[tuple[str, str], Job]
    checks: Mapping[str, CheckJob]


def write(translation: Translation) -> ProjectFiles:
    """The files of the project. Python is not yet formatted."""
    native = translation.native
    constants = _constants(translation)
    modules = _modules(translation, constants)
    module_of = {constants[key]: module for module, keys in modules.items() for key in keys}
    checks = check_jobs(translation.graph)
    # The jobs as they were, and those that only the shape has.
    jobs = {(job.names[TOOL][0], job.names[TOOL][1]): translation.graph.job.get(job.name, job) for job in native.jobs}
    scope = _Scope(module_of, _TAKEN | module_of.keys(), jobs, checks)
    references = {key: name_expr(constant) for key, constant in constants.items()}
    files = _asset_files(translation, modules, constants)
    needed: dict[str, Version] = {}
    for stem, dags in _by_file(describe(native, references), native).items():
        files[f"{FOLDER}/{stem}.py"], needs = _dag_file(dags, scope)
        needed |= needs
    if any(job.name in checks and checks[job.name].check.function for job in native.jobs):
        files[f"{FOLDER}/{MODULE}.py"] = module_text() + _FAIL
    carried = manifest(translation)
    if carried:
        files[f"{FOLDER}/{carry.MANIFEST}"] = carry.dumps(carried, TOOL)
    imports_own = any(f"from {home} import" in text for text in files.values() for home in (MAPPERS, TIMETABLES))
    requirements = _REQUIREMENTS.format(
        oldest=versions.shown(versions.oldest(needed)), next=versions.shown(versions.NEXT)
    )
    return {
        **files,
        "README.md": _readme(translation, files, needed) + (_WITH_MAPPERS if imports_own else ""),
        "requirements.txt": (_OWN if imports_own else "") + requirements,
    }


def _constants(translation: Translation) -> dict[Any, str]:
    """A name for each asset and alias, in the order of these."""
    texts: dict[Any, str] = {asset.id: asset.names[TOOL][0] for asset in translation.native.assets}
    taken = set(texts.values())
    for alias in translation.native.aliases:
        text = f"{alias.name} alias"
        texts[alias.name] = f"{text} {digest(text, WHOLE)}" if text in taken else text
    names = Names(_TAKEN).allocate_all(texts.values())
    return {key: names[text] for key, text in texts.items()}


def _modules(translation: Translation, constants: Mapping[Any, str]) -> dict[str, list[Any]]:
    """Module → its assets and aliases, in the order of their constants."""
    keys = sorted(constants, key=lambda key: constants[key])
    if len(keys) <= MOST:
        return {ASSETS: keys} if keys else {}
    areas: dict[Any, str] = {asset.id: area(asset) for asset in translation.native.assets}
    areas |= {alias.name: alias.group or "aliases" for alias in translation.native.aliases}
    return {f"{ASSETS}.{stem}": part for stem, part in spread(keys, lambda key: areas[key]).items()}


def _asset_files(
    translation: Translation, modules: Mapping[str, list[Any]], constants: Mapping[Any, str]
) -> dict[str, str]:
    """The files of the assets and aliases."""
    forms = asset_forms(translation)
    files = {f"{FOLDER}/{ASSETS}/{name}": text for name, text in _PACKAGE.items()} if len(modules) > 1 else {}
    for module, keys in modules.items():
        source = Source("The assets that the DAGs share, generated by transload.")
        source.add(*(assign(constants[key], to_expr(forms[key], source)) for key in keys))
        files[f"{FOLDER}/{module.replace('.', '/')}.py"] = source.render()
    return files


_IMPORTED: Final = ("airflow", "transload", "transload_airflow")


def _by_file(dags: Sequence[DagDefinition], graph: AssetGraph) -> dict[str, list[DagDefinition]]:
    """File stem → DAGs."""
    # A module called as what every DAG imports would stand in its way.
    taken = (ASSETS, MODULE, *_IMPORTED)
    if len(dags) <= MOST_FILES:
        return spread(dags, lambda dag: dag.dag_id, taken)
    areas = {flow.names[TOOL][0]: area_of_flow(flow, graph) or "dags" for flow in graph.flows}
    return spread(dags, lambda dag: areas[dag.dag_id], taken, most=DAGS_PER_FILE)


def _dag_file(dags: Sequence[DagDefinition], scope: _Scope) -> tuple[str, dict[str, Version]]:
    """The text of a file, and the classes and keywords in it that not every Airflow has."""
    values = _values(dags)
    needs = versions.needs(values)
    title = f"The DAG {dags[0].dag_id}" if len(dags) == 1 else f"{len(dags)} DAGs"
    source = Source(f"{title}, generated by transload." + (f"\n\nNeeds {versions.sentence(needs)}." if needs else ""))
    statements = [_dag(dag, source, scope) for dag in dags]
    named = {value.id for value in values if isinstance(value, ast.Name)}
    for constant in sorted(named & scope.constants.keys()):
        source.use_from(scope.constants[constant], constant)
    return source.add(*statements).render(), needs


def _values(dags: Sequence[DagDefinition]) -> list[Any]:
    """The expressions and forms in the arguments of DAGs and tasks."""
    values: list[Any] = []
    pending: list[Any] = [dag.arguments for dag in dags] + [task.arguments for dag in dags for task in dag.tasks]
    while pending:
        value = pending.pop()
        if type(value) in WRITERS:
            # A plain constant has nothing within, and most values are constants.
            continue
        if isinstance(value, ast.expr):
            values.append(value)
        elif isinstance(value, Form):
            values.append(value)
            pending += [*value.args, *value.kwargs.values()]
        elif isinstance(value, Mapping):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            pending += value
    return values


def _dag(dag: DagDefinition, source: Source, scope: _Scope) -> ast.stmt:
    def warn() -> ast.expr:
        source.use("logging")
        return attribute(call("logging.getLogger", name_expr("__name__")), "warning")

    arguments = {key: to_expr(value, source) for key, value in dag.arguments.items()}
    context = call(source.reference(sdk("DAG")), dag.dag_id, **arguments)
    names = _function_names(dag, scope.taken)
    statements = []
    for task in dag.tasks:
        job = scope.jobs[dag.dag_id, task.task_id]
        check = scope.checks.get(job.name)
        body = body_of(job) if check is None else check_body(check, source, f"{MODULE}.{FAIL}", warn)
        statements.append(_task(task, names[task.task_id], source, body))
    return with_(context, [*statements, *_order(dag, names)])


def _function_names(dag: DagDefinition, taken: frozenset[str]) -> dict[str, str]:
    """The function of each task; `make_…` where an asset has the task's name."""
    texts = {task.task_id: f"make_{task.task_id}" if task.task_id in taken else task.task_id for task in dag.tasks}
    names = Names().allocate_all(texts.values())
    if not taken.isdisjoint(names.values()):
        # Only where it must be: the names that are taken are copied, and may be far more than the tasks of a DAG.
        names = Names(taken).allocate_all(texts.values())
    return {task_id: names[text] for task_id, text in texts.items()}


def _task(task: TaskDefinition, name: str, source: Source, body: list[ast.stmt]) -> ast.stmt:
    arguments = {key: to_expr(value, source) for key, value in task.arguments.items()}
    doc = task.arguments.get("doc_md")
    docstring = doc if isinstance(doc, str) and fields.is_docstring(doc) else None
    if docstring:
        arguments.pop("doc_md")
    if name != task.task_id:
        arguments = {"task_id": to_expr(task.task_id, source), **arguments}
    decorator = source.reference(sdk("task"))
    if task.operator != PLAIN_OPERATOR:
        decorator = attribute(decorator, task.operator.rpartition(".")[2])
    decorators = [call(decorator, **arguments) if arguments else decorator]
    return function(name, body=body, decorators=decorators, docstring=docstring)


def _order(dag: DagDefinition, names: dict[str, str]) -> list[ast.stmt]:
    """The tasks are called in their order; those that are ordered have a variable each."""
    ordered = {task_id for task in dag.tasks if task.upstream for task_id in (task.task_id, *task.upstream)}
    if not ordered:
        return [expression(call(names[task.task_id])) for task in dag.tasks]
    wanted = [f"{names[task_id]}_task" for task_id in sorted(ordered)]
    variables = Names({*_TAKEN, *names.values()}).allocate_all(wanted)
    statements: list[ast.stmt] = []
    for task in dag.tasks:
        made = call(names[task.task_id])
        variable = variables.get(f"{names[task.task_id]}_task")
        statements.append(assign(variable, made) if variable else expression(made))
    for task in dag.tasks:
        before = [name_expr(variables[f"{names[task_id]}_task"]) for task_id in task.upstream]
        if before:
            first = before[0] if len(before) == 1 else list_(before)
            statements.append(expression(operation(">>", first, name_expr(variables[f"{names[task.task_id]}_task"]))))
    return statements


def _readme(translation: Translation, files: Mapping[str, str], needed: Mapping[str, Version]) -> str:
    native = translation.native
    notes = {
        f"{FOLDER}/{ASSETS}": "has the assets, each once: import them from there in DAGs of your own.",
        f"{FOLDER}/{ASSETS}.py": "has the assets, each once: import them from there in DAGs of your own.",
        f"{FOLDER}/{MODULE}.py": "calls the checks of assets, whose functions must be importable beside the DAGs.",
        f"{FOLDER}/{carry.MANIFEST}": "keeps what Airflow has no place for. Leave it beside the DAGs.",
    }
    paths = {*files, *(path.rpartition("/")[0] for path in files)}
    listed = [f"* `{path}` {note}\n" for path, note in notes.items() if path in paths]
    listed += ["* The body of each task says what to fill in.\n"] if native.jobs else []
    newline = "\n" if listed else ""
    return (
        "# DAGs generated by transload\n\n"
        f"{len(native.flows)} DAGs with {len(native.jobs)} tasks over {len(native.assets)} assets.\n\n"
        f"{''.join(listed)}"
        f"{newline}Put the content of `{FOLDER}` into the DAGs folder of {versions.sentence(needed)}.\n"
    )
