"""Graph → translation: what a tool will hold in its own words, what travels beside it, and every loss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import JsonValue

from transload.adapter import BOOKKEEPING, Adapter, Entity, Notes, Rule, Subject, Table, Translation
from transload.carry import Carried, Fields, key_of, subject_of
from transload.errors import AdapterError
from transload.loss import Code, Loss, Severity, in_order
from transload.model.assets import Alias, Asset
from transload.model.graph import AssetGraph, graph_of
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job
from transload.registry import adapter_for

_KINDS: Final = ("assets", "jobs", "flows")
_NATIVE_CODES: Final = {Asset: Code.ASSET_NATIVE, Job: Code.JOB_NATIVE, Flow: Code.FLOW_NATIVE}


def translate(graph: AssetGraph, to: str) -> Translation:
    """Prepare a graph for the tool `to`. Raises `AdapterError` for an unknown tool, or an adapter that loses without saying so."""
    adapter = adapter_for(to)
    whole = adapter.names.assign(graph)
    notes = Notes()
    shaped = adapter.names.assign(adapter.shape.shape(whole, notes))
    native = _reduced(shaped, adapter, notes)
    losses = in_order(notes.losses)
    dropped = {(loss.subject, _top(loss.field)) for loss in losses if loss.severity is Severity.DROPPED}
    carried, missing = _difference(native, whole, adapter, dropped)
    _all_reported(missing, losses, adapter)
    return Translation(to, whole, native, carried, _expected(whole, native, dropped), losses)


def _top(field: str) -> str:
    return field.split("[", 1)[0].split(".", 1)[0]


def _reduced(graph: AssetGraph, adapter: Adapter, notes: Notes) -> AssetGraph:
    support = adapter.support
    return graph_of(
        assets=[_reduce(asset, graph, support.asset, notes, adapter) for asset in graph.assets],
        jobs=[_reduce(job, graph, support.job, notes, adapter) for job in graph.jobs],
        flows=[_reduce(flow, graph, support.flow, notes, adapter) for flow in graph.flows],
        aliases=graph.aliases,
    )


def _reduce(entity: Any, graph: AssetGraph, table: Table, notes: Notes, adapter: Adapter) -> Any:
    subject = Subject(graph, entity)
    changed = {}
    for field, value in entity:
        if field in BOOKKEEPING or value == type(entity).model_fields[field].get_default(call_default_factory=True):
            continue
        kept = _native_residue(subject, value, notes, adapter) if field == "native" else _keep(subject, field, table, notes)
        if kept != value:
            changed[field] = kept
    return entity.model_copy(update=changed) if changed else entity


def _keep(subject: Subject, field: str, table: Table, notes: Notes) -> Any:
    value = getattr(subject.entity, field)
    rule = table[field]
    if rule is None:
        return value
    told: list[Loss] = []

    def tell(path: str, message: str, **details: Any) -> None:
        told.append(_loss(subject, path or field, rule, message=message, **details))

    kept = rule.keep(value, subject, tell)
    if kept != value and not told:
        told.append(_loss(subject, field, rule))
    notes.losses.extend(told)
    return kept


def _loss(subject: Subject, field: str, rule: Rule, **details: Any) -> Loss:
    given = {name: value for name, value in details.items() if value is not None}
    said: dict[str, Any] = {
        "severity": rule.severity,
        "code": rule.code,
        "message": rule.reason,
        "kept": rule.kept,
        "remedy": rule.remedy,
    }
    return Loss(subject=subject_of(subject.entity), field=field, origin=subject.entity.origin, **{**said, **given})


def _native_residue(subject: Subject, value: Mapping[str, Mapping[str, JsonValue]], notes: Notes, adapter: Adapter) -> Any:
    own = adapter.support.native_keys.get(type(subject.entity).__name__.lower(), frozenset())
    kept = {key: item for key, item in value.get(adapter.tool, {}).items() if key in own}
    for tool, residue in value.items():
        notes.losses.extend(
            _foreign(subject, tool, key, adapter) for key in residue if tool != adapter.tool or key not in own
        )
    return {adapter.tool: kept} if kept else {}


def _foreign(subject: Subject, tool: str, key: str, adapter: Adapter) -> Loss:
    return Loss(
        subject=subject_of(subject.entity),
        field=f"native.{tool}.{key}",
        severity=Severity.CARRIED,
        code=_NATIVE_CODES[type(subject.entity)],  # type: ignore[index]
        message=f"{tool.capitalize()}'s `{key}` has no counterpart that is written to {adapter.title}.",
        kept="the key transload of the asset, or transload.json",
        remedy=f"Decide whether {adapter.title} needs it, and set it there by hand.",
        origin=subject.entity.origin,
    )


def _by_name(entities: Iterable[Any]) -> dict[Any, Any]:
    return {entity.id if isinstance(entity, Asset) else entity.name: entity for entity in entities}


def _difference(
    native: AssetGraph, whole: AssetGraph, adapter: Adapter, dropped: set[tuple[str, str]]
) -> tuple[Carried, list[tuple[str, str]]]:
    fields: dict[str, dict[str, Fields]] = {kind: {} for kind in _KINDS}
    left_out: dict[str, tuple[Fields, ...]] = {}
    made: dict[str, tuple[str, ...]] = {}
    missing: list[tuple[str, str]] = []
    for kind in _KINDS:
        written, wanted = _by_name(getattr(native, kind)), _by_name(getattr(whole, kind))
        for name, entity in wanted.items():
            if name in written:
                own, gone = _fields(written[name], entity, adapter, dropped)
                missing.extend((subject_of(entity), field) for field in gone)
                if own:
                    fields[kind][key_of(written[name].names[adapter.tool])] = own
        absent = [entity for name, entity in wanted.items() if name not in written]
        missing.extend((subject_of(entity), "*") for entity in absent)
        _put(left_out, kind, tuple(_dump(entity) for entity in absent))
        _put(made, kind, tuple(key_of(entity.names[adapter.tool]) for name, entity in written.items() if name not in wanted))
    absent_aliases = [alias for alias in whole.aliases if alias not in native.aliases]
    missing.extend((subject_of(alias), "*") for alias in absent_aliases)
    _put(left_out, "aliases", tuple(_dump(alias) for alias in absent_aliases))
    return Carried(**fields, whole=left_out, made=made), missing


def _put(table: dict[str, Any], kind: str, values: tuple[Any, ...]) -> None:
    if values:
        table[kind] = values


def _dump(entity: Any) -> Fields:
    fields: Fields = entity.model_dump(mode="json", exclude_defaults=True, exclude={"origin"})
    return fields


def _fields(native: Any, whole: Any, adapter: Adapter, dropped: set[tuple[str, str]]) -> tuple[Fields, list[str]]:
    """The fields to carry, and those of them that only a reported loss may excuse."""
    subject = subject_of(whole)
    differ = [name for name in type(whole).model_fields if name not in BOOKKEEPING and getattr(native, name) != getattr(whole, name)]
    carry = [name for name in differ if (subject, name) not in dropped]
    own = dict(whole.model_dump(mode="json", include=set(carry))) if carry else {}
    return {**own, **_bookkeeping(native, whole, adapter)}, differ


def _bookkeeping(native: Any, whole: Any, adapter: Adapter) -> dict[str, JsonValue]:
    others = {tool: list(names) for tool, names in whole.names.items() if tool != adapter.tool}
    carried: dict[str, Any] = {"names": {**others, adapter.tool: list(native.names[adapter.tool])}} if others else {}
    if isinstance(whole, Asset):
        return carried if adapter.names.asset_id(native) == whole.id else {**carried, "id": list(whole.id)}
    read = adapter.names.job_name(native) if isinstance(whole, Job) else adapter.names.flow_name(native)
    return carried if read == whole.name else {**carried, "name": whole.name}


def _all_reported(missing: Iterable[tuple[str, str]], losses: Iterable[Loss], adapter: Adapter) -> None:
    said = {(loss.subject, _top(loss.field)) for loss in losses}
    silent = sorted({pair for pair in missing if pair not in said})
    if silent:
        subject, field = silent[0]
        more = f" and {len(silent) - 1} more" if len(silent) > 1 else ""
        raise AdapterError(
            f"The adapter of {adapter.title} changes the field {field!r}{more} without reporting it.",
            where=subject,
            hint="This is a fault of the adapter: please report it.",
        )


def _expected(whole: AssetGraph, native: AssetGraph, dropped: set[tuple[str, str]]) -> AssetGraph:
    return graph_of(
        assets=_without(whole.assets, native.asset, dropped),
        jobs=_without(whole.jobs, native.job, dropped),
        flows=_without(whole.flows, native.flow, dropped),
        aliases=whole.aliases,
    )


def _without(entities: Iterable[Any], native: Mapping[Any, Any], dropped: set[tuple[str, str]]) -> list[Any]:
    fields: dict[str, list[str]] = {}
    for subject, field in sorted(dropped):
        fields.setdefault(subject, []).append(field)
    return [_replaced(entity, native, fields.get(subject_of(entity), [])) for entity in entities]


def _replaced(entity: Entity, native: Mapping[Any, Any], fields: list[str]) -> Entity:
    written = native.get(entity.id if isinstance(entity, Asset) else entity.name)
    real = [field for field in fields if field in type(entity).model_fields]
    return entity.model_copy(update={field: getattr(written, field) for field in real}) if written is not None and real else entity


def meaning(graph: AssetGraph) -> AssetGraph:
    """The graph without where it was read: equal meanings compare equal."""
    return graph_of(
        assets=[asset.model_copy(update={"origin": None}) for asset in graph.assets],
        jobs=[job.model_copy(update={"origin": None}) for job in graph.jobs],
        flows=[flow.model_copy(update={"origin": None}) for flow in graph.flows],
        aliases=[alias.model_copy(update={"origin": None}) for alias in graph.aliases],
    )


__all__ = ["AssetId", "Alias", "meaning", "translate"]
