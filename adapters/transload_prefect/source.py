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
from transload.writing.statements import assign, docstring_of, expression, function, raise_, with_
from transload_prefect.codecs.deployments import FILE, Deployment
from transload_prefect.codecs.partitions import (
    HELPER,
    PARAMETERS,
    PARTITION_KEY,
    UPSTREAM,
    fed_by,
    run_by,
    told_jobs,
)
from transload_prefect.names import TOOL
from transload_prefect.writing.outline import deployments_of, flow_options, task_options
from transload_prefect.writing.partitions import definitions_of, expression_of, reading
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
_KEPT: Final = {
    "assets": "The assets.",
    "tasks": "The tasks, whose code is still to be moved here.",
    "flows": "The flows that call the tasks.",
}
"""What the packages of a large project keep."""


def write(translation: Translation) -> ProjectFiles:
    """The files of the project."""
    graph = translation.native
    names = python_names(graph)
    deployments = [each for flow in graph.flows for each in _deployments(flow, graph, names)]
    code = {
        "partitions.py": _partitions(graph, names),
        **_packaged({**_assets(graph, names), **_code(translation, names)}),
    }
    helped = any(HELPER in text for text in code.values())
    files = {
        **code,
        FILE: _yaml({"deployments": deployments}) if deployments else "",
        f"{MODULE}.py": module_text() if _asks(translation) else "",
        carry.MANIFEST: carry.dumps(translation.carried, TOOL) if translation.carried else "",
        "requirements.txt": _REQUIREMENTS + (_HELPER if helped else ""),
    }
    written = {path: text for path, text in files.items() if text}
    return {**written, "README.md": _readme(translation, written)}


def _packaged(modules: Mapping[str, Source]) -> dict[str, str]:
    """The files of modules, and of the packages that they are in."""
    packages = {module.partition(".")[0] for module in modules if "." in module}
    files = {f"{package}/__init__.py": Source(_KEPT[package]).render() for package in sorted(packages)}
    return files | {f"{module.replace('.', '/')}.py": source.render() for module, source in modules.items()}


