"""Graph → a project for Prefect: `assets.py`, `flows.py` (packages where they are long), and `prefect.yaml` with the deployments."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

from transload import carry
from transload.adapter import Translation
from transload.check_jobs import MODULE, CheckJob, check_jobs, module_text
from transload.check_jobs import body_of as check_body
from transload.model.assets import Asset
from transload.model.graph import AssetGraph
from transload.model.hidden import HIDDEN
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job, Read
from transload.model.partitions import Partitions
from transload.writing.expressions import attribute, call, list_, literal, name
from transload.writing.module import Source
from transload.writing.parameters import Parameter
from transload.writing.project import ProjectFiles
from transload.writing.statements import assign, docstring_of, expression, function, not_implemented, with_
from transload_prefect.codecs.deployments import FILE, Deployment
from transload_prefect.codecs.partitions import (
    CURRENT,
    HELPER,
    PARAMETERS,
    PARTITION_KEY,
    UPSTREAM,
    fed_by,
    partitioned_jobs,
    run_by,
)
from transload_prefect.names import TOOL
from transload_prefect.writing.outline import deployments_of, flow_options, task_options
from transload_prefect.writing.partitions import definitions_of, dependency_of, expression_of
from transload_prefect.writing.python_names import PythonNames, python_names

_ORDER: Final = (
    "name",
    "description",
    "entrypoint",
    "version",
    "tags",
    "parameters",
    "schedules",
    "triggers",
    "concurrency_limit",
)
_REQUIREMENTS: Final = "prefect>=3.4.9,<4\n"
_HELPER: Final = "transload[prefect]\n"
_WIDTH: Final = 100
_PACKAGES: Final = {
    "assets": "The assets.",
    "tasks": "The tasks, whose code is still to be moved here.",
    "flows": "The flows that call the tasks.",
}
"""The packages of a large project, with their docstrings."""


def write(translation: Translation) -> ProjectFiles:
    """The files of the project."""
    graph = translation.native
    names = python_names(graph)
    modules = {**_assets(graph, names), **_tasks_and_flows(translation, names)}
    packages = sorted({module.partition(".")[0] for module in modules if "." in module})
    code = {
        "partitions.py": _partitions(graph, names),
        **{f"{package}/__init__.py": Source(_PACKAGES[package]).render() for package in packages},
        **{f"{module.replace('.', '/')}.py": source.render() for module, source in modules.items()},
    }
    checks = check_jobs(translation.graph)
    calls_check = any(job.name in checks and checks[job.name].check.function for job in graph.jobs)
    uses_helper = any(HELPER in text for text in code.values())
    files = {
        **code,
        FILE: _prefect_yaml(graph, names),
        f"{MODULE}.py": module_text() if calls_check else "",
        carry.MANIFEST: carry.dumps(translation.carried, TOOL) if translation.carried else "",
        "requirements.txt": _REQUIREMENTS + (_HELPER if uses_helper else ""),
    }
    written = {path: text for path, text in files.items() if text}
    return {**written, "README.md": _readme(translation, written)}


def made_from(translation: Translation) -> str:
    """The tools whose definitions the graph was read from, in words."""
    graph = translation.graph
    origins = (
        [asset.origin for asset in graph.assets]
        + [job.origin for job in graph.jobs]
        + [flow.origin for flow in graph.flows]
    )
    tools = sorted({origin.tool.capitalize() for origin in origins if origin is not None})
    listed = " and ".join(filter(None, (", ".join(tools[:-1]), *tools[-1:])))
    return f"definitions of {listed}" if tools else "a graph"


# partitions.py


def _partitions(graph: AssetGraph, names: PythonNames) -> str:
    definitions = definitions_of(graph)
    if not definitions:
        return ""
    source = Source("The partitions. Written by transload.")
    for text, definition in definitions.items():
        source.add(assign(names.partitions[text], expression_of(definition, source)))
    return source.render()


def _definition(partitions: Partitions, names: PythonNames, source: Source) -> ast.expr:
    constant = names.partitions[partitions.model_dump_json()]
    source.use_from("partitions", constant)
    return name(constant)


# assets.py, or assets


def _assets(graph: AssetGraph, names: PythonNames) -> dict[str, Source]:
    """Module → source."""
    modules = dict.fromkeys(names.modules.assets.values())
    sources = {module: Source("The assets. Written by transload.") for module in modules}
    for asset in graph.assets:
        source = sources[names.modules.assets[asset.id]]
        source.add(assign(names.assets[asset.id], _asset(asset, names, source)))
    return sources


def _asset(asset: Asset, names: PythonNames, source: Source) -> ast.expr:
    fields = {
        "name": asset.title,
        "url": asset.url,
        "description": asset.description,
        "owners": list(asset.owners) or None,
    }
    properties = {field: value for field, value in fields.items() if value is not None}
    keywords: dict[str, Any] = {"key": asset.names[TOOL][0]}
    if properties:
        keywords["properties"] = call(source.reference("prefect.assets.AssetProperties"), **properties)
    if asset.partitions is not None:
        keywords["partitions"] = _definition(asset.partitions, names, source)
        return call(source.reference(f"{HELPER}.PartitionedAsset"), **keywords)
    return call(source.reference("prefect.assets.Asset"), **keywords)


# flows.py, or tasks and flows


def _tasks_and_flows(translation: Translation, names: PythonNames) -> dict[str, Source]:
    """Module → source."""
    graph, modules = translation.native, names.modules
    partitioned, checks = partitioned_jobs(graph), check_jobs(translation.graph)
    made = made_from(translation)
    sources: dict[str, Source] = {}
    for module in dict.fromkeys((*modules.jobs.values(), *modules.flows.values())):
        package, _, name_in_package = module.partition(".")
        content = package.capitalize() if name_in_package else "Tasks and flows"
        sources[module] = Source(f"{content}. Written by transload from {made}.")
    for job in graph.jobs:
        source = sources[modules.jobs[job.name]]
        if job.name in checks:
            body = _body_of_check(checks[job.name], source)
        else:
            body = body_of(translation.graph.job[job.name], source if job.name in partitioned else None)
        source.add(_task(job, body, names, source))
    for flow in graph.flows:
        source = sources[modules.flows[flow.name]]
        source.add(_flow(flow, graph, names, source))
    return sources


def _body_of_check(check: CheckJob, source: Source) -> list[ast.stmt]:
    # Asked for only where the check warns, so that the logger is imported only there.
    def warn() -> ast.expr:
        return attribute(call(source.reference("prefect.logging.get_run_logger")), "warning")

    return check_body(check, source, f"{MODULE}.CheckError", warn)


def _task(job: Job, body: list[ast.stmt], names: PythonNames, source: Source) -> ast.stmt:
    own = names.jobs[job.name]
    docstring, description = _documentation(job.description)
    keywords = {
        "name": _unless(job.names[TOOL][1], own),
        "asset_deps": list_(_read(read, names, source) for read in job.reads) if job.reads else None,
        **task_options(job),
        "description": description,
    }
    assets = _references((write.asset for write in job.writes), names, source)
    decorator = _decorator(
        source.reference("prefect.assets.materialize" if assets else "prefect.task"), assets, keywords
    )
    return function(own, body=body, decorators=[decorator], returns=literal(None), docstring=docstring)


def _read(read: Read, names: PythonNames, source: Source) -> ast.expr:
    (asset,) = _references([read.asset], names, source)
    return dependency_of(asset, read.mapping, source)


def body_of(job: Job, partitioned: Source | None = None) -> list[ast.stmt]:
    """The body of a task until its code is moved: an error with the place of the code and, if `partitioned`, the partition of the run."""
    place = str(job.origin) if job.origin and job.origin.path else None
    where = ", ".join(text for text in (job.function, place) if text)
    end = f": {where}." if where else "."
    message = f"Move the code of {job.name} here"
    if partitioned is None:
        return [not_implemented(message + end)]
    key = ast.FormattedValue(value=attribute("partition", "key"), conversion=-1)
    text = ast.JoinedStr(values=[ast.Constant(f"{message}, for the partition "), key, ast.Constant(end)])
    partition = assign("partition", call(partitioned.reference(f"{HELPER}.{CURRENT}")))
    return [partition, not_implemented(text)]


def _flow(flow: Flow, graph: AssetGraph, names: PythonNames, source: Source) -> ast.stmt:
    own = names.flows[flow.name]
    docstring, description = _documentation(flow.description)
    required, defaults, options = flow_options(flow, graph)
    keywords = {"name": _unless(flow.names[TOOL][0], own.replace("_", "-")), **options, "description": description}
    parameters: list[Any] = [*required]
    for parameter, default in defaults.items():
        # Only the parameters of partitions are annotated: they are transload's own, of which the type is known.
        of_partition = parameter in PARAMETERS
        optional = ast.BinOp(left=name("str"), op=ast.BitOr(), right=literal(None)) if of_partition else None
        parameters.append(Parameter(parameter, optional, literal(_plain_copy(default))))
    return function(
        own,
        parameters=parameters,
        body=_calls(flow, graph, names, source),
        decorators=[_decorator(source.reference("prefect.flow"), [], keywords)],
        returns=literal(None),
        docstring=docstring,
    )


def _calls(flow: Flow, graph: AssetGraph, names: PythonNames, source: Source) -> list[ast.stmt]:
    """The calls of the tasks, for one partition where the flow has partitions."""
    modules = names.modules
    for job in flow.jobs:
        if modules.jobs[job] != modules.flows[flow.name]:
            source.use_from(modules.jobs[job], names.jobs[job])
    calls = [expression(call(names.jobs[job])) for job in flow.jobs]
    by = run_by(flow, graph)
    if by is None:
        return calls
    partitions = _references([by], names, source)[0] if isinstance(by, AssetId) else _definition(by, names, source)
    reads = fed_by(flow, graph, deployments_of(flow, graph))
    upstream = [name(UPSTREAM), list_(_read(read, names, source) for read in reads)] if reads else []
    run = source.reference(f"{HELPER}.PartitionedRun")
    return [with_(call(run, partitions, name(PARTITION_KEY), *upstream), calls)]


def _plain_copy(value: Any) -> Any:
    """Plain lists and dictionaries, of whatever class the model holds them in."""
    if isinstance(value, Mapping):
        return {key: _plain_copy(item) for key, item in value.items()}
    return [_plain_copy(item) for item in value] if isinstance(value, (list, tuple)) else value


def _decorator(decorator: ast.expr, args: list[ast.expr], keywords: Mapping[str, Any]) -> ast.expr:
    """The decorator, called if it has arguments; keywords of None are left out."""
    present = {keyword: value for keyword, value in keywords.items() if value is not None}
    return call(decorator, *args, **present) if args or present else decorator


def _documentation(description: str | None) -> tuple[str | None, str | None]:
    """A description as docstring where that keeps it letter by letter, and else as a keyword."""
    return (description, None) if description and docstring_of(description) == description else (None, description)


def _unless(text: str, default: str) -> str | None:
    return None if text == default else text


def _references(assets: Iterable[Any], names: PythonNames, source: Source) -> list[ast.expr]:
    """The constants of assets, imported into the source."""
    constants = []
    for asset in assets:
        source.use_from(names.modules.assets[asset], names.assets[asset])
        constants.append(name(names.assets[asset]))
    return constants


# prefect.yaml


def _prefect_yaml(graph: AssetGraph, names: PythonNames) -> str:
    """The text of the file; empty without deployments."""
    deployments: list[Deployment] = []
    for flow in graph.flows:
        file = names.modules.flows[flow.name].replace(".", "/")
        entrypoint = f"{file}.py:{names.flows[flow.name]}"
        for deployment in deployments_of(flow, graph):
            fields = {**deployment, "entrypoint": entrypoint}
            deployments.append({**{field: fields[field] for field in _ORDER if field in fields}, **fields})
    if not deployments:
        return ""
    content = _plain_copy({"deployments": deployments})
    text = _dumped(content, readable=True)
    # Characters that cannot be seen, or that turn the direction of text, are escaped: a reader must see what stands there.
    return _dumped(content, readable=False) if HIDDEN.search(text) else text


class _Dumper(yaml.SafeDumper):
    """Lists are indented, and nothing is abbreviated by an anchor."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as the base class
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - as the base class
        return True


