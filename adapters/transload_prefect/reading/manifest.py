"""The files of a project that are no Python: `prefect.yaml`, wherever it lies, and what transload put beside the project."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from transload import carry
from transload.loss import Code
from transload.model.assets import Origin
from transload.reading.data_files import REFUSED
from transload.reading.module_files import ARTEFACTS, SKIPPED
from transload.reading.values import MAX_PARTS, weight
from transload_prefect.codecs.deployments import FILE, has_template
from transload_prefect.codecs.plain import Plain
from transload_prefect.names import TOOL
from transload_prefect.reading.facts import DeploymentFact, Facts

_PROJECT_STEPS: Final = ("build", "push", "pull")
PROJECT: Final = frozenset({"name", "prefect-version", "deployments", "definitions", *_PROJECT_STEPS})
"""Fields of the file itself."""
_MANY: Final = 1_000_000
"""Characters in a `prefect.yaml`; a longer one is none."""


def carried(root: Path) -> carry.Carried:
    """What transload carried beside the project. Raises `DocumentError` for a damaged file."""
    return carry.beside(root)


def deployments(root: Path, found: Facts) -> None:
    """Add the deployments of every `prefect.yaml` below the root."""
    for path in _files(root):
        relative = path.relative_to(root).as_posix()
        try:
            text = path.read_text(encoding="utf-8")[:_MANY]
            node, content = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
        except (OSError, *REFUSED) as error:
            reason = " ".join(str(error).split())
            found.lost(
                f"file {relative}",
                "*",
                f"This is no YAML: {reason}.",
                Code.UNREADABLE,
                Origin(tool=TOOL, path=relative),
            )
            continue
        unfit = _unfit(content)
        if unfit:
            found.lost(f"file {relative}", "*", unfit, Code.UNREADABLE, Origin(tool=TOOL, path=relative))
        elif content is not None:
            _read(content, _lines(node), relative, found)


def _unfit(content: Any) -> str | None:
    """Why a file has no deployments that can be read."""
    if content is not None and not isinstance(content, dict):
        return "It is no mapping, and so has no deployments."
    if weight(content) > MAX_PARTS:
        return f"It has more than {MAX_PARTS:,} values, counting those that are repeated by reference."
    if content and not isinstance(content.get("deployments") or [], list):
        return "Its `deployments` are no list."
    return None


def _files(root: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED | ARTEFACTS and not name.startswith("."))
        found.extend([Path(folder, FILE)] if FILE in files else [])
    return found


def _lines(node: Any) -> list[int]:
    """The line of each deployment."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    listed = next((value for key, value in pairs if key.value == "deployments"), None)
    return [item.start_mark.line + 1 for item in listed.value] if isinstance(listed, yaml.SequenceNode) else []


def _read(content: Mapping[str, Any], lines: list[int], path: str, found: Facts) -> None:
    for name in _PROJECT_STEPS:
        if content.get(name):
            message = f"The steps `{name}` of the whole project are not taken over."
            found.lost(f"file {path}", name, message, Code.FLOW_NATIVE, Origin(tool=TOOL, path=path))
    for name in sorted(set(map(str, content)) - PROJECT):
        message = f"Prefect has no field {name!r} in a project."
        found.lost(f"file {path}", name, message, Code.UNKNOWN_KEYWORD, Origin(tool=TOOL, path=path))
    listed = content.get("deployments")
    for number, item in enumerate(listed if isinstance(listed, list) else []):
        origin = Origin(tool=TOOL, path=path, line=lines[number] if number < len(lines) else None)
        if isinstance(item, dict):
            fields = dict(_fields(item))
            _report_templates(fields, origin, found)
            found.deployments.append(DeploymentFact(fields, origin))
        else:
            found.lost(f"file {path}", "deployments", "A deployment is no mapping.", Code.UNRESOLVED, origin)


def _report_templates(fields: Mapping[str, Any], origin: Origin, found: Facts) -> None:
    """Report what Prefect fills in when it deploys; what a trigger hands on is filled in by the server."""
    for name in sorted(name for name, value in fields.items() if name != "triggers" and has_template(value)):
        message = f"`{name}` has a template, which Prefect fills in when it deploys; its text is kept."
        found.doubted(f"deployment {fields.get('name')}", name, message, origin)


def _fields(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in item.items():
        plain: Any = Plain().value(value)
        if name == "schedules" and isinstance(plain, list):
            yield name, [flattened(each) if isinstance(each, dict) else each for each in plain if each != {}]
        elif name == "schedule" and isinstance(plain, dict):
            yield name, flattened(plain)
        else:
            yield str(name), plain


def flattened(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of `schedules`; the time may stand one level deeper, in `schedule`."""
    time = item.get("schedule")
    flat = {name: value for name, value in item.items() if name != "schedule" or not isinstance(time, dict)}
    return {**flat, **(time if isinstance(time, dict) else {}), **_rule(item.get("rrule"))}


def _rule(said: Any) -> dict[str, Any]:
    """Prefect takes a rule and its time zone as one JSON text, too."""
    try:
        rule = json.loads(said) if isinstance(said, str) else None
    except ValueError:
        return {}
    return rule if isinstance(rule, dict) else {}
