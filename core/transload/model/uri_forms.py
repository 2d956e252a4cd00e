"""How the parts of a URI become an OpenLineage namespace and name, and back: one pair of functions per form of the scheme table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from transload.model.locations import Location
from transload.model.schemes import canonical_scheme, scheme_of

Pair = tuple[str, str]
"""Namespace and name."""

_ITEM = r'(?:"(?:[^"]|"")+"|[^".]+)'
_ITEMS = re.compile(_ITEM)
_DOTTED = re.compile(rf"{_ITEM}(?:\.{_ITEM})*")
_DATABASE_EXTENSION = re.compile(r"\.(?:duckdb|ddb|db|sqlite3?)(?=/)", re.IGNORECASE)
_PUBSUB = re.compile(r"(?P<kind>topic|subscription):(?P<project>[^/?#@]+):(?P<id>[^:/?#]+)")
_ENDS_IN_PORT = re.compile(r":[0-9]+$")
_URI_DELIMITER = re.compile(r"[/?#]")


def dotted(parts: Sequence[str]) -> str:
    """Parts joined by dots; a part with a dot or a double quote is quoted as SQL does, so that no two names are confused.

    >>> dotted(["db", "s", "t"]), dotted(["a.b", "c"])
    ('db.s.t', '"a.b".c')
    """
    return ".".join('"' + part.replace('"', '""') + '"' if "." in part or '"' in part else part for part in parts)


def undotted(name: str) -> list[str]:
    """The parts of a dotted name, or none at all if it is not well formed."""
    if not _DOTTED.fullmatch(name):
        return []
    return [item[1:-1].replace('""', '"') if item.startswith('"') else item for item in _ITEMS.findall(name)]


def pair_of(location: Location) -> Pair | None:
    """Namespace and name; None where the URI names nothing.

    A URI with other parts than its scheme asks for keeps its authority as namespace and its path, with the leading slash that no
    well-formed name has, as name.
    """
    if _names_nothing(location):
        return None
    if not location.authority and location.rules.form not in _OWN_ROOT:
        return location.scheme, _path_or_root(location)
    return _PAIRS[location.rules.form](location) or (location.root, _path_or_root(location))


def _names_nothing(location: Location) -> bool:
    rest = location.path if location.rules.form == "file" else location.trimmed + location.query
    return not (location.authority or rest)


def uri_of_pair(namespace: str, name: str) -> str:
    """The URI that `pair_of` turns into this pair again."""
    scheme, separator, _ = namespace.partition("://")
    if not separator:
        return _URIS_WITHOUT_ROOT.get(namespace, _rootless_uri)(namespace, name)
    form = scheme_of(canonical_scheme(scheme)).form
    return _URIS.get(form, _key_uri)(namespace, name)


def _path_or_root(location: Location) -> str:
    return (location.trimmed or "/") + location.selection


def _segments(path: str, count: int, schema: str = "") -> list[str] | None:
    """The segments that name a table; one segment may hold them all, joined by dots."""
    segments = path.rstrip("/")[1:].split("/")
    if len(segments) == 1:
        segments = undotted(segments[0])
    segments = (
        [segments[0], *(middle or schema for middle in segments[1:-1]), *segments[-1:]]
        if len(segments) > 1
        else segments
    )
    return segments if len(segments) == count and all(segments) else None


def _key(location: Location) -> Pair:
    """An object key keeps a leading slash of its own: `s3://bucket//a` is the key `/a`."""
    return location.root, (location.trimmed[1:] + (location.selection if location.rules.query else "")) or "/"


def _tree(location: Location) -> Pair:
    return location.root, location.trimmed.lstrip("/") or "/"


def _file(location: Location) -> Pair:
    if location.authority in ("", "localhost"):
        # RFC 8089 section 2: the two are one.
        return "file", location.trimmed or "/"
    return location.root, location.trimmed or "/"


def _transfer(location: Location) -> Pair:
    """As Airflow's ftp and sftp converters, which give both the scheme `file`.

    `//x` is the absolute path that RFC 1738 section 3.2.2 writes `/%2Fx`.
    """
    name = location.trimmed[1:]
    return f"file://{location.authority}", (f"%2F{name[1:]}" if name.startswith("/") else name) or "/"


def _table(location: Location) -> Pair | None:
    parts = _segments(location.path, location.rules.parts, location.rules.schema)
    return (location.root, dotted(parts)) if parts else None


def _bigquery(location: Location) -> Pair | None:
    path = f"/{location.authority}{location.path}"
    parts = _segments(path, location.rules.parts)
    return ("bigquery", dotted(parts)) if parts else None


def _synapse(location: Location) -> Pair | None:
    """Two parts are Synapse's; with a database before them it is SQL Server, whose tables are named by `mssql`."""
    parts = _segments(location.path, 3)
    return (f"mssql://{location.authority}", dotted(parts)) if parts else _table(location)


