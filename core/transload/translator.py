"""Graph → translation: what a tool will hold in its own words, what travels beside it, and every loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from pydantic import JsonValue

from transload.adapter import BOOKKEEPING, Adapter, Notes, Rule, Subject, Table, Translation
from transload.bridging import Bridge
from transload.carry import Carried, Fields, key_of
from transload.errors import AdapterError
from transload.gc_pause import paused_collection
from transload.loss import Code, Loss, Severity, in_order
from transload.model.assets import Alias, Asset, Residue
from transload.model.graph import AssetGraph, Entity, graph_of, name_of, subject_of, unchecked
from transload.model.jobs import Flow, Job
from transload.registry import adapter_for

_NAMED: Final = ("assets", "jobs", "flows")
"""The kinds of entity that have a native name in each tool."""

_KINDS: Final = (*_NAMED, "aliases")

_NATIVE_CODES: Final[Mapping[type[Entity], Code]] = {
    Asset: Code.ASSET_NATIVE,
    Job: Code.JOB_NATIVE,
    Flow: Code.FLOW_NATIVE,
    Alias: Code.ALIAS,
}

Field = tuple[str, str]
"""The subject of an entity, and a field of it; "*" for the whole entity."""


Before = Callable[[AssetGraph, Notes], AssetGraph]
"""(graph, notes) → what of the graph the adapter is given; every change is noted."""


def translate(graph: AssetGraph, to: str, *, bridge: bool = False) -> Translation:
    """Prepare a graph for the tool `to`; with `bridge`, routes take the place of triggers that it has only something like.

    Raises `AdapterError` for an unknown tool, or an adapter that loses without saying so.
    """
    return (bridged if bridge else prepare)(graph, adapter_for(to))


def bridged(graph: AssetGraph, adapter: Adapter) -> Translation:
    """Prepare a graph for an adapter, with routes in the place of triggers that the tool cannot hold as they are."""
    first = prepare(graph, adapter)
    bridge = Bridge(first, adapter)
    if not bridge:
        return first
    bare = prepare(graph, adapter, bridge.without)
    return replace(bare, routes=bridge.routes(bare))


def prepare(graph: AssetGraph, adapter: Adapter, before: Before | None = None) -> Translation:
    """Prepare a graph for an adapter. Raises `AdapterError` if the adapter loses something without saying so."""
    with paused_collection():
        notes = Notes()
        # Names come first: all that follows finds an entity again by its native name.
        whole = _named(graph, adapter)
        notes.losses.extend(_renamed(graph, whole, adapter))
        # Shape before support: a trigger on the wrong entity would be no field of it, and never become one of the right one.
        shaped = adapter.shape.shape(before(whole, notes) if before else whole, notes)
        native = _reduced(_named(shaped, adapter), adapter, notes)
        losses = in_order(notes.losses)
        dropped = {(loss.subject, _top(loss.field)) for loss in losses if loss.severity is Severity.DROPPED}
        carried, missing = _difference(native, whole, adapter, dropped)
        _refuse_silence(missing, losses, adapter)
        return Translation(adapter.tool, whole, native, carried, _expected(whole, native, dropped), losses)


def meaning(graph: AssetGraph) -> AssetGraph:
    """The graph without where it was read: equal meanings compare equal."""
    parts = {kind: [entity.model_copy(update={"origin": None}) for entity in getattr(graph, kind)] for kind in _KINDS}
    return unchecked(**parts)


def _top(field: str) -> str:
    return field.split("[", 1)[0].split(".", 1)[0]


def _named(graph: AssetGraph, adapter: Adapter) -> AssetGraph:
    """The graph with native names. Raises `AdapterError` for an adapter that forgets one or gives one twice."""
    named = adapter.names.assign(graph)
    for kind in _NAMED:
        taken: dict[tuple[str, ...], Entity] = {}
        for entity in getattr(named, kind):
            if adapter.tool not in entity.names:
                raise _fault(adapter, "gives it no name", subject_of(entity))
            other = taken.setdefault(tuple(entity.names[adapter.tool]), entity)
            if other is not entity:
                raise _fault(adapter, f"gives it the name of {subject_of(other)}", subject_of(entity))
    return named


def _fault(adapter: Adapter, what: str, where: str) -> AdapterError:
    hint = "This is a fault of the adapter: please report it."
    return AdapterError(f"The adapter of {adapter.title} {what}.", where=where, hint=hint)


def _renamed(graph: AssetGraph, named: AssetGraph, adapter: Adapter) -> Iterable[Loss]:
    """A native name that the graph already had, and that could not stay."""
    for kind in _NAMED:
        before = {name_of(entity): entity.names.get(adapter.tool) for entity in getattr(graph, kind)}
        for entity in getattr(named, kind):
            old, new = before.get(name_of(entity)), entity.names[adapter.tool]
            if old is not None and old != new:
                yield Loss(
                    subject=subject_of(entity),
                    field=f"names.{adapter.tool}",
                    severity=Severity.APPROXIMATED,
                    code=Code.NAME_CHANGED,
                    message=f"{adapter.title} does not allow the name {list(old)!r}; it becomes {list(new)!r}.",
                    remedy="Rename it at its source, and everything that uses the old name.",
                    origin=entity.origin,
                )


def _reduced(graph: AssetGraph, adapter: Adapter, notes: Notes) -> AssetGraph:
    support = adapter.support
    aliases = []
    if support.alias is None:
        aliases = [_reduce(Subject(graph, alias), {"group": None}, adapter, notes) for alias in graph.aliases]
    else:
        notes.losses.extend(_loss(Subject(graph, alias), "*", support.alias) for alias in graph.aliases)
    return graph_of(
        assets=[_reduce(Subject(graph, asset), support.asset, adapter, notes) for asset in graph.assets],
        jobs=[_reduce(Subject(graph, job), support.job, adapter, notes) for job in graph.jobs],
        flows=[_reduce(Subject(graph, flow), support.flow, adapter, notes) for flow in graph.flows],
        aliases=aliases,
    )


@cache
def _defaults(model: type[Entity]) -> Mapping[str, Any]:
    """The fields that mean something, with their defaults."""
    fields = model.model_fields.items()
    return {name: field.get_default(call_default_factory=True) for name, field in fields if name not in BOOKKEEPING}


def _reduce(subject: Subject, table: Table, adapter: Adapter, notes: Notes) -> Any:
    entity = subject.entity
    values = vars(entity)
    changed = {}
    for field, default in _defaults(type(entity)).items():
        value = values[field]
        if value == default:
            continue
        kept = _residue(subject, adapter, notes) if field == "native" else _keep(subject, field, table[field], notes)
        if kept is not value and kept != value:
            changed[field] = kept
    return entity.model_copy(update=changed) if changed else entity


def _keep(subject: Subject, field: str, rule: Rule | None, notes: Notes) -> Any:
    value = getattr(subject.entity, field)
    if rule is None:
        return value
    losses: list[Loss] = []

    def report(path: str, message: str, **details: Any) -> None:
        losses.append(_loss(subject, path or field, rule, message=message, **details))

    if rule.explain:
        rule.explain(value, subject, report)
    kept = rule.keep(value, subject, report) if rule.keep else _defaults(type(subject.entity))[field]
    if not losses and kept is not value and kept != value:
        losses.append(_loss(subject, field, rule))
    notes.losses.extend(losses)
    return kept


def _loss(subject: Subject, field: str, rule: Rule, **details: Any) -> Loss:
    fields: dict[str, Any] = {
        "severity": rule.severity,
        "code": rule.code,
        "message": rule.reason,
        "kept": rule.kept,
        "remedy": rule.remedy,
        **{name: value for name, value in details.items() if value is not None},
    }
    return Loss(subject=subject_of(subject.entity), field=field, origin=subject.entity.origin, **fields)


def _residue(subject: Subject, adapter: Adapter, notes: Notes) -> Residue:
    """What the tool itself said and can be told again; everything else is noted."""
    entity = subject.entity
    own = adapter.support.native_keys.get(type(entity).__name__.lower(), frozenset())
    for tool, residue in entity.native.items():
        for key in (key for key in residue if tool != adapter.tool or key not in own):
            loss = Loss(
                subject=subject_of(entity),
                field=f"native.{tool}.{key}",
                severity=Severity.CARRIED,
                code=_NATIVE_CODES[type(entity)],
                message=f"`{key}`, read in {tool.capitalize()}, is not written to {adapter.title}.",
                kept="the key transload of the asset, or transload.json",
                remedy=f"Decide whether {adapter.title} needs it, and set it there by hand.",
                origin=entity.origin,
            )
            notes.losses.append(loss)
    kept = {key: item for key, item in entity.native.get(adapter.tool, {}).items() if key in own}
    return {adapter.tool: kept} if kept else {}


def _difference(
    native: AssetGraph, whole: AssetGraph, adapter: Adapter, dropped: set[Field]
) -> tuple[Carried, list[Field]]:
    """What must be carried, and every difference that a loss must excuse."""
    fields: dict[str, dict[str, Fields]] = {}
    left_out: dict[str, tuple[Fields, ...]] = {}
    made: dict[str, tuple[str, ...]] = {}
    missing: list[Field] = []
    for kind in _NAMED:
        written = {name_of(entity): entity for entity in getattr(native, kind)}
        wanted = {name_of(entity): entity for entity in getattr(whole, kind)}
        pairs = [(written[name], entity) for name, entity in wanted.items() if name in written]
        fields[kind] = _carried_fields(pairs, adapter, dropped, missing)
        _put(left_out, kind, _left_out((entity for name, entity in wanted.items() if name not in written), missing))
        _put(made, kind, tuple(_key(entity, adapter) for name, entity in written.items() if name not in wanted))
    # An alias has no name in the tool by which fields could be put back: one that changed is carried whole.
    known = {alias.model_dump_json() for alias in native.aliases}
    changed = (alias for alias in whole.aliases if alias.model_dump_json() not in known)
    _put(left_out, "aliases", _left_out(changed, missing))
    return Carried(**fields, whole=left_out, made=made), missing


def _key(entity: Any, adapter: Adapter) -> str:
    return key_of(entity.names[adapter.tool])


def _put(table: dict[str, Any], kind: str, values: tuple[Any, ...]) -> None:
    if values:
        table[kind] = values


def _left_out(entities: Iterable[Entity], missing: list[Field]) -> tuple[Fields, ...]:
    """Entities that the tool holds in no way, or (an alias) not whole."""
    dumped = []
    for entity in entities:
        missing.append((subject_of(entity), "*"))
        dumped.append(entity.model_dump(mode="json", exclude_defaults=True, exclude={"origin"}))
    return tuple(dumped)


def _carried_fields(
    pairs: Iterable[tuple[Any, Any]], adapter: Adapter, dropped: set[Field], missing: list[Field]
) -> dict[str, Fields]:
    carried: dict[str, Fields] = {}
    for native, whole in pairs:
        if native.names[adapter.tool] != whole.names[adapter.tool]:
            raise _fault(adapter, "changes its name once it has one", subject_of(whole))
        differ = [] if native is whole else [(subject_of(whole), field) for field in _differing(native, whole)]
        missing.extend(differ)
        kept = {field for subject, field in differ if (subject, field) not in dropped}
        own: dict[str, JsonValue] = {}
        if kept:
            # The fields themselves also where they are empty; inside them only what is not at its default.
            own.update(whole.model_dump(mode="json", include=kept))
            own.update(whole.model_dump(mode="json", include=kept, exclude_defaults=True))
        own.update(_bookkeeping(native, whole, adapter))
        if own:
            carried[_key(native, adapter)] = own
    return carried


def _differing(native: Entity, whole: Entity) -> Iterable[str]:
    ours, theirs = vars(native), vars(whole)
    # Identity first: comparing deep values costs, and most fields are the very same object.
    changed = (field for field in _defaults(type(whole)) if ours[field] is not theirs[field])
    return (field for field in changed if ours[field] != theirs[field])


def _bookkeeping(native: Any, whole: Any, adapter: Adapter) -> dict[str, JsonValue]:
    """The names of other tools, and the name in the graph where this tool's reader would not find it by itself."""
    names: dict[str, JsonValue] = {tool: list(name) for tool, name in whole.names.items() if tool != adapter.tool}
    carried: dict[str, JsonValue] = {"names": names} if names else {}
    if isinstance(whole, Asset):
        return carried if adapter.names.asset_id(native) == whole.id else {**carried, "id": list(whole.id)}
    read = adapter.names.job_name(native) if isinstance(whole, Job) else adapter.names.flow_name(native)
    return carried if read == whole.name else {**carried, "name": whole.name}


