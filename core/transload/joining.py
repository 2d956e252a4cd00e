"""The rules of `transload.toml` that say which names mean the same dataset.

```toml
[deployments]                                    # what this instance of a tool is called; "default" if not said
dagster = "prod"

[[join]]
asset = "dagster://prod/analytics/{table}"       # or { dagster = ["analytics", "{table}"] }, { airflow = "orders" }
is = "snowflake://acc/DB/ANALYTICS/{table:upper}"

[[same]]                                         # exact pairs; the first physical one is the name of all
assets = ["dagster://prod/a/b", "s3://lake/b"]
```

The first rule that matches an asset's identity wins, `same` before `join`; if none does, the first that matches one of the native names
of an asset that is not physical. Rules apply to the result of rules, so that `resolve` is idempotent; a cycle is an error when the
rules are loaded, or at the latest when an asset runs into it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transload.errors import IdentityError, SettingsError
from transload.model.identity import AssetId, identify, is_physical, logical, logical_parts, uri_of
from transload.templates import Template, native_template, uri_template

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT_DEPLOYMENT = "default"
SECTIONS = frozenset({"deployments", "join", "same"})
"""The keys of a settings file that this module reads."""

_NAME_PARTS = {"airflow": 1}
"""Of Airflow's native (name, uri) the name alone is the key; it is unique among active assets."""


@dataclass(frozen=True)
class Rule:
    """One `[[join]]`: what a canonical URI must look like, and the URI that it then stands for."""

    asset: Template
    target: Template
    pattern: re.Pattern[str] = field(compare=False)

    def apply(self, uri: str) -> AssetId | None:
        """The identity that the rule gives to a URI; None if it does not match."""
        match = self.pattern.fullmatch(uri)
        return identify(self.target.fill(match.groupdict())) if match else None

    def sample(self) -> AssetId:
        """Some identity that the rule matches."""
        return identify(self.asset.fill({hole.name: f"sample{place}" for place, hole in enumerate(self.asset.holes)}))