def _dumped(content: Any, *, readable: bool) -> str:
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=readable, width=_WIDTH))


# Beside the code


_PARTITIONED: Final = (
    "\nA run works on one partition: that of its parameter `partition_key`, else, where partitions are windows of time, the one that"
    " closed last.\nIn tasks `current_partition()` has its `key`, its `window`, and by `upstream(ASSET)` the keys that it is made from."
    " Task runs and events have\nthe tag `partition:<key>`. To run many, start one run for each, with `idempotency_key` so that none"
    " runs twice.\n"
)


_NOTES: Final = {
    "partitions.py": "the partitions.",
    "assets.py": "the assets.",
    "assets/": "the assets.",
    "tasks/": "the tasks, whose code is still to be moved here.",
    "flows/": "the flows that call them.",
    "flows.py": "the tasks, whose code is still to be moved here, and the flows that call them.",
    f"{MODULE}.py": "calls the checks of assets, whose functions must be importable.",
    FILE: "the deployments, with schedules and triggers.",
    carry.MANIFEST: "what Prefect cannot hold. transload reads it back; keep it.",
}
"""File or package → its line in the README, in this order."""

_DEPLOY: Final = (
    "\nSet up a work pool, name it in `PREFECT_DEFAULT_WORK_POOL_NAME`, and register the deployments of `prefect.yaml`:\n"
    "\n    prefect --no-prompt deploy --all\n"
)


def _readme(translation: Translation, files: Mapping[str, str]) -> str:
    present = {path if "/" not in path else f"{path.partition('/')[0]}/" for path, text in files.items() if text}
    notes = "".join(f"* `{path}`: {note}\n" for path, note in _NOTES.items() if path in present)
    return (
        f"# Prefect project\n\nWritten by transload from {made_from(translation)}.\n\n{notes}"
        f"{_PARTITIONED if any(HELPER in text for text in files.values()) else ''}"
        "\n    pip install -r requirements.txt\n"
        f"{_DEPLOY if FILE in present else ''}"
    )
