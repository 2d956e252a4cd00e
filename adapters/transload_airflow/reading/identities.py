"""The assets and aliases of a project, collected from wherever a DAG mentions them, and their identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from transload import carry
from transload.adapter import Target, unread_loss
from transload.carry import Carried
from transload.loss import Code, Loss
from transload.model.assets import Alias, Asset, Origin
from transload.model.identity import AssetId, logical, scrub, uri_of
from transload.model.triggers import AliasUpdated, Trigger, Updated
from transload_airflow.codecs import keywords
from transload_airflow.codecs.classes import arguments, kind_of
from transload_airflow.codecs.residue import Words, described, words_in
from transload_airflow.codecs.uris import identity_of, sanitised
from transload_airflow.codecs.watchers import watchers_of
from transload_airflow.names import TOOL

Pair = tuple[str, str]
"""Airflow's identity of an asset: name and URI."""

ASSETS: Final[Mapping[str, str]] = {"Asset": "asset", "Dataset": "dataset", "Model": "model"}
"""Airflow's classes of assets, and the group of each unless another is given."""

ALIASES: Final = frozenset({"AssetAlias", "DatasetAlias"})
_REFERENCES: Final = frozenset({"AssetNameRef", "AssetUriRef"})
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {"Model": ("model",)}


class Resolved(NamedTuple):
    """An asset as it was met first: name and URI, keyword arguments, and where."""

    pair: Pair
    kwargs: dict[str, Any]
    origin: Origin | None


class Catalog:
    """The assets and aliases of a project: first `collect` everything, then `settle`; then `trigger` resolves a value."""

    def __init__(self, target: Target, losses: list[Loss]) -> None:
        self._target = target
        self._losses = losses
        self._resolved: dict[Pair, Resolved] = {}
        self._references: dict[tuple[str, str], Origin | None] = {}
        self._aliases: dict[str, Alias] = {}
        self._assets: dict[Pair, Asset] = {}
        self._by_name: dict[str, Asset] = {}
        self._by_uri: dict[str, Asset] = {}
        self._carried: dict[str, Any] = {}
        self._reported: set[str] = set()

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Every asset."""
        return tuple(self._assets.values())

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """Every alias."""
        return tuple(self._aliases.values())

    @property
    def carried(self) -> Carried:
        """The part of transload's manifest that the assets carried in their `extra`."""
        return Carried(assets=self._carried)

    def collect(self, value: Any, origin: Origin | None) -> None:
        """Take in whatever assets, references and aliases are in a value."""
        for item in _mentioned(value):
            kind = kind_of(item)
            if kind in ASSETS:
                self._collect_asset(item, origin)
            elif kind in _REFERENCES:
                self._references.setdefault(_reference(item), origin)
            elif kind in ALIASES:
                kwargs = arguments(item)
                group = kwargs.get("group")
                if not isinstance(group, (str, type(None))):
                    message = f"The group of an alias is a text, and this is none: {described(group)!r}."
                    self._losses.append(unread_loss(f"alias {kwargs.get('name')}", "group", message, origin))
                    group = None
                alias = Alias(name=str(kwargs.get("name")), group=None if group == "asset" else group, origin=origin)
                self._aliases.setdefault(alias.name, alias)

    def settle(self) -> None:
        """Give each asset its identity, in the order of names; references to no asset make assets of their own."""
        names, uris = ({pair[index] for pair in self._resolved} for index in range(2))
        for field, text in sorted(self._references):
            if text not in (names if field == "name" else uris):
                pair = (text, _stored(text))
                self._resolved[pair] = Resolved(pair, {}, self._references[field, text])
        owners: dict[AssetId, Pair] = {}
        for pair in sorted(self._resolved):
            asset = self._asset(self._resolved[pair], owners)
            self._assets[pair] = asset
            self._by_name.setdefault(pair[0], asset)
            self._by_uri.setdefault(pair[1], asset)

    def trigger(self, value: Any) -> Trigger | None:
        """The update that an asset, a reference or an alias stands for; None for anything else."""
        kind = kind_of(value)
        if kind in ASSETS:
            pair = _pair(value)
            return None if pair is None else Updated(asset=self._assets[pair].id)
        if kind in _REFERENCES:
            field, text = _reference(value)
            known = self._by_name if field == "name" else self._by_uri
            asset = known.get(text) or self._assets[text, _stored(text)]
            return Updated(asset=asset.id, reference="name" if field == "name" else "uri")
        if kind in ALIASES:
            return AliasUpdated(alias=str(arguments(value).get("name")))
        return None

    def listed(self, value: Any) -> Trigger | None:
        """The update that an item of a port stands for; None, with a report once for each, where it is no asset."""
        trigger = self.trigger(value)
        # An asset without an identity is reported as it is collected, words as the keyword that they are in.
        if trigger is None and kind_of(value) not in ASSETS and not isinstance(value, Words):
            text = repr(described(value))
            if text not in self._reported:
                self._reported.add(text)
                message = f"{text[:200]} is no asset, and is left out where one is listed."
                self._losses.append(
                    unread_loss(f"project {self._target.text}", "assets", message, code=Code.NOT_AN_ASSET)
                )
        return trigger

    def _collect_asset(self, value: Any, origin: Origin | None) -> None:
        pair = _pair(value)
        if pair is None:
            message = "An asset is left out, since neither its name nor its URI can be told."
            self._losses.append(unread_loss(f"project {self._target.text}", "assets", message, origin))
            return
        resolved = Resolved(pair, {**arguments(value), "kind": kind_of(value)}, origin)
        known = self._resolved.setdefault(pair, resolved)
        uri = resolved.kwargs.get("uri") or resolved.kwargs.get("name")
        if known is resolved and isinstance(uri, str) and scrub(uri) != uri:
            message = "User info and secret parameters of its URI were left out."
            self._note(resolved, "uri", message, Code.CREDENTIAL_REMOVED, "Hand it over as a connection of Airflow's.")
        if known.kwargs == resolved.kwargs:
            return
        for key in sorted({*known.kwargs, *resolved.kwargs} - {"name", "uri"}):
            if described(known.kwargs.get(key)) != described(resolved.kwargs.get(key)):
                message = f"{known.origin or 'One file'} and {origin or 'another'} give it different values; the first is used."
                self._note(resolved, key, message, Code.CONTRADICTION)

    def _identity(self, resolved: Resolved, owners: Mapping[AssetId, Pair]) -> AssetId:
        """By URI if it states one, else by name; where another asset has that identity, by name, and at last by both."""
        deployment = self._target.deployment
        by_name = logical(TOOL, deployment, [resolved.pair[0]])
        for candidate in dict.fromkeys((identity_of(resolved.pair[1]) or by_name, by_name)):
            if candidate not in owners:
                return candidate
            message = (
                f"It has the identity of {list(owners[candidate])!r}, {uri_of(candidate)}, and so gets one of its own."
            )
            self._note(resolved, "id", message, Code.SHARED_IDENTITY)
        return logical(TOOL, deployment, list(resolved.pair))

    def _asset(self, resolved: Resolved, owners: dict[AssetId, Pair]) -> Asset:
        pair, kwargs, origin = resolved
        identity = self._identity(resolved, owners)
        owners[identity] = pair
        kind, group, extra = kwargs.get("kind") or "Asset", kwargs.get("group"), kwargs.get("extra")
        metadata = {str(key): described(value) for key, value in extra.items()} if isinstance(extra, Mapping) else {}
        if isinstance(metadata.get(carry.KEY), dict):
            self._carried[carry.key_of(pair)] = metadata.pop(carry.KEY)
        watchers, unread_watchers = watchers_of(kwargs.get("watchers"))
        native = self._native(resolved) | ({"watchers": unread_watchers} if unread_watchers else {})
        return Asset(
            id=identity,
            names={TOOL: pair},
            kinds=_KINDS.get(kind, ()),
            group=group if isinstance(group, str) and group != ASSETS[kind] else None,
            metadata=metadata,
            watchers=watchers,
            native={TOOL: native} if native else {},
            origin=origin,
        )

    def _native(self, resolved: Resolved) -> dict[str, JsonValue]:
        kwargs = resolved.kwargs
        native = {key: described(value) for key, value in kwargs.items() if key not in keywords.ASSET and key != "kind"}
        for key in sorted(set(native) - keywords.ASSET_NATIVE - {"**"}):
            message = f"The keyword {key!r} is none that is known; it is kept as it was read."
            self._note(resolved, key, message, Code.UNKNOWN_KEYWORD)
        if not isinstance(kwargs.get("extra", {}), (Mapping, type(None))):
            native["extra"] = described(kwargs["extra"])
        for key, value in kwargs.items():
            for words in words_in(value):
                code = Code.UNRESOLVED if words.unknown else Code.NOT_SERIALISABLE
                self._note(resolved, key, f"The value of {key!r} has no form but a description: {words.text}.", code)
        return native

    def _note(  # noqa: PLR0913, PLR0917 - the fields of a loss
        self, resolved: Resolved, field: str, message: str, code: Code, remedy: str | None = None
    ) -> None:
        loss = unread_loss(f"asset {scrub(resolved.pair[1])}", field, message, resolved.origin, code=code)
        self._losses.append(loss if remedy is None else loss.model_copy(update={"remedy": remedy}))


