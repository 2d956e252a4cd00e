"""The assets and aliases of a project, collected from wherever a DAG mentions them, and their identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
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
from transload_airflow.codecs.uris import REMEMBERED, identity_of, sanitised
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
    """An asset as it was met first: name and URI, arguments, and where."""

    pair: Pair
    given: dict[str, Any]
    origin: Origin | None


class Catalog:
    """First `collect` everything, then `settle`; then `trigger` tells what a value stands for."""

    def __init__(self, target: Target, losses: list[Loss]) -> None:
        self._target = target
        self._losses = losses
        self._found: dict[Pair, Resolved] = {}
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
                if not isinstance(group, (str, type(None))):
                    message = f"The group of an alias is a text, and this is none: {described(group)!r}."
                    self._losses.append(unread_loss(f"alias {given.get('name')}", "group", message, origin))
                    group = None
                alias = Alias(name=str(given.get("name")), group=None if group == "asset" else group, origin=origin)
                self._aliases.setdefault(alias.name, alias)

    def settle(self) -> None:
        """Give each asset its identity, in the order of names; references that find none make assets of their own."""
        names, uris = ({pair[index] for pair in self._found} for index in range(2))
        for field, text in sorted(self._references):
            if text not in (names if field == "name" else uris):
                pair = (text, _stored(text))
                self._found[pair] = Resolved(pair, {}, self._references[field, text])
        taken: dict[AssetId, Pair] = {}
        for pair in sorted(self._found):
            asset = self._asset(self._found[pair], taken)
            self._assets[pair] = asset
            self._by_name.setdefault(pair[0], asset)
            self._by_uri.setdefault(pair[1], asset)

    def trigger(self, value: Any) -> Trigger | None:
        """What an asset, a reference or an alias stands for; None for anything else."""
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
        """What stands in a port for `value`; None, with a report, for what is none of these."""
        found = self.trigger(value)
        if found is None and kind_of(value) not in ASSETS:
            self._report_other(value)
        return found

    def _collect_asset(self, value: Any, origin: Origin | None) -> None:
        pair = _pair(value)
        if pair is None:
            message = "An asset is left out, since neither its name nor its URI can be told."
            self._losses.append(unread_loss(f"project {self._target.text}", "assets", message, origin))
            return
        found = Resolved(pair, {**arguments(value), "kind": kind_of(value)}, origin)
        known = self._found.setdefault(pair, found)
        if known is found:
            self._report_credentials(found)
        if known.given == found.given:
            return
        for key in sorted({*known.given, *found.given} - {"name", "uri"}):
            if described(known.given.get(key)) != described(found.given.get(key)):
                message = f"{known.origin or 'One file'} and {origin or 'another'} give it different values; the first is used."
                self._note(found, key, message, Code.CONTRADICTION)

    def _identity(self, found: Resolved, taken: dict[AssetId, Pair]) -> AssetId:
        """By URI if it states one, else by name; where another asset has that identity, by name, and at last by both."""
        deployment = self._target.deployment
        by_name = logical(TOOL, deployment, [found.pair[0]])
        for candidate in dict.fromkeys((identity_of(found.pair[1]) or by_name, by_name)):
            if candidate not in taken:
                return candidate
            message = (
                f"It has the identity of {list(taken[candidate])!r}, {uri_of(candidate)}, and so gets one of its own."
            )
            self._note(found, "id", message, Code.SHARED_IDENTITY)
        return logical(TOOL, deployment, list(found.pair))

    def _asset(self, found: Resolved, taken: dict[AssetId, Pair]) -> Asset:
        pair, given, origin = found
        identity = self._identity(found, taken)
        taken[identity] = pair
        kind, group = given.get("kind") or "Asset", given.get("group")
        metadata = self._metadata(found)
        watchers, unread_watchers = watchers_of(given.get("watchers"))
        native = self._native(found) | ({"watchers": unread_watchers} if unread_watchers else {})
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

    def _metadata(self, found: Resolved) -> dict[str, JsonValue]:
        """The extra, without what transload carried in it."""
        extra = found.given.get("extra")
        metadata = {str(key): described(value) for key, value in extra.items()} if isinstance(extra, Mapping) else {}
        if isinstance(metadata.get(carry.KEY), dict):
            self._carried[carry.key_of(found.pair)] = metadata.pop(carry.KEY)
        return metadata

    def _native(self, found: Resolved) -> dict[str, JsonValue]:
        given = found.given
        native = {key: described(value) for key, value in given.items() if key not in keywords.ASSET and key != "kind"}
        for key in sorted(set(native) - keywords.ASSET_NATIVE - {"**"}):
            message = f"The keyword {key!r} is none that is known; it is kept as it was read."
            self._note(found, key, message, Code.UNKNOWN_KEYWORD)
        if not isinstance(given.get("extra", {}), (Mapping, type(None))):
            native["extra"] = described(given["extra"])
        for key, words in ((key, words) for key, value in given.items() for words in words_in(value)):
            code = Code.UNRESOLVED if words.unknown else Code.NOT_SERIALISABLE
            self._note(found, key, f"The value of {key!r} has no form but a description: {words.text}.", code)
        return native

    def _report_credentials(self, found: Resolved) -> None:
        uri = found.given.get("uri") or found.given.get("name")
        if isinstance(uri, str) and scrub(uri) != uri:
            message = "User info and secret parameters of its URI were left out."
            loss = unread_loss(_subject(found), "uri", message, found.origin, code=Code.CREDENTIAL_REMOVED)
            self._losses.append(loss.model_copy(update={"remedy": "Hand it over as a connection of Airflow's."}))

    def _note(self, found: Resolved, field: str, message: str, code: Code) -> None:
        self._losses.append(unread_loss(_subject(found), field, message, found.origin, code=code))

    def _report_other(self, value: Any) -> None:
        text = repr(described(value))
        if isinstance(value, Words):
            return
        if text not in self._reported:
            self._reported.add(text)
            message = f"{text[:200]} is no asset, and is left out where one is listed."
            self._losses.append(unread_loss(f"project {self._target.text}", "assets", message, code=Code.NOT_AN_ASSET))


def _subject(found: Resolved) -> str:
    return f"asset {scrub(found.pair[1])}"


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


@lru_cache(maxsize=REMEMBERED)
def _stored(uri: str) -> str:
    try:
        return sanitised(scrub(uri))
    except ValueError:
        return scrub(uri)


def _reference(value: Any) -> tuple[str, str]:
    field = "uri" if kind_of(value) == "AssetUriRef" else "name"
    return field, str(arguments(value).get(field))
