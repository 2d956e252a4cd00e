"""What a tool cannot hold itself travels beside it and is put back on the way home.

A writer gives each entity's carried fields a place in the tool (Airflow's `extra`, Dagster's metadata, the project's manifest
`transload.json`); a reader hands them back with the graph that the tool's own words gave, and `restore` makes the whole again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue, ValidationError

from transload.errors import DocumentError
from transload.loss import Code, Loss, Severity
from transload.model.assets import Alias, Asset
from transload.model.base import Record
from transload.model.document import json_text
from transload.model.graph import (
    AssetGraph,
    graph_of,
    name_of,
    referenced,
    referenced_aliases,
    referenced_jobs,
    subject_of,
    unchecked,
)
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job
from transload.model.references import Renames, renamed, without_jobs

KEY: Final = "transload"
"""The key in a tool's own metadata, and the stem of the manifest's file name."""

MANIFEST: Final = "transload.json"

Fields = Mapping[str, JsonValue]

KINDS: Final[Mapping[str, type[Asset | Job | Flow | Alias]]] = {
    "assets": Asset,
    "jobs": Job,
    "flows": Flow,
    "aliases": Alias,
}

_NAMED: Final = {"assets": "id", "jobs": "name", "flows": "name"}
"""The kinds of entity that have a native name in each tool → the field with their name in the graph."""

_HINT: Final = "Restore it as transload wrote it, or delete it to read the project without it."


class Carried(Record):
    """What travels beside a tool.

    Fields by entity, under the key of its native name; entities that the tool cannot hold at all (`whole`), by kind; and the keys of
    entities that only the writer made up (`made`), by kind.
    """

    assets: Mapping[str, Fields] = {}
    jobs: Mapping[str, Fields] = {}
    flows: Mapping[str, Fields] = {}
    whole: Mapping[str, tuple[Fields, ...]] = {}
    made: Mapping[str, tuple[str, ...]] = {}

    def __bool__(self) -> bool:
        return any((self.assets, self.jobs, self.flows, self.whole, self.made))


_as_json: Final = json.JSONEncoder(ensure_ascii=False).encode


def key_of(names: Iterable[str]) -> str:
    """The key of an entity: its native name in the tool at hand, as a JSON list."""
    return _as_json(list(names))


def merge(first: Carried, second: Carried) -> Carried:
    """Both together; where both speak of one entity, the second wins."""
    return Carried(
        assets={**first.assets, **second.assets},
        jobs={**first.jobs, **second.jobs},
        flows={**first.flows, **second.flows},
        whole=_joined(first.whole, second.whole),
        made=_joined(first.made, second.made),
    )


def dumps(carried: Carried, tool: str) -> str:
    """The manifest of a written project."""
    return json_text({KEY: 1, "tool": tool, **carried.model_dump(mode="json", exclude_defaults=True)})


def loads(text: str, *, where: str) -> Carried:
    """The content of a manifest. Raises `DocumentError` if it is none, or of an unknown version."""
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.pop(KEY, None) != 1:
            raise DocumentError("This manifest is not of version 1.", where=where, hint=_HINT)
        raw.pop("tool", None)
        return Carried.model_validate(raw)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"This manifest cannot be read: {error}.", where=where, hint=_HINT) from error


def beside(folder: Path, where: str = MANIFEST) -> Carried:
    """What was carried beside the project in a folder. Raises `DocumentError`, with `where` it lies, for a damaged manifest."""
    path = folder / MANIFEST
    if not path.is_file():
        return Carried()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"This manifest cannot be read: {error}.", where=where, hint=_HINT) from error
    return loads(text, where=where)


def restore(graph: AssetGraph, carried: Carried, tool: str) -> tuple[AssetGraph, tuple[Loss, ...]]:
    """The graph that was written, from what the tool's own words give and what was carried beside them.

    Where the project was changed by hand since it was written, the project wins: what was carried for names that are no longer there
    comes back as losses, not in silence. Raises `DocumentError` for a carried value that is none of the model's.
    """
    if not carried:
        return graph, ()
    names = {kind: _names(kind, graph, carried, tool) for kind in _NAMED}
    native = renamed(graph, Renames(**{kind: _changes(table) for kind, table in names.items()}))
    keys = {kind: {key: new for key, (_, new) in table.items()} for kind, table in names.items()}
    losses = list(_orphans(carried, keys))
    made = {kind: {keys[kind][key] for key in carried.made.get(kind, ()) if key in keys[kind]} for kind in _NAMED}
    parts = {
        kind: _overlaid(getattr(native, kind), _by_name(getattr(carried, kind), keys[kind]), made[kind])
        for kind in _NAMED
    }
    parts["aliases"] = list(native.aliases)
    for kind, fields in carried.whole.items():
        parts[kind] = _added(kind, parts.get(kind, []), [_entity(kind, each) for each in fields], losses)
    return _closed(parts, made["jobs"], losses), tuple(losses)


def _joined(first: Mapping[str, tuple[Any, ...]], second: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Both tables' entries, each once."""
    return {kind: _once((*first.get(kind, ()), *second.get(kind, ()))) for kind in sorted({*first, *second})}


