"""The assets and aliases of a project, collected from wherever a DAG mentions them, and their identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import JsonValue

from transload import carry
from transload.adapter import Target, unread
from transload.carry import Carried
from transload.loss import Code, Loss
from transload.model.assets import Alias, Asset, Origin, Watcher
from transload.model.identity import AssetId, logical, scrub, uri_of
from transload.model.triggers import AliasUpdated, Trigger, Updated
from transload_airflow import keywords
from transload_airflow.classes import arguments, kind_of
from transload_airflow.names import TOOL
from transload_airflow.residue import Words, described, words_in
from transload_airflow.uris import identity_of, sanitised
from transload_airflow.watchers import watchers_of

Pair = tuple[str, str]
"""Airflow's identity of an asset: name and URI."""

ASSETS: Final[Mapping[str, str]] = {"Asset": "asset", "Dataset": "dataset", "Model": "model"}
"""Airflow's classes of assets, and the group of each unless another is given."""

ALIASES: Final = frozenset({"AssetAlias", "DatasetAlias"})
_REFERENCES: Final = frozenset({"AssetNameRef", "AssetUriRef"})
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {"Model": ("model",)}


class Catalog:
    """First `collect` everything, then `settle`; then `trigger` tells what a value stands for."""

    def __init__(self, target: Target, losses: list[Loss]) -> None:
        self._target = target
        self._losses = losses
        self._found: dict[Pair, tuple[dict[str, Any], Origin | None]] = {}
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
        """What the assets carried in their `extra`."""
        return Carried(assets=self._carried)

    def collect(self, value: Any, origin: Origin | None) -> None:
        """Take in whatever assets, references and aliases are in a value."""
        for each in _mentioned(value):
            kind = kind_of(each)
            if kind in ASSETS:
                self._collect_asset(each, origin)
            elif kind in _REFERENCES:
                self._references.setdefault(_reference(each), origin)
            elif kind in ALIASES:
                given = arguments(each)
                group = given.get("group")
                alias = Alias(name=str(given.get("name")), group=None if group == "asset" else group, origin=origin)
                self._aliases.setdefault(alias.name, alias)

    def settle(self) -> None:
        """Give each asset its identity, in the order of names; references that find none make assets of their own."""
        names, uris = ({pair[index] for pair in self._found} for index in range(2))
        for field, text in sorted(self._references):
            if text not in (names if field == "name" else uris):
                self._found[text, _stored(text)] = ({}, self._references[field, text])
        taken: dict[AssetId, Pair] = {}
        for pair in sorted(self._found):
            given, origin = self._found[pair]
            asset = self._asset(pair, self._identity(pair, taken, origin), given, origin)
            self._assets[pair] = asset
            self._by_name.setdefault(pair[0], asset)
            self._by_uri.setdefault(pair[1], asset)

    def trigger(self, value: Any) -> Trigger | None:
        """What an asset, a reference or an alias stands for; None, with a report, for anything else."""
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
        self._report_other(value)
        return None

    def _collect_asset(self, value: Any, origin: Origin | None) -> None:
        given = {**arguments(value), "kind": kind_of(value)}
        pair = _pair(value)
        if pair is None:
            message = "An asset is left out, since neither its name nor its URI can be told."
            self._losses.append(unread(f"project {self._target.text}", "assets", message, origin))
            return
        known = self._found.get(pair)
        if known is None:
            self._found[pair] = (given, origin)
            self._report_credentials(given, origin)
        elif described(known[0]) != described(given):
            for key in sorted({*known[0], *given} - {"name", "uri"}):
                if described(known[0].get(key)) != described(given.get(key)):
                    message = f"{known[1] or 'One file'} and {origin or 'another'} give it different values; the first is used."
                    self._lose(pair, key, message, origin, Code.CONTRADICTION)

    def _identity(self, pair: Pair, taken: dict[AssetId, Pair], origin: Origin | None) -> AssetId:
        """By URI if it states one, else by name; where another asset has that identity, by name, and at last by both."""
        by_name = logical(TOOL, self._target.deployment, [pair[0]])
        stated = identity_of(pair[1])
        for candidate in (stated or by_name, by_name):
            if candidate not in taken:
                taken[candidate] = pair
                return candidate
            message = f"It has the identity of {list(taken[candidate])!r}, {uri_of(candidate)}, and so gets one of its own."
            self._lose(pair, "id", message, origin, Code.SHARED_IDENTITY)
        both = logical(TOOL, self._target.deployment, list(pair))
        taken[both] = pair
        return both

    def _asset(self, pair: Pair, identity: AssetId, given: Mapping[str, Any], origin: Origin | None) -> Asset:
        kind = given.get("kind") or "Asset"
        extra = given.get("extra")
        metadata = {str(key): described(value) for key, value in extra.items()} if isinstance(extra, Mapping) else {}
        own = metadata.get(carry.KEY)
        if isinstance(own, dict):
            self._carried[carry.key_of(pair)] = metadata.pop(carry.KEY)
        group = given.get("group")
        watchers, unread_watchers = watchers_of(given.get("watchers"))
        native = self._native(pair, given, unread_watchers, origin)
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

    def _native(
        self, pair: Pair, given: Mapping[str, Any], watchers: list[JsonValue], origin: Origin | None
    ) -> dict[str, JsonValue]:
        rest = {key: described(value) for key, value in given.items() if key not in keywords.ASSET and key != "kind"}
        for key in sorted(set(rest) - keywords.ASSET_NATIVE):
            self._lose(pair, key, f"The keyword {key!r} is none that is known; it is kept as it was read.", origin, Code.UNKNOWN_KEYWORD)
        native = {**rest, "watchers": watchers} if watchers else rest
        if not isinstance(given.get("extra", {}), (Mapping, type(None))):
            native["extra"] = described(given["extra"])
        for key, value in given.items():
            for words in words_in(value):
                code = Code.UNRESOLVED if words.unknown else Code.NOT_SERIALISABLE
                self._lose(pair, key, f"The value of {key!r} has no form but a description: {words.text}.", origin, code)
        return native

    def _report_credentials(self, given: Mapping[str, Any], origin: Origin | None) -> None:
        uri = given.get("uri") or given.get("name")
        if isinstance(uri, str) and scrub(uri) != uri:
            message = "User info and secret parameters of its URI were left out."
            self._lose((scrub(uri), scrub(uri)), "uri", message, origin, Code.CREDENTIAL_REMOVED)

    def _report_other(self, value: Any) -> None:
        text = repr(described(value))
        if isinstance(value, Words):
            return
        if text not in self._reported:
            self._reported.add(text)
            message = f"{text[:200]} is no asset, and is left out where one is listed."
            self._losses.append(unread(f"project {self._target.text}", "assets", message, code=Code.NOT_AN_ASSET))

    def _lose(self, pair: Pair, field: str, message: str, origin: Origin | None, code: Code) -> None:
        self._losses.append(unread(f"asset {scrub(pair[1])}", field, message, origin, code=code))


def _mentioned(value: Any) -> Iterator[Any]:
    """Every form within a value that is an asset, a reference or an alias."""
    pending = [value]
    while pending:
        each = pending.pop()
        if kind_of(each) in ASSETS or kind_of(each) in _REFERENCES or kind_of(each) in ALIASES:
            yield each
        elif isinstance(each, Mapping):
            pending.extend([*each.values(), *each.keys()][::-1])
        elif isinstance(each, (list, tuple, set, frozenset)):
            pending.extend(list(each)[::-1])
        elif kind_of(each) is not None:
            pending.extend([*each.args, *each.kwargs.values()][::-1])


def _pair(value: Any) -> Pair | None:
    """Name and URI, each standing in for the other where it is missing; None where neither is known."""
    given = arguments(value)
    known = [text for text in (given.get("name"), given.get("uri")) if isinstance(text, str)]
    return (scrub(known[0]), _stored(known[-1])) if known else None


def _stored(uri: str) -> str:
    try:
        return sanitised(scrub(uri))
    except ValueError:
        return scrub(uri)


def _reference(value: Any) -> tuple[str, str]:
    field = "uri" if kind_of(value) == "AssetUriRef" else "name"
    return field, str(arguments(value).get(field))