def _mentioned(value: Any) -> Iterator[Any]:
    """Every form within a value that is an asset, a reference or an alias, in the order of the source."""
    # A stack, not recursion: values are nested as deep as their authors like. It is filled from behind to keep the order.
    pending = [value]
    while pending:
        item = pending.pop()
        if kind_of(item) in ASSETS or kind_of(item) in _REFERENCES or kind_of(item) in ALIASES:
            yield item
        elif isinstance(item, Mapping):
            pending.extend([*item.values(), *item.keys()][::-1])
        elif isinstance(item, (list, tuple, set, frozenset)):
            pending.extend(list(item)[::-1])
        elif kind_of(item) is not None:
            pending.extend([*item.args, *item.kwargs.values()][::-1])


def _pair(value: Any) -> Pair | None:
    """Name and URI, each standing in for the other where it is missing; None where neither is known."""
    kwargs = arguments(value)
    known = [text for text in (kwargs.get("name"), kwargs.get("uri")) if isinstance(text, str)]
    return (scrub(known[0]), _stored(known[-1])) if known else None


def _stored(uri: str) -> str:
    """A URI as Airflow stores it, without credentials; as it is where Airflow would refuse it."""
    try:
        return sanitised(scrub(uri))
    except ValueError:
        return scrub(uri)


def _reference(value: Any) -> tuple[str, str]:
    """The field by which a reference names its asset, and the text there."""
    field = "uri" if kind_of(value) == "AssetUriRef" else "name"
    return field, str(arguments(value).get(field))