@dataclass(frozen=True)
class Joining:
    """Which identities are one. Without rules every identity is its own.

    `same` gives for each identity of a `[[same]]` but the chosen one that one, and the file and key that say so.
    """

    rules: tuple[Rule, ...] = ()
    same: Mapping[AssetId, tuple[AssetId, str]] = field(default_factory=dict)
    deployments: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The tools that the rules name → the key where they do."""

    @classmethod
    def load(cls, path: Path, *, elsewhere: Collection[str] = ()) -> Joining:
        """Read a TOML file. `elsewhere` are the keys that others read from it.

        Raises `SettingsError`, with file and key, for what cannot be read or understood and for rules that lead in a circle.
        """
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            message = f"The settings cannot be read: {error.strerror or error}."
            raise SettingsError(message, where=str(path), hint="Check the path.") from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            hint = "Correct it; it is TOML in UTF-8."
            raise SettingsError(f"The settings cannot be read: {error}.", where=str(path), hint=hint) from error
        return cls.parse({key: value for key, value in data.items() if key not in elsewhere}, str(path))

    @classmethod
    def parse(cls, data: Mapping[str, Any], where: str = "transload.toml") -> Joining:
        """The same from TOML that is already read; `where` is the file, for errors."""
        _known_keys(data, SECTIONS, where)
        deployments = _deployments(data.get("deployments", {}), f"{where}: deployments")
        rules = tuple(_rule(entry, deployments, place) for place, entry in _entries(data, "join", where))
        joining = cls(rules, _pairs(_entries(data, "same", where)), deployments, _tools(data, rules))
        for asset in (*joining.same, *(rule.sample() for rule in rules)):
            joining.resolve(asset)
        return joining

    def deployment(self, tool: str) -> str:
        """What this instance of a tool is called in logical identities."""
        return self.deployments.get(tool, DEFAULT_DEPLOYMENT)

    def resolve(self, asset: AssetId, names: Mapping[str, tuple[str, ...]] | None = None) -> AssetId:
        """The one identity of an asset; `names` are its native names by tool.

        Idempotent: `resolve(resolve(x, names), names) == resolve(x, names)`. Raises `SettingsError` if the rules lead in a circle.
        """
        used: list[str] = []
        while (step := self._step(asset, names or {})) is not None and step[0] != asset:
            asset, place = step
            if place in used:
                raise SettingsError(
                    f"The rules lead in a circle, at {uri_of(asset)}.",
                    where=place,
                    hint="Remove one of: " + "; ".join(used),
                )
            used.append(place)
        return asset

    def _step(self, asset: AssetId, names: Mapping[str, tuple[str, ...]]) -> tuple[AssetId, str] | None:
        aliases = () if is_physical(asset) else self._aliases(asset, names)
        return next(filter(None, map(self._match, (asset, *aliases))), None)

    def _match(self, asset: AssetId) -> tuple[AssetId, str] | None:
        if asset in self.same:
            return self.same[asset]
        uri = uri_of(asset)
        targets = ((target, rule.asset.where) for rule in self.rules if (target := rule.apply(uri)))
        return next(targets, None)

    def _aliases(self, asset: AssetId, names: Mapping[str, tuple[str, ...]]) -> Iterator[AssetId]:
        """The logical identities that the native names give, but for the tool and deployment that the identity itself tells."""
        own = logical_parts(asset)
        for tool, key in sorted(names.items()):
            if key and (own is None or tool != own[0]):
                yield logical(tool, self.deployment(tool), key[: _NAME_PARTS.get(tool, len(key))])


def _tools(data: Mapping[str, Any], rules: Sequence[Rule]) -> dict[str, str]:
    """Of the rules those that name a tool by its name; a scheme may be anything."""
    named = {tool: f"deployments.{tool}" for tool in data.get("deployments", {})}
    for entry, rule in zip(data.get("join", ()), rules, strict=True):
        if isinstance(entry["asset"], Mapping):
            named.setdefault(next(iter(entry["asset"])), rule.asset.where.rpartition(": ")[2])
    return named


def _rule(entry: Mapping[str, Any], deployments: Mapping[str, str], where: str) -> Rule:
    _known_keys(entry, frozenset({"asset", "is"}), where)
    try:
        asset = _asset_template(_required(entry, "asset", where), deployments, f"{where}.asset")
        target = uri_template(_text(_required(entry, "is", where), f"{where}.is"), f"{where}.is")
    except IdentityError as error:
        raise SettingsError(error.message, where=where, hint=error.hint) from error
    unknown = sorted({hole.name for hole in target.holes} - {hole.name for hole in asset.holes})
    if unknown:
        raise SettingsError(f"No placeholder of `asset` is named {unknown[0]!r}.", where=f"{where}.is")
    return Rule(asset, target, asset.pattern())


def _asset_template(value: object, deployments: Mapping[str, str], where: str) -> Template:
    if not isinstance(value, Mapping):
        return uri_template(_text(value, where), where)
    if len(value) != 1:
        raise SettingsError(
            "Name one tool.", where=where, hint='Write { dagster = ["schema", "{table}"] } or { airflow = "name" }.'
        )
    tool, key = next(iter(value.items()))
    parts = [key] if isinstance(key, str) else _texts(key, where)
    return native_template(tool, deployments.get(tool, DEFAULT_DEPLOYMENT), parts, where)


def _pairs(entries: Iterator[tuple[str, Mapping[str, Any]]]) -> dict[AssetId, tuple[AssetId, str]]:
    same: dict[AssetId, tuple[AssetId, str]] = {}
    seen: set[AssetId] = set()
    for where, entry in entries:
        _known_keys(entry, frozenset({"assets"}), where)
        assets = dict.fromkeys(_identity(text, where) for text in _texts(_required(entry, "assets", where), where))
        if twice := seen & assets.keys():
            raise SettingsError(
                f"{uri_of(min(twice))} is in two groups.", where=where, hint="Put both groups into one."
            )
        seen |= assets.keys()
        target = next(filter(is_physical, assets), next(iter(assets)))
        same.update({asset: (target, where) for asset in assets if asset != target})
    return same


def _identity(uri: str, where: str) -> AssetId:
    try:
        return identify(uri)
    except IdentityError as error:
        raise SettingsError(
            error.message, where=where, hint="Write a name in a tool as dagster://deployment/part/part."
        ) from error


def _entries(data: Mapping[str, Any], section: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    entries = data.get(section, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise SettingsError("This is not a list of tables.", where=f"{where}: {section}", hint=f"Write [[{section}]].")
    return ((f"{where}: {section}[{number}]", entry) for number, entry in enumerate(entries, 1))


def _deployments(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise SettingsError(
            "This is not a table.", where=where, hint='Write [deployments] and, below it, dagster = "prod".'
        )
    return {tool: _text(name, f"{where}.{tool}") for tool, name in value.items()}


def _known_keys(data: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    if unknown := sorted(data.keys() - known):
        raise SettingsError(
            f"The key {unknown[0]!r} is unknown.", where=where, hint=f"Known are {', '.join(sorted(known))}."
        )


def _required(entry: Mapping[str, Any], key: str, where: str) -> object:
    if key not in entry:
        raise SettingsError(f"The key {key!r} is missing.", where=where)
    return entry[key]


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise SettingsError("This is not a text, or it is empty.", where=where, hint='Write a text in quotes: "…".')
    return value


def _texts(value: object, where: str) -> Sequence[str]:
    if not isinstance(value, list) or not value:
        raise SettingsError(
            "This is not a list of texts, or it is empty.", where=where, hint='Write a list of texts: ["…", "…"].'
        )
    return [_text(item, where) for item in value]