def made_from(translation: Translation) -> str:
    """What the graph was read from, in words."""
    graph = translation.graph
    origins = (
        [each.origin for each in graph.assets]
        + [each.origin for each in graph.jobs]
        + [each.origin for each in graph.flows]
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
    source.add(*(assign(names.partitions[text], expression_of(each, source)) for text, each in definitions.items()))
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
    said = {
        "name": asset.title,
        "url": asset.url,
        "description": asset.description,
        "owners": list(asset.owners) or None,
    }
    properties = {field: value for field, value in said.items() if value is not None}
    told = {"properties": call(source.reference("prefect.assets.AssetProperties"), **properties)} if properties else {}
    kind = "prefect.assets.Asset"
    if asset.partitions is not None:
        kind, told = f"{HELPER}.PartitionedAsset", {**told, "partitions": _definition(asset.partitions, names, source)}
    return call(source.reference(kind), key=asset.names[TOOL][0], **told)


# flows.py, or tasks and flows


def _code(translation: Translation, names: PythonNames) -> dict[str, Source]:
    """Module → its tasks and flows."""
    graph, modules = translation.native, names.modules
    told, checks = told_jobs(graph), check_jobs(translation.graph)
    made = made_from(translation)
    sources = {
        module: _empty(module, made) for module in dict.fromkeys((*modules.jobs.values(), *modules.flows.values()))
    }
    for job in graph.jobs:
        source = sources[modules.jobs[job.name]]
        body = (
            _checking(checks[job.name], source)
            if job.name in checks
            else body_of(translation.graph.job[job.name], source if job.name in told else None)
        )
        source.add(_task(job, body, names, source))
    for flow in graph.flows:
        source = sources[modules.flows[flow.name]]
        source.add(_flow(flow, graph, names, source))
    return sources


def _empty(module: str, made: str) -> Source:
    package, _, rest = module.partition(".")
    what = package.capitalize() if rest else "Tasks and flows"
    return Source(f"{what}. Written by transload from {made}.")


def _asks(translation: Translation) -> bool:
    """Whether some task calls a check."""
    checks = check_jobs(translation.graph)
    return any(job.name in checks and checks[job.name].check.function for job in translation.native.jobs)


def _checking(check: CheckJob, source: Source) -> list[ast.stmt]:
    return check_body(check, source, f"{MODULE}.CheckError", lambda: _warn(source))


def _warn(source: Source) -> ast.expr:
    return attribute(call(source.reference("prefect.logging.get_run_logger")), "warning")


def _task(job: Job, body: list[ast.stmt], names: PythonNames, source: Source) -> ast.stmt:
    own = names.jobs[job.name]
    docstring, description = _documentation(job.description)
    told = {
        "name": _unless(job.names[TOOL][1], own),
        "asset_deps": list_(_read(read, names, source) for read in job.reads) if job.reads else None,
        **task_options(job),
        "description": description,
    }
    written = _named((write.asset for write in job.writes), names, source)
    decorator = source.reference("prefect.assets.materialize" if written else "prefect.task")
    return function(
        own, body=body, decorators=[_decorator(decorator, written, told)], returns=literal(None), docstring=docstring
    )


def _read(read: Read, names: PythonNames, source: Source) -> ast.expr:
    (asset,) = _named([read.asset], names, source)
    return reading(asset, read.mapping, source)


def body_of(job: Job, partitioned: Source | None = None) -> list[ast.stmt]:
    """The body of a task: until its code is moved, an error that says where the code is, and for which partition it is to run."""
    where = ", ".join(
        text for text in (job.function, str(job.origin) if job.origin and job.origin.path else None) if text
    )
    place = f": {where}." if where else "."
    message = f"Move the code of {job.name} here"
    if partitioned is None:
        return [raise_(call("NotImplementedError", message + place))]
    key = ast.FormattedValue(value=attribute("partition", "key"), conversion=-1)
    told = ast.JoinedStr(values=[ast.Constant(f"{message}, for the partition "), key, ast.Constant(place)])
    asked = assign("partition", call(partitioned.reference(f"{HELPER}.current_partition")))
    return [asked, raise_(call("NotImplementedError", told))]


def _flow(flow: Flow, graph: AssetGraph, names: PythonNames, source: Source) -> ast.stmt:
    own = names.flows[flow.name]
    docstring, description = _documentation(flow.description)
    required, defaults, options = flow_options(flow, graph)
    told = {"name": _unless(flow.names[TOOL][0], own.replace("_", "-")), **options, "description": description}
    return function(
        own,
        parameters=[*required, *(_parameter(parameter, value) for parameter, value in defaults.items())],
        body=_in_run(flow, graph, names, source),
        decorators=[_decorator(source.reference("prefect.flow"), [], told)],
        returns=literal(None),
        docstring=docstring,
    )


def _in_run(flow: Flow, graph: AssetGraph, names: PythonNames, source: Source) -> list[ast.stmt]:
    """The calls of the tasks, for one partition where the flow has partitions."""
    modules = names.modules
    for job in flow.jobs:
        if modules.jobs[job] != modules.flows[flow.name]:
            source.use_from(modules.jobs[job], names.jobs[job])
    calls = [expression(call(names.jobs[job])) for job in flow.jobs]
    by = run_by(flow, graph)
    if by is None:
        return calls
    given = _named([by], names, source)[0] if isinstance(by, AssetId) else _definition(by, names, source)
    reads = fed_by(flow, graph, deployments_of(flow, graph))
    more = [name(UPSTREAM), list_(_read(read, names, source) for read in reads)] if reads else []
    run = source.reference(f"{HELPER}.PartitionedRun")
    return [with_(call(run, given, name(PARTITION_KEY), *more), calls)]


def _parameter(parameter: str, value: Any) -> Parameter:
    optional = ast.BinOp(left=name("str"), op=ast.BitOr(), right=literal(None)) if parameter in PARAMETERS else None
    return Parameter(parameter, optional, literal(_thawed(value)))


def _thawed(value: Any) -> Any:
    """Plain lists and dictionaries, of whatever class the model holds them in."""
    if isinstance(value, Mapping):
        return {key: _thawed(each) for key, each in value.items()}
    return [_thawed(each) for each in value] if isinstance(value, (list, tuple)) else value


def _decorator(decorator: ast.expr, args: list[ast.expr], told: Mapping[str, Any]) -> ast.expr:
    said = {keyword: value for keyword, value in told.items() if value is not None}
    return call(decorator, *args, **said) if args or said else decorator


def _documentation(description: str | None) -> tuple[str | None, str | None]:
    """A description as docstring where that keeps it letter by letter, and else as a keyword."""
    return (description, None) if description and docstring_of(description) == description else (None, description)


def _unless(text: str, default: str) -> str | None:
    return None if text == default else text


def _named(assets: Iterable[Any], names: PythonNames, source: Source) -> list[ast.expr]:
    given = list(assets)
    for asset in given:
        source.use_from(names.modules.assets[asset], names.assets[asset])
    return [name(names.assets[asset]) for asset in given]


# prefect.yaml


def _deployments(flow: Flow, graph: AssetGraph, names: PythonNames) -> list[Deployment]:
    file = names.modules.flows[flow.name].replace(".", "/")
    entrypoint = f"{file}.py:{names.flows[flow.name]}"
    written = [{**deployment, "entrypoint": entrypoint} for deployment in deployments_of(flow, graph)]
    return [{**{field: each[field] for field in _ORDER if field in each}, **each} for each in written]


class _Dumper(yaml.SafeDumper):
    """Lists are indented, and nothing is abbreviated by an anchor."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as the base class
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - as the base class
        return True


def _yaml(content: Mapping[str, Any]) -> str:
    given = _thawed(content)
    text = _dumped(given, readable=True)
    return _dumped(given, readable=False) if HIDDEN.search(text) else text


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
"""File or package → what the README says of it, in this order."""

_DEPLOY: Final = (
    "\nSet up a work pool, name it in `PREFECT_DEFAULT_WORK_POOL_NAME`, and register the deployments of `prefect.yaml`:\n"
    "\n    prefect --no-prompt deploy --all\n"
)


def _readme(translation: Translation, files: Mapping[str, str]) -> str:
    there = {path if "/" not in path else f"{path.partition('/')[0]}/" for path, text in files.items() if text}
    notes = "".join(f"* `{path}`: {note}\n" for path, note in _NOTES.items() if path in there)
    return (
        f"# Prefect project\n\nWritten by transload from {made_from(translation)}.\n\n{notes}"
        f"{_PARTITIONED if any(HELPER in text for text in files.values()) else ''}"
        "\n    pip install -r requirements.txt\n"
        f"{_DEPLOY if FILE in there else ''}"
    )
