"""Routes: what an update or a point in time starts in another tool, where that tool has no trigger of its own that says just this.

```toml
[[route]]
name = "finance_daily"
like = "airflow"                                    # whose rules say when `when` fires: tools differ in what they forget and count
when = { any = ["s3://lake/orders", { cron = "0 5 * * *", timezone = "Europe/Berlin" }] }
start = { tool = "prefect", flow = "finance", schedule = "default" }
backfill = "forward"                                # updates of a backfill: forward | collapse | hold | drop
rate = { runs = 10, per = 60.0 }                    # at most 10 runs in 60 seconds
paused = false
```

In `when` an asset is its URI, or `{ asset = "URI", mapping = { … } }` where partitions are mapped on the way; `all`, `any` and `cron` are
short for the triggers of the model; every other trigger is written as the model's document has it, or as that in a text, `json`,
where it holds something that TOML has no word for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from transload.errors import IdentityError, SettingsError
from transload.model.assets import Freshness
from transload.model.base import Record
from transload.model.identity import AssetId, identify, uri_of
from transload.model.partitions import Partitions
from transload.model.triggers import AllOf, AnyOf, Cron, Trigger, Updated

SECTION: Final = "route"
"""The key of a settings file that holds the routes."""

_TRIGGER: Final[TypeAdapter[Any]] = TypeAdapter(Trigger)
_PARTITIONS: Final[TypeAdapter[Any]] = TypeAdapter(Partitions)


class Start(Record):
    """What a route starts: a `flow` of a tool by the tool's own name for it, or an `asset`, which the tool then makes.

    `flow` is a DAG's id, the name of a Dagster job or of a Prefect flow, which is started by its deployment `schedule`. `instance`
    names the tool's instance.
    """

    tool: str
    flow: str | None = None
    schedule: str | None = None
    asset: AssetId | None = None
    instance: str = "default"


class Rate(Record):
    """At most `runs` runs in any `per` seconds."""

    runs: int = Field(gt=0)
    per: float = Field(gt=0)


class Partitioned(Record):
    """The partitions of an asset that a route names."""

    asset: AssetId
    keys: Partitions


class Route(Record):
    """One way from a trigger to what it starts.

    `like` is the tool by whose rules the trigger fires. `reads` are the assets that a condition such as Dagster's `eager` looks at, each
    with the mapping of its partitions; `partitions` the definitions of all assets that the route names and that have partitions.
    `backfill` says what becomes of updates that a backfill made: each is forwarded, all are one run, all wait for a person, or none
    counts. `fresh` is a target for the asset that is started, where the tool has no freshness policy of its own.
    """

    name: str
    like: str
    when: Trigger | None = None
    start: Start
    reads: tuple[Updated, ...] = ()
    partitions: tuple[Partitioned, ...] = ()
    backfill: Literal["forward", "collapse", "hold", "drop"] = "forward"
    rate: Rate | None = None
    fresh: Freshness | None = None
    paused: bool = False


# Writing


def dumps(routes: Iterable[Route]) -> str:
    """The routes as a settings file has them."""
    import tomli_w  # only who writes needs it: the interpreter of a tool, which borrows this package, may lack it

    return tomli_w.dumps({SECTION: [_written(route) for route in routes]})


def _written(route: Route) -> dict[str, Any]:
    plain = route.model_dump(mode="json", exclude_defaults=True, exclude={"when", "start", "reads", "partitions"})
    start = route.start.model_dump(mode="json", exclude_defaults=True)
    if route.start.asset is not None:
        start["asset"] = _spelled_asset(route.start.asset)
    lists = {
        "reads": [spelled(read) for read in route.reads],
        "partitions": [_spelled_partitions(each) for each in route.partitions],
    }
    when = {} if route.when is None else {"when": spelled(route.when)}
    optional = {name: value for name, value in lists.items() if value}
    return {"name": route.name, "like": route.like, **when, "start": start, **optional, **plain}


def _spelled_partitions(partitioned: Partitioned) -> dict[str, Any]:
    keys = partitioned.keys.model_dump(mode="json", exclude_defaults=True)
    plain = {"json": json.dumps(keys, sort_keys=True)} if _holds_null(keys) else keys
    return {"asset": _spelled_asset(partitioned.asset), "keys": plain}


def spelled(trigger: Trigger) -> Any:
    """A trigger in the short words of a settings file; `parsed` gives it back."""
    shorten = _SHORT.get(type(trigger))
    short = None if shorten is None else shorten(trigger)
    if short is not None:
        return short
    whole = trigger.model_dump(mode="json", exclude_defaults=True)
    return {"json": json.dumps(whole, sort_keys=True)} if _holds_null(whole) else whole


def _holds_null(value: Any) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if item is None:
            return True
        pending.extend(item.values() if isinstance(item, Mapping) else item if isinstance(item, list) else ())
    return False


def _spelled_asset(asset: AssetId) -> str | list[str]:
    """Its URI; namespace and name for an identity that no URI gives."""
    uri = uri_of(asset)
    try:
        return uri if identify(uri) == asset else list(asset)
    except IdentityError:
        return list(asset)


def _short_update(trigger: Updated) -> Any:
    if trigger.reference is not None:
        return None
    asset = _spelled_asset(trigger.asset)
    if trigger.mapping is None:
        return asset if isinstance(asset, str) else {"asset": asset}
    mapping = trigger.mapping.model_dump(mode="json", exclude_defaults=True)
    return None if _holds_null(mapping) else {"asset": asset, "mapping": mapping}


def _short_group(word: str) -> Callable[[Any], Any]:
    return lambda trigger: {word: [spelled(part) for part in trigger.parts]} if trigger.within is None else None


def _short_cron(trigger: Cron) -> dict[str, Any]:
    options = trigger.model_dump(exclude_defaults=True, exclude={"kind", "expression"})
    options.pop("kind", None)
    return {"cron": trigger.expression, **options}


_SHORT: Final[Mapping[type, Callable[[Any], Any]]] = {
    Updated: _short_update,
    AllOf: _short_group("all"),
    AnyOf: _short_group("any"),
    Cron: _short_cron,
}


# Reading


def parse(data: Mapping[str, Any], where: str = "transload.toml") -> tuple[Route, ...]:
    """The routes of a settings file that is already read; `where` is the file, for errors.

    Raises `SettingsError`, with file and route, for what cannot be understood, and for a name that two routes have.
    """
    entries = data.get(SECTION, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise SettingsError("This is not a list of tables.", where=f"{where}: {SECTION}", hint=f"Write [[{SECTION}]].")
    routes = tuple(_route(entry, f"{where}: {SECTION}[{number}]") for number, entry in enumerate(entries, 1))
    names: set[str] = set()
    for number, route in enumerate(routes, 1):
        if route.name in names:
            raise SettingsError(
                f"Two routes are named {route.name!r}.", where=f"{where}: {SECTION}[{number}]", hint="Rename one."
            )
        names.add(route.name)
    return routes


def _route(entry: Mapping[str, Any], where: str) -> Route:
    fields = dict(entry)
    if "when" in fields:
        fields["when"] = parsed(fields["when"], f"{where}.when")
    if "reads" in fields:
        fields["reads"] = [parsed(each, f"{where}.reads") for each in _listed(fields["reads"], f"{where}.reads")]
    if "partitions" in fields:
        place = f"{where}.partitions"
        fields["partitions"] = [_partitioned(each, place) for each in _listed(fields["partitions"], place)]
    if isinstance(fields.get("start"), Mapping) and "asset" in fields["start"]:
        fields["start"] = {**fields["start"], "asset": _asset(fields["start"]["asset"], f"{where}.start")}
    route: Route = _checked(Route.model_validate, fields, where)
    if (route.start.flow is None) == (route.start.asset is None):
        raise SettingsError("A route starts one flow or one asset.", where=f"{where}.start", hint="Give one of both.")
    if route.when is None and route.fresh is None:
        raise SettingsError("The route says neither `when` nor `fresh`.", where=where, hint="Say when it starts work.")
    return route


def _partitioned(value: Any, where: str) -> Any:
    if not isinstance(value, Mapping) or set(value) != {"asset", "keys"}:
        raise SettingsError("This is no table of an `asset` and its `keys`.", where=where)
    keys = value["keys"]
    if isinstance(keys, Mapping) and set(keys) == {"json"}:
        keys = _checked(_PARTITIONS.validate_json, keys["json"], where)
    return {"asset": _asset(value["asset"], where), "keys": keys}


def parsed(value: Any, where: str) -> Trigger:
    """A trigger from the words of a settings file. Raises `SettingsError` for what is none."""
    if isinstance(value, str):
        return Updated(asset=_asset(value, where))
    if not isinstance(value, Mapping):
        raise SettingsError("This is no trigger.", where=where, hint="Write the URI of an asset, or a table.")
    read = next((read for word, read in _LONG.items() if word in value and "kind" not in value), _whole)
    return read(value, where)


def _checked(validate: Callable[[Any], Any], value: Any, where: str) -> Any:
    try:
        return validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{first['msg']}.", where=f"{where}.{place}" if place else where) from error


def _whole(value: Mapping[str, Any], where: str) -> Trigger:
    trigger: Trigger = _checked(_TRIGGER.validate_python, value, where)
    return trigger


def _from_json(value: Mapping[str, Any], where: str) -> Trigger:
    trigger: Trigger = _checked(_TRIGGER.validate_json, value["json"], where)
    return trigger


def _update(value: Mapping[str, Any], where: str) -> Trigger:
    asset = _asset(value["asset"], where)
    return _whole({"kind": "updated", **value, "asset": asset}, where)


def _cron(value: Mapping[str, Any], where: str) -> Trigger:
    rest = {name: item for name, item in value.items() if name != "cron"}
    return _whole({"kind": "cron", "expression": value["cron"], **rest}, where)


def _group(kind: type[AllOf | AnyOf], word: str) -> Callable[[Mapping[str, Any], str], Trigger]:
    def read(value: Mapping[str, Any], where: str) -> Trigger:
        if set(value) != {word}:
            raise SettingsError(
                f"Beside `{word}` nothing can stand.", where=where, hint='Write { kind = "…" } for more.'
            )
        parts = _listed(value[word], f"{where}.{word}")
        return kind(parts=tuple(parsed(part, f"{where}.{word}[{place}]") for place, part in enumerate(parts, 1)))

    return read


_LONG: Final[Mapping[str, Callable[[Mapping[str, Any], str], Trigger]]] = {
    "all": _group(AllOf, "all"),
    "any": _group(AnyOf, "any"),
    "cron": _cron,
    "asset": _update,
    "json": _from_json,
}


def _listed(value: Any, where: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise SettingsError("This is not a list.", where=where)
    return value


def _asset(value: Any, where: str) -> AssetId:
    if isinstance(value, list) and len(value) == len(AssetId._fields) and all(isinstance(part, str) for part in value):
        return AssetId(*value)
    if not isinstance(value, str):
        raise SettingsError("This is no URI of an asset.", where=where, hint="Write it as a text.")
    try:
        return identify(value)
    except IdentityError as error:
        raise SettingsError(error.message, where=where, hint=error.hint) from error
