"""The files of a project that are no Python: `prefect.yaml`, wherever it lies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

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


def deployments(root: Path, facts: Facts) -> None:
    """Add the deployments of every `prefect.yaml` below the root."""
    for path in _files(root):
        relative = path.relative_to(root).as_posix()
        origin = Origin(tool=TOOL, path=relative)
        try:
            text = path.read_text(encoding="utf-8")[:_MANY]
            node, content = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
        except (OSError, *REFUSED) as error:
            message = f"This is no YAML: {' '.join(str(error).split())}."
            facts.add_loss(f"file {relative}", "*", message, Code.UNREADABLE, origin)
            continue
        unfit = _unfit(content)
        if unfit:
            facts.add_loss(f"file {relative}", "*", unfit, Code.UNREADABLE, origin)
        elif content is not None:
            _read(content, _lines(node), relative, facts)


def _unfit(content: Any) -> str | None:
    """The reason why a file has no deployments that can be read; None if there is none."""
    if content is not None and not isinstance(content, dict):
        return "It is no mapping, and so has no deployments."
    # An anchor that is repeated costs nothing to read, and a few of them within one another fill the memory when they are copied.
    if weight(content) > MAX_PARTS:
        return f"It has more than {MAX_PARTS:,} values, counting those that are repeated by reference."
    if content and not isinstance(content.get("deployments") or [], list):
        return "Its `deployments` are no list."
    return None


def _files(root: Path) -> list[Path]:
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED | ARTEFACTS and not name.startswith("."))
        files.extend([Path(folder, FILE)] if FILE in names else [])
    return files


def _lines(node: Any) -> list[int]:
    """The line of each deployment."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    listed = next((value for key, value in pairs if key.value == "deployments"), None)
    return [item.start_mark.line + 1 for item in listed.value] if isinstance(listed, yaml.SequenceNode) else []


def _read(content: Mapping[str, Any], lines: list[int], path: str, facts: Facts) -> None:
    for name in _PROJECT_STEPS:
        if content.get(name):
            message = f"The steps `{name}` of the whole project are not taken over."
            facts.add_loss(f"file {path}", name, message, Code.FLOW_NATIVE, Origin(tool=TOOL, path=path))
    for name in sorted(set(map(str, content)) - PROJECT):
        message = f"Prefect has no field {name!r} in a project."
        facts.add_loss(f"file {path}", name, message, Code.UNKNOWN_KEYWORD, Origin(tool=TOOL, path=path))
    listed = content.get("deployments")
    for number, item in enumerate(listed if isinstance(listed, list) else []):
        origin = Origin(tool=TOOL, path=path, line=lines[number] if number < len(lines) else None)
        if not isinstance(item, dict):
            facts.add_loss(f"file {path}", "deployments", "A deployment is no mapping.", Code.UNRESOLVED, origin)
            continue
        fields = dict(_fields(item))
        # Templates in a trigger are filled in by the server, from the event; all others by Prefect when it deploys.
        for name in sorted(name for name, value in fields.items() if name != "triggers" and has_template(value)):
            message = f"`{name}` has a template, which Prefect fills in when it deploys; its text is kept."
            facts.add_uncertain(f"deployment {fields.get('name')}", name, message, origin)
        facts.deployments.append(DeploymentFact(fields, origin))


def _fields(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in item.items():
        plain: Any = Plain().value(value)
        if name == "schedules" and isinstance(plain, list):
            schedules = (part for part in plain if part != {})
            yield name, [flattened(part) if isinstance(part, dict) else part for part in schedules]
        elif name == "schedule" and isinstance(plain, dict):
            yield name, flattened(plain)
        else:
            yield str(name), plain


def flattened(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of `schedules`; the time may stand one level deeper, in `schedule`."""
    time = item.get("schedule")
    flat = {name: value for name, value in item.items() if name != "schedule" or not isinstance(time, dict)}
    # A rule and its time zone may be one JSON text, as the command line of Prefect takes them.
    rule = None
    if isinstance(item.get("rrule"), str):
        try:
            rule = json.loads(item["rrule"])
        except ValueError:
            rule = None
    return {**flat, **(time if isinstance(time, dict) else {}), **(rule if isinstance(rule, dict) else {})}
