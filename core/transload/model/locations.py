"""Takes a URI apart and settles what does not distinguish resources.

That is user info, the spelling of scheme and host, the default port and the order of the query.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import NamedTuple

from transload.model.schemes import SCHEMES, Scheme, canonical_scheme, scheme_of
from transload.model.scrubbing import URI, scrub

_HOST = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:,\[\]]*)(?::(?P<port>[0-9]*))?")
_DNS_NAME = re.compile(r"[a-z0-9._-]+")
_LONGEST_DNS_NAME = 253
_WITHOUT_AUTHORITY = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):(?P<path>/[^?#]*)", re.IGNORECASE)
_ROOTED = frozenset(name for name, rules in SCHEMES.items() if rules.form in ("path", "tree", "file"))


class Location(NamedTuple):
    """A URI in parts, each canonical but for the path, which begins with `/` or is empty."""

    scheme: str
    authority: str
    path: str
    query: str

    @property
    def rules(self) -> Scheme:
        """What the table says of the scheme."""
        return scheme_of(self.scheme)

    @property
    def root(self) -> str:
        """Scheme and authority: the namespace in most cases."""
        return f"{self.scheme}://{self.authority}"

    @property
    def trimmed(self) -> str:
        """The path without trailing slashes."""
        return self.path.rstrip("/")

    @property
    def selection(self) -> str:
        """The query with its `?`, or nothing."""
        return f"?{self.query}" if self.query else ""


def locate(uri: str) -> Location | None:
    """The parts of a URI; None where a text is none.

    `scheme:/path` without an authority is accepted of the file systems in the table only, so that `Prod:/x` stays a name.
    """
    text = scrub(uri)
    if match := URI.fullmatch(text):
        return _location(match["scheme"], match["authority"], match["tail"])
    rooted = _WITHOUT_AUTHORITY.match(text)
    if rooted and canonical_scheme(rooted["scheme"]) not in _ROOTED:
        return None
    return Location(canonical_scheme(rooted["scheme"]), "", rooted["path"], "") if rooted else None


def _location(scheme: str, authority: str, tail: str) -> Location:
    rules = scheme_of(scheme)
    path, _, query = tail.partition("#")[0].partition("?")
    if rules.form in ("dotted", "synapse") and rules.authority == "dns" and ";" in authority:
        # JDBC for SQL Server: //host:port;databaseName=db;…
        authority, _, options = authority.partition(";")
        path, query = "", (options + tail.partition("#")[0]).replace(";", "&").replace("?", "&")
    return Location(canonical_scheme(scheme), _authority(authority, rules), path, _ordered(query))


def _ordered(query: str) -> str:
    """Sorted by key; the values of a repeated key keep their order, which may mean something."""
    pairs = [pair for pair in query.split("&") if pair]
    return "&".join(sorted(pairs, key=lambda pair: pair.partition("=")[0]))


def _authority(text: str, rules: Scheme) -> str:
    if rules.authority in ("exact", "opaque"):
        return text
    container, at, host = text.rpartition("@")
    return container + at + _host_and_port(host, rules)


def _host_and_port(text: str, rules: Scheme) -> str:
    match = _HOST.fullmatch(text)
    if match is None:
        # Several hosts, or no host at all: nothing to settle but case.
        return text.lower()
    host, port = _host(match["host"], rules), match["port"] or ""
    if not host and not port:
        return ""
    number = (port.lstrip("0") or "0") if port else str(rules.port or "")
    return host if number in ("", str(rules.implied)) else f"{host}:{number}"


def _host(text: str, rules: Scheme) -> str:
    if text.startswith("["):
        return _address(text)
    host = _dns_name(text)
    while rules.suffix and host.endswith(rules.suffix) and host != rules.suffix:
        host = host.removesuffix(rules.suffix)
    return rules.template.format(host) if host and "." not in host else host


def _address(bracketed: str) -> str:
    try:
        return f"[{IPv6Address(bracketed[1:-1]).compressed.lower()}]"
    except ValueError:
        return bracketed.lower()


def _dns_name(text: str) -> str:
    """Lower case, and an international name in its ASCII form (IDNA), so that both spellings are one.

    Where IDNA would turn a look-alike into a delimiter (U+2100 into `a/c`), the text stays as it is.
    """
    lower = text.lower()
    if lower.isascii() or len(lower) > _LONGEST_DNS_NAME:
        return lower
    try:
        encoded = lower.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return lower
    return encoded if _DNS_NAME.fullmatch(encoded) else lower
