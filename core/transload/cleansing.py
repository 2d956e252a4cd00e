"""Takes credentials out of everything that a project or document says, wherever they stand: law L8.

Readers scrub the URIs that make identities. This looks at the rest: descriptions, metadata, parameters, names, native residue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import JsonValue

from transload.loss import Code, Loss, Severity
from transload.model.assets import Alias, Asset
from transload.model.base import Record
from transload.model.graph import AssetGraph, graph_of, subject_of
from transload.model.jobs import Flow, Job
from transload.model.scrubbing import scrub_text

Entity = TypeVar("Entity", Asset, Job, Flow, Alias)

_REMEDY: Final = (
    "Hand it over as a connection, a secret or an environment variable of the tool; it may be in the project's history."
)

_SUSPECT: Final = (
    re.compile(r'//(?:[^"\\\s@]{0,4096}[@\\]|[^"\\\s@]{4096})'),
    re.compile(r"[cC]:[oO][rR][aA][cC][lL][eE]:"),
    re.compile(r'[?&;#][^=&;#"\s]+='),
    re.compile(r"[dDyY]\s*="),
)
"""One of these is found in the JSON of any text that holds a credential: most entities have none, and are not looked at closely."""


def cleansed(graph: AssetGraph, losses: Sequence[Loss]) -> tuple[AssetGraph, tuple[Loss, ...]]:
    """The graph and the losses without credentials, and a loss for each field that held one.

    Raises `GraphError` where two names differ in nothing but a credential.
    """
    clean_losses = [_loss(loss) for loss in losses]
    if not _suspect(graph):
        return graph, tuple(clean_losses)
    clean = graph_of(
        _all(graph.assets, clean_losses),
        _all(graph.jobs, clean_losses),
        _all(graph.flows, clean_losses),
        _all(graph.aliases, clean_losses),
    )
    return clean, tuple(clean_losses)


def _suspect(record: Record) -> bool:
    text = record.model_dump_json(exclude_defaults=True)
    return any(pattern.search(text) for pattern in _SUSPECT)


def _loss(loss: Loss) -> Loss:
    texts = {name: getattr(loss, name) for name in ("subject", "field", "message", "kept", "remedy")}
    changed = {name: clean for name, text in texts.items() if text and (clean := scrub_text(text)) != text}
    return loss.model_copy(update=changed) if changed else loss


def _all(entities: Iterable[Entity], losses: list[Loss]) -> list[Entity]:
    return [_entity(entity, losses) for entity in entities]


def _entity(entity: Entity, losses: list[Loss]) -> Entity:
    if not _suspect(entity):
        return entity
    held = entity.model_dump(mode="json", exclude_defaults=True)
    clean = {field: _scrubbed(value) for field, value in held.items()}
    changed = [field for field in held if clean[field] != held[field]]
    if not changed:
        return entity
    result = type(entity).model_validate(clean)
    losses.extend(_removed(result, field) for field in changed)
    return result


def _removed(entity: Any, field: str) -> Loss:
    return Loss(
        subject=subject_of(entity),
        field=field,
        severity=Severity.DROPPED,
        code=Code.CREDENTIAL_REMOVED,
        message="Credentials in it were left out.",
        remedy=_REMEDY,
        origin=entity.origin,
    )


def _scrubbed(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, Mapping):
        return {scrub_text(key): _scrubbed(item) for key, item in value.items()}
    return [_scrubbed(item) for item in value] if isinstance(value, list) else value