def _once(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple({json.dumps(value, sort_keys=True): value for value in values}.values())


def _names(kind: str, graph: AssetGraph, carried: Carried, tool: str) -> dict[str, tuple[Any, Any]]:
    """Native key of each entity → the name that the reader gave to it, and the name that it had."""
    fields: Mapping[str, Fields] = getattr(carried, kind)
    table = {}
    for entity in getattr(graph, kind):
        key = key_of(entity.names.get(tool, ()))
        table[key] = (name_of(entity), _carried_name(kind, fields.get(key, {}), name_of(entity)))
    return table


def _changes(names: Mapping[str, tuple[Any, Any]]) -> dict[Any, Any]:
    return {old: new for old, new in names.values() if old != new}


def _carried_name(kind: str, fields: Fields, name: Any) -> Any:
    new = fields.get(_NAMED[kind], list(name) if isinstance(name, AssetId) else name)
    if isinstance(name, AssetId) and isinstance(new, list) and len(new) == len(name):
        return AssetId(*map(str, new))
    if isinstance(name, AssetId) or not isinstance(new, str):
        raise DocumentError(f"What was carried is damaged: {new!r} is no name.", where=str(name), hint=_HINT)
    return new


def _overlaid(entities: Iterable[Any], fields: Mapping[Any, Fields], made: set[Any]) -> list[Any]:
    kept = (entity for entity in entities if name_of(entity) not in made)
    return [_overlay(entity, fields[name_of(entity)]) if name_of(entity) in fields else entity for entity in kept]


def _by_name(entries: Mapping[str, Fields], names: Mapping[str, Any]) -> dict[Any, Fields]:
    return {names[key]: fields for key, fields in entries.items() if key in names}


def _overlay(entity: Any, fields: Fields) -> Any:
    try:
        restored = type(entity).model_validate({**dict(entity), **fields})
    except ValidationError as error:
        raise _damaged(error, subject_of(entity)) from error
    return restored.model_copy(update={"names": {**restored.names, **entity.names}})


def _entity(kind: str, fields: Fields) -> Any:
    if kind not in KINDS:
        raise DocumentError(f"What was carried is damaged: {kind!r} is no kind of entity.", where=MANIFEST, hint=_HINT)
    try:
        return KINDS[kind].model_validate(fields)
    except ValidationError as error:
        raise _damaged(error, MANIFEST) from error


def _damaged(error: ValidationError, where: str) -> DocumentError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return DocumentError(f"What was carried is damaged: {place}: {first['msg']}.", where=where, hint=_HINT)


def _added(kind: str, there: list[Any], whole: list[Any], losses: list[Loss]) -> list[Any]:
    """With the entities that were left out. An alias that is there was written in part, so that the whole one replaces it."""
    if kind == "aliases":
        return list({alias.name: alias for alias in (*there, *whole)}.values())
    known = {name_of(entity) for entity in there}
    message = "It was carried, since the tool could not hold it; the project now has one of its own, which is used."
    losses.extend(_loss(subject_of(entity), "*", message) for entity in whole if name_of(entity) in known)
    return [*there, *(entity for entity in whole if name_of(entity) not in known)]


def _closed(parts: Mapping[str, list[Any]], made: set[Any], losses: list[Loss]) -> AssetGraph:
    """The graph, even where something that was carried names what is no longer there."""
    draft = unchecked(**parts)
    assets = _absent(referenced(draft), draft.assets)
    aliases = _absent(referenced_aliases(draft), draft.aliases)
    jobs = _absent(referenced_jobs(draft), draft.jobs)
    references = (
        (name, entity) for table in (assets, aliases, jobs) for name, entity in table.items() if name not in made
    )
    losses.extend(
        _loss(subject_of(entity), "*", f"It names {_shown(name)}, which the project no longer has.")
        for name, entity in references
    )
    return graph_of(
        assets=[*draft.assets, *(Asset(id=name) for name in assets)],
        jobs=[without_jobs(job, jobs) for job in draft.jobs],
        flows=[_without(flow, jobs) for flow in draft.flows],
        aliases=[*draft.aliases, *(Alias(name=name) for name in aliases)],
    )


def _absent(references: Iterable[tuple[Any, Any]], there: Iterable[Any]) -> dict[Any, Any]:
    known = {name_of(entity) for entity in there}
    return {name: entity for name, entity in references if name not in known}


def _without(flow: Flow, absent: Mapping[Any, Any]) -> Flow:
    jobs = tuple(name for name in flow.jobs if name not in absent)
    return flow if len(jobs) == len(flow.jobs) else flow.model_copy(update={"jobs": jobs})


def _shown(name: Any) -> str:
    return uri_of(name) if isinstance(name, AssetId) else repr(name)


def _orphans(carried: Carried, keys: Mapping[str, Mapping[str, Any]]) -> Iterable[Loss]:
    message = "Something was carried for this name, which the project no longer has."
    for kind in _NAMED:
        gone = [key for key in getattr(carried, kind) if key not in keys[kind]]
        yield from (_loss(f"{kind.removesuffix('s')} {key}", "*", message) for key in gone)


def _loss(subject: str, field: str, message: str) -> Loss:
    remedy = f"Change {MANIFEST}, or the key {KEY} of the asset, as the project was changed."
    return Loss(
        subject=subject, field=field, severity=Severity.DROPPED, code=Code.CONTRADICTION, message=message, remedy=remedy
    )
