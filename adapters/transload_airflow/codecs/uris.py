"""Asset URIs: the form in which Airflow stores one, the identity behind each, and a stable URI for any identity."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from transload.errors import IdentityError
from transload.model.identity import AssetId, identify, uri_of

LONGEST: Final = 1500
"""Characters in an asset's name, URI or group (Airflow 3.3, `models/asset.py`)."""

REMEMBERED: Final = 1 << 17
"""URIs that the caches below hold: a project mentions each asset several times."""

SCHEME: Final = "x-transload"
"""The scheme for identities whose own URI Airflow would change: those of `x-` schemes it leaves as they are."""

_PLAIN: Final = re.compile(r"[!-~]+")
_PRINTABLE: Final = re.compile(r"[ -~]*[!-~][ -~]*")

_SEGMENTS: Final[Mapping[str, int]] = {
    "bigquery": 2,
    "databricks": 3,
    "mssql": 3,
    "mysql": 2,
    "oracle": 3,
    "postgres": 3,
    "redshift": 3,
    "snowflake": 3,
    "trino": 3,
}
"""Scheme → path segments without which the URI handler of its provider refuses the URI (providers of Airflow 3.3)."""

_REPLACED: Final = frozenset({"postgresql", "mariadb"})
"""Schemes that the handler of their provider replaces."""


@lru_cache(maxsize=REMEMBERED)
def sanitised(uri: str) -> str:
    """The URI as Airflow 3.3 stores it where no provider has a handler for its scheme (`_sanitize_uri`).

    Raises `ValueError` for what Airflow refuses too.
    """
    parts = urlsplit(uri)
    scheme = parts.scheme.lower()
    if not scheme or scheme.startswith("x-"):
        return uri
    if scheme == "airflow":
        raise ValueError("Airflow keeps the scheme airflow for itself.")
    host = parts.netloc.rpartition("@")[2] if parts.password else parts.netloc
    path = parts.path.rstrip("/") or "/"
    query = urlencode(sorted(parse_qsl(parts.query)))
    return urlunsplit(SplitResult(scheme, host, path, query, ""))


def is_legal(uri: str) -> bool:
    """True of a URI that Airflow stores unchanged: printable ASCII, not too long, and already sanitised."""
    if len(uri) > LONGEST or not _PRINTABLE.fullmatch(uri):
        return False
    try:
        return sanitised(uri) == uri
    except ValueError:
        return False


def is_stable(uri: str) -> bool:
    """True of a URI that stays unchanged whatever providers are installed."""
    if not _PLAIN.fullmatch(uri) or not is_legal(uri):
        return False
    parts = urlsplit(uri)
    if parts.scheme in _REPLACED or (parts.scheme in {"s3", "gs"} and not parts.netloc):
        return False
    if parts.scheme not in _SEGMENTS:
        return True
    segments = parts.path.split("/")[1:]
    if len(segments) != _SEGMENTS[parts.scheme] or not all(segments):
        return False
    return bool(parts.netloc) and not parts.netloc.endswith(":")


def identity_of(uri: str) -> AssetId | None:
    """The identity that a URI states; None for a text that is a mere name."""
    if uri.startswith(f"{SCHEME}:"):
        namespace, slash, name = uri.removeprefix(f"{SCHEME}:").partition("/")
        return AssetId(_unquoted(namespace), _unquoted(name)) if slash else None
    try:
        return identify(uri)
    except IdentityError:
        return None


@lru_cache(maxsize=REMEMBERED)
def uri_for(asset: AssetId) -> str:
    """A legal URI that states an identity, the canonical one wherever Airflow and its providers leave that alone."""
    uri = uri_of(asset)
    return uri if is_stable(uri) and identity_of(uri) == asset else encoded(asset)


def encoded(asset: AssetId) -> str:
    """An identity in a URI that nothing in Airflow changes. One that is too long is a hash, distinct but not to be read again."""
    text = "/".join(quote(part.encode(errors="surrogatepass"), safe="") for part in asset)
    digest = sha256(text.encode()).hexdigest()
    return f"{SCHEME}:{text}" if len(text) < LONGEST - len(SCHEME) else f"{SCHEME}:{digest}"


def _unquoted(text: str) -> str:
    return unquote(text, errors="surrogatepass")
