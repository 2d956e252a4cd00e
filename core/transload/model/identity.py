"""The one name of a dataset: URI → OpenLineage (namespace, name), and logical names for assets that have no URI.

Every reader, writer and lineage event goes through `identify`, so that one real table is one node whoever writes it. The result is that
of the OpenLineage naming specification (release 1.54) and of the converters of Airflow's own providers (for Airflow 3.3.2), and extends
both to the schemes that they drop. Where distinct resources would get one name, or one resource two, it deviates from Airflow:

* user info is dropped always (Airflow: only with a password), so are secret parameters;
* hosts are lower case, IDNA-encoded and, for IPv6, compressed; buckets keep their case;
* `file://localhost/x` is `file:///x`, and `file://h` is the root of host `h` (Airflow: the local path `/h`);
* a part with a dot or a double quote is quoted, `"a.b".s.t` (Airflow: `a.b.s.t`, which is another table's name too);
* an object key keeps a leading slash of its own: `s3://bucket//a` is not `s3://bucket/a`, neither is `ftp://h//a` `ftp://h/a`;
* `snowflake://account.snowflakecomputing.com` and `snowflake://account:443` are `snowflake://account`;
* a SQL Server instance in the path (`mssql://h/instance/db/s/t`) stays in the name; Airflow leaves it out;
* a URI with too few or too many parts, which Airflow refuses, keeps its path as name.

As with Airflow, the query of object stores, files and databases is not part of the name, and ftp and sftp share one namespace.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from transload.errors import IdentityError
from transload.model.locations import Location, locate
from transload.model.schemes import LOGICAL_PREFIX, SCHEMES, scheme_of
from transload.model.scrubbing import scrub
from transload.model.uri_forms import pair_of, undotted, uri_of_pair

__all__ = ["AssetId", "identify", "is_physical", "logical", "logical_parts", "scrub", "uri_of"]

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ARN = re.compile(r"(?P<namespace>arn:[^:/]+:[^:/]+:[^:/]*:[^:/]*):(?P<name>.*[^/])/*", re.IGNORECASE)
_S3_ARN = "arn:aws:s3::"
_BIGQUERY = re.compile(r"bigquery:(?P<name>[^/?#@]+)", re.IGNORECASE)
_PUBSUB = re.compile(r"pubsub:(?P<name>(?:topic|subscription):[^/?#@]+:[^:/?#@]+)", re.IGNORECASE)
_TOOL = re.compile(r"[a-z][a-z0-9-]+")
_ESCAPED_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff%/?#@;]")
_EMPTY_PART = "~"
_SHOWN = 120


class AssetId(NamedTuple):
    """An OpenLineage dataset identity. Two assets are one exactly if both fields are equal."""

    namespace: str
    name: str


def identify(uri: str) -> AssetId:
    r"""The identity of the dataset that a URI, an ARN or a logical name written as a URI stands for.

    Raises `IdentityError` for a text that is none of these, such as `orders`, `Prod:Orders` or `C:\x`: that is a name in its tool,
    for `logical`.

    >>> identify("postgresql+psycopg2://ann:pw@H/db/public/orders")
    AssetId(namespace='postgres://h:5432', name='db.public.orders')
    >>> identify("s3a://lake/raw/orders/")
    AssetId(namespace='s3://lake', name='raw/orders')
    """
    if _UNPRINTABLE.search(uri):
        raise _error(uri, "holds control characters or lone surrogates")
    location = locate(uri)
    if location is None:
        return _identify_opaque(scrub(uri))
    if location.rules.form == "logical":
        return _identify_logical(location)
    if (pair := pair_of(location)) is None:
        raise _error(uri, "names no dataset")
    return AssetId(*pair)


def uri_of(asset: AssetId) -> str:
    """The canonical URI: `identify(uri_of(identify(u))) == identify(u)`. Of an identity made elsewhere, a readable text at least.

    >>> uri_of(AssetId("bigquery", "project.dataset.table"))
    'bigquery://project/dataset/table'
    """
    if asset.namespace.startswith("arn:"):
        return f"{asset.namespace}:{asset.name}"
    return uri_of_pair(*asset)


def logical(tool: str, deployment: str, parts: Sequence[str]) -> AssetId:
    """The identity of an asset that only its tool can name; `parts` is the native key. Any text is legal in a part.

    `/`, `%` and what a URI cannot hold are percent-encoded and an empty part is `~`, so that distinct keys stay distinct.
    A tool without a scheme of its own in the table gets `logical+{tool}`. Raises `IdentityError` for an empty name.

    >>> logical("dagster", "prod", ["a", "b"]), logical("dagster", "prod", ["a/b"])
    (AssetId(namespace='dagster://prod', name='a/b'), AssetId(namespace='dagster://prod', name='a%2Fb'))
    """
    if not parts or not deployment or not _TOOL.fullmatch(tool):
        raise IdentityError(
            f"No asset can be named by tool {tool!r}, deployment {deployment!r} and key {list(parts)!r}."
        )
    known = tool in SCHEMES and SCHEMES[tool].form == "logical"
    scheme = tool if known else LOGICAL_PREFIX + tool
    return AssetId(f"{scheme}://{_escape(deployment)}", "/".join(map(_escape, parts)))


def logical_parts(asset: AssetId) -> tuple[str, str, tuple[str, ...]] | None:
    """Tool, deployment and native key of a logical identity; None if it is physical."""
    scheme, _, deployment = asset.namespace.partition("://")
    if not deployment or scheme_of(scheme).form != "logical":
        return None
    return scheme.removeprefix(LOGICAL_PREFIX), _unescape(deployment), tuple(map(_unescape, asset.name.split("/")))


def is_physical(asset: AssetId) -> bool:
    """Whether an identity is that of a place where data lies, and not a mere name in a tool."""
    return logical_parts(asset) is None


def _identify_opaque(text: str) -> AssetId:
    """What is written without `://`: ARNs, and OpenLineage's own `bigquery` and `pubsub` names after their namespace."""
    if (arn := _ARN.fullmatch(text)) is not None:
        namespace = arn["namespace"].lower()
        return identify(f"s3://{arn['name']}") if namespace == _S3_ARN else AssetId(namespace, arn["name"])
    if (table := _BIGQUERY.fullmatch(text)) and len(undotted(table["name"])) == SCHEMES["bigquery"].parts:
        return AssetId("bigquery", table["name"])
    if topic := _PUBSUB.fullmatch(text):
        return AssetId("pubsub", topic["name"])
    raise _error(text, "is not a URI")


def _identify_logical(location: Location) -> AssetId:
    """Decoded and encoded anew, so that each key has one spelling."""
    tool = location.scheme.removeprefix(LOGICAL_PREFIX)
    path = (location.path + location.selection).rstrip("/").removeprefix("/")
    return logical(tool, _unescape(location.authority), [_unescape(part) for part in path.split("/")] if path else ())


def _escape(part: str) -> str:
    encoded = _ESCAPED_CHARACTER.sub(_percent, part)
    return {"": _EMPTY_PART, _EMPTY_PART: "%7E"}.get(encoded, encoded)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode(errors="surrogatepass"))


def _unescape(part: str) -> str:
    """What is no escape of ours, not being UTF-8, is taken as it stands."""
    try:
        return "" if part == _EMPTY_PART else unquote_to_bytes(part).decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return part


def _error(uri: str, reason: str) -> IdentityError:
    shown = scrub(uri)
    clipped = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    return IdentityError(f"{clipped!r} {reason}.", hint="Write scheme://authority/path, for example s3://bucket/key.")