def _cosmos(location: Location) -> Pair | None:
    parts = location.trimmed[1:].split("/")
    match parts:
        case ["dbs", database, "colls", table] if database and table:
            return f"{location.root}/dbs/{database}", f"colls/{table}"
        case [database, table] if database not in ("", "dbs"):
            return f"{location.root}/dbs/{database}", f"colls/{table}"
    return None


def _pubsub(location: Location) -> Pair | None:
    kind, _, identifier = location.trimmed[1:].partition("/")
    name = f"{kind.removesuffix('s')}:{location.authority}:{identifier}"
    return ("pubsub", name) if kind.endswith("s") and ":" not in identifier and _PUBSUB.fullmatch(name) else None


def _glue(location: Location) -> Pair | None:
    region, _, account = location.authority.partition(":")
    parts = _segments(location.path, location.rules.parts)
    known = parts and region and account and ":" not in account
    return (f"arn:aws:glue:{region}:{account}", f"table/{'/'.join(parts)}") if parts and known else None


def _memory(location: Location) -> Pair | None:
    name = location.authority + location.trimmed + location.selection
    return ("inmemory://", name) if name else None


def _embedded(location: Location) -> Pair | None:
    """`duckdb://path/to/file.duckdb/schema/table`; catalog and schema have DuckDB's and SQLite's own defaults."""
    text = location.authority + location.trimmed
    if (extension := _DATABASE_EXTENSION.search(text)) is None:
        return None
    file = text[: extension.end()]
    catalog = file.rpartition("/")[2].partition(".")[0]
    implied = [catalog, "main"] if location.scheme == "duckdb" else ["main"]
    inner = text[extension.end() + 1 :].split("/")
    inner = undotted(inner[0]) if len(inner) == 1 else inner
    parts = [*implied[: max(0, location.rules.parts - len(inner))], *inner]
    return (
        (f"{location.scheme}://{file}", dotted(parts))
        if inner and len(parts) == location.rules.parts and all(parts)
        else None
    )


def _site(location: Location) -> Pair | None:
    site, _, key = location.trimmed[1:].partition("/")
    return (f"{location.root}/{site}", key or "/") if site else None


_PAIRS: dict[str, Callable[[Location], Pair | None]] = {
    "path": _key,
    "tree": _tree,
    "file": _file,
    "transfer": _transfer,
    "dotted": _table,
    "bigquery": _bigquery,
    "synapse": _synapse,
    "cosmos": _cosmos,
    "pubsub": _pubsub,
    "glue": _glue,
    "memory": _memory,
    "embedded": _embedded,
    "site": _site,
}
_OWN_ROOT = frozenset({"file", "memory", "embedded"})
"""The forms that need no authority."""


def _key_uri(namespace: str, name: str) -> str:
    return f"{namespace}/" if name == "/" else f"{namespace}/{name}"


def _file_uri(namespace: str, name: str) -> str:
    if name.startswith("/") and not (name == "/" and _ENDS_IN_PORT.search(namespace)):
        return namespace + name
    name = name.removeprefix("/")
    return f"{'ftp' if namespace.endswith(':21') else 'sftp'}{namespace.removeprefix('file')}/{name}"


def _table_uri(namespace: str, name: str) -> str:
    if name.startswith("/"):
        return namespace + name
    parts = undotted(name)
    readable = len(parts) > 1 and not any(map(_URI_DELIMITER.search, parts))
    return f"{namespace}/{'/'.join(parts) if readable else name}"


def _rooted_uri(namespace: str, name: str) -> str:
    return namespace + name if name.startswith("/") else f"{namespace}/{name}"


def _memory_uri(namespace: str, name: str) -> str:
    return namespace + name


def _logical_uri(namespace: str, name: str) -> str:
    return f"{namespace}/{name}"


def _site_uri(namespace: str, name: str) -> str:
    has_site = "/" in namespace.partition("://")[2]
    return _key_uri(namespace, name) if has_site else _rooted_uri(namespace, name)


_URIS: dict[str, Callable[[str, str], str]] = {
    "file": _file_uri,
    "dotted": _table_uri,
    "synapse": _table_uri,
    "embedded": _table_uri,
    "bigquery": _rooted_uri,
    "glue": _rooted_uri,
    "pubsub": _rooted_uri,
    "cosmos": _rooted_uri,
    "memory": _memory_uri,
    "site": _site_uri,
    "logical": _logical_uri,
}


def _rootless_uri(namespace: str, name: str) -> str:
    return f"{namespace}://{name}" if name.startswith("/") else f"{namespace}:{name}"


def _bigquery_uri(namespace: str, name: str) -> str:
    parts = [] if name.startswith("/") else undotted(name)
    return f"bigquery://{'/'.join(parts)}" if len(parts) > 1 else _rootless_uri(namespace, name)


def _pubsub_uri(namespace: str, name: str) -> str:
    match = _PUBSUB.fullmatch(name)
    return f"pubsub://{match['project']}/{match['kind']}s/{match['id']}" if match else _rootless_uri(namespace, name)


_URIS_WITHOUT_ROOT: dict[str, Callable[[str, str], str]] = {"bigquery": _bigquery_uri, "pubsub": _pubsub_uri}