def _refuse_silence(missing: Iterable[Field], losses: Iterable[Loss], adapter: Adapter) -> None:
    reported = {(loss.subject, _top(loss.field)) for loss in losses}
    silent = sorted(set(missing) - reported)
    if silent:
        more = f" and {len(silent) - 1} more" if len(silent) > 1 else ""
        raise _fault(adapter, f"changes the field {silent[0][1]!r}{more} without reporting it", silent[0][0])


def _expected(whole: AssetGraph, native: AssetGraph, dropped: set[Field]) -> AssetGraph:
    if not dropped:
        return whole
    gone: dict[str, list[str]] = {}
    for subject, field in sorted(dropped):
        gone.setdefault(subject, []).append(field)
    return graph_of(
        assets=[_without(asset, native.asset.get(asset.id), gone) for asset in whole.assets],
        jobs=[_without(job, native.job.get(job.name), gone) for job in whole.jobs],
        flows=[_without(flow, native.flow.get(flow.name), gone) for flow in whole.flows],
        aliases=whole.aliases,
    )


def _without(whole: Any, native: Any, gone: Mapping[str, list[str]]) -> Any:
    """The entity with what the tool holds in the place of what is dropped; one left out is carried whole."""
    fields = [field for field in gone.get(subject_of(whole), ()) if field in type(whole).model_fields]
    if native is None or not fields:
        return whole
    return whole.model_copy(update={field: getattr(native, field) for field in fields})
