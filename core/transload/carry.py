"""What a tool cannot hold itself travels beside it and is put back on the way home.

A writer gives each entity's carried fields a place in the tool (Airflow's `extra`, Dagster's metadata, the project's manifest
`transload.json`); a reader hands them back with the graph that the tool's own words gave, and `restore` makes the whole again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from pydantic import JsonValue, ValidationError

from transload.errors import DocumentError
from transload.loss import Code, Loss, Severity
from transload.model.assets import Alias, Asset
from transload.model.base import Record
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId, uri_of
from transload.model.jobs import Flow, Job
from transload.model.references import Renames, renamed

KEY: Final = "transload"
"""The key in a tool's own metadata, and the stem of the manifest's file name."""

MANIFEST: Final = "transload.json"

Fields = Mapping[str, JsonValue]
Entity = TypeVar("Entity", Asset, Job, Flow)

KINDS: Final[Mapping[str, type[Asset] | type[Job] | type[Flow] | type[Alias]]] = {
    "assets": Asset,
    "jobs": Job,
    "flows": Flow,
    "aliases": Alias,
}


class Carried(Record):
    """Fields by entity, under the key of its native name; entities that the tool cannot hold at all (`whole`), by kind; and the
    keys of entities that only the writer made up (`made`), by kind."""

    assets: Mapping[str, Fields] = {}
    jobs: Mapping[str, Fields] = {}
    flows: Mapping[str, Fields] = {}
    whole: Mapping[str, tuple[Fields, ...]] = {}
    made: Mapping[str, tuple[str, ...]] = {}

    def __bool__(self) -> bool:
        return any((self.assets, self.jobs, self.flows, self.whole, self.made))


def key_of(names: Iterable[str]) -> str:
    """The key of an entity: its native name in the tool at hand, as a JSON list."""
    return json.dumps(list(names), ensure_ascii=False)


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
    body = {KEY: 1, "tool": tool, **carried.model_dump(mode="json", exclude_defaults=True)}
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def loads(text: str, *, where: str) -> Carried:
    """The content of a manifest. Raises `DocumentError` if it is none, or of an unknown version."""
    hint = "Restore the file as transload wrote it, or delete it to read the project without it."
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or raw.pop(KEY, None) != 1:
            raise DocumentError("This manifest is not of version 1.", where=where, hint=hint)
        raw.pop("tool", None)
        return Carried.model_validate(raw)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"This manifest cannot be read: {error}.", where=where, hint=hint) from error


def restore(graph: AssetGraph, carried: Carried, tool: str) -> tuple[AssetGraph, tuple[Loss, ...]]:
    """The graph that was written, from what the tool's own words give and what was carried beside them.

    Carried fields of entities that are no longer there come back as losses, not in silence. Raises `DocumentError` for a carried
    value that is none of the model's.
    """
    if not carried:
        return graph, ()
    renames = Renames(
        assets=_renames(graph.assets, carried.assets, tool, "id"),
        jobs=_renames(graph.jobs, carried.jobs, tool, "name"),
        flows=_renames(graph.flows, carried.flows, tool, "name"),
    )
    native = renamed(graph, renames)
    keys = _native_keys(graph, renames, tool)
    made = {kind: {keys[kind][key] for key in carried.made.get(kind, ()) if key in keys[kind]} for kind in ("assets", "jobs", "flows")}
    whole = {kind: [_entity(kind, fields) for fields in carried.whole.get(kind, ())] for kind in KINDS}
    parts = {
        "assets": [*_overlaid(native.assets, carried.assets, keys["assets"], made["assets"]), *whole["assets"]],
        "jobs": [*_overlaid(native.jobs, carried.jobs, keys["jobs"], made["jobs"]), *whole["jobs"]],
        "flows": [*_overlaid(native.flows, carried.flows, keys["flows"], made["flows"]), *whole["flows"]],
        "aliases": [*native.aliases, *whole["aliases"]],
    }
    return _closed(parts), tuple(_orphans(carried, keys))


def _joined(first: Mapping[str, tuple[Any, ...]], second: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    return {kind: (*first.get(kind, ()), *second.get(kind, ())) for kind in sorted({*first, *second})}


def _name(entity: Asset | Job | Flow | Alias) -> Any:
    return entity.id if isinstance(entity, Asset) else entity.name


def _native_key(entity: Asset | Job | Flow, tool: str) -> str:
    return key_of(entity.names.get(tool, ()))


def _renames(entities: Iterable[Entity], carried: Mapping[str, Fields], tool: str, field: str) -> dict[Any, Any]:
    pairs = ((_name(entity), carried.get(_native_key(entity, tool), {}).get(field)) for entity in entities)
    return {old: AssetId(*new) if isinstance(new, list) else new for old, new in pairs if new is not None}  # type: ignore[misc]


def _native_keys(graph: AssetGraph, renames: Renames, tool: str) -> dict[str, dict[str, Any]]:
    return {
        "assets": {_native_key(asset, tool): renames.assets.get(asset.id, asset.id) for asset in graph.assets},
        "jobs": {_native_key(job, tool): renames.jobs.get(job.name, job.name) for job in graph.jobs},
        "flows": {_native_key(flow, tool): renames.flows.get(flow.name, flow.name) for flow in graph.flows},
    }


def _overlaid(entities: Iterable[Entity], carried: Mapping[str, Fields], keys: Mapping[str, Any], made: set[Any]) -> list[Entity]:
    fields = {keys[key]: value for key, value in carried.items() if key in keys}
    kept = (entity for entity in entities if _name(entity) not in made)
    return [_overlay(entity, fields[_name(entity)]) if _name(entity) in fields else entity for entity in kept]


def _overlay(entity: Entity, fields: Fields) -> Entity:
    try:
        return type(entity).model_validate({**dict(entity), **fields})
    except ValidationError as error:
        raise DocumentError(f"What was carried is damaged: {error.errors()[0]['msg']}.", where=str(_name(entity))) from error


def _entity(kind: str, fields: Fields) -> Any:
    try:
        return KINDS[kind].model_validate(fields)
    except ValidationError as error:
        raise DocumentError(f"What was carried is damaged: {error.errors()[0]['msg']}.", where=MANIFEST) from error


def _closed(parts: Mapping[str, list[Any]]) -> AssetGraph:
    jobs = {job.name for job in parts["jobs"]}
    flows = [flow.model_copy(update={"jobs": tuple(name for name in flow.jobs if name in jobs)}) for flow in parts["flows"]]
    return graph_of(assets=parts["assets"], jobs=parts["jobs"], flows=flows, aliases=parts["aliases"])


def _orphans(carried: Carried, keys: Mapping[str, Mapping[str, Any]]) -> Iterable[Loss]:
    kinds = {"assets": carried.assets, "jobs": carried.jobs, "flows": carried.flows}
    for kind, entries in kinds.items():
        for key in entries:
            if key not in keys[kind]:
                yield Loss(
                    subject=f"{kind.removesuffix('s')} {key}",
                    field="*",
                    severity=Severity.DROPPED,
                    code=Code.CONTRADICTION,
                    message="Something was carried for this name, which the project no longer has.",
                    remedy="Rename the entry in the manifest as the project was renamed, or delete it.",
                )


def subject_of(entity: Asset | Job | Flow | Alias) -> str:
    """How a report names an entity."""
    if isinstance(entity, Asset):
        return f"asset {uri_of(entity.id)}"
    return f"{type(entity).__name__.lower()} {entity.name}"
