"""Takes credentials out of URIs, before anything is stored, logged or sent.

The user info goes always, and so do parameters whose key tells that the value is secret. Everything else stays letter by letter.
Where a password holds an unescaped `/`, `?` or `#`, so that the end of the user info is a guess, too much is taken rather than too little.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from transload.model.schemes import scheme_of

URI = re.compile(
    r"(?P<head>(?:jdbc:)?(?P<scheme>[a-z0-9][a-z0-9+._-]+)://)(?P<authority>[^/?#]*)(?P<tail>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""A URI with an authority, possibly empty. Underscores and leading digits in the scheme are against RFC 3986 3.1, yet in use."""

_ORACLE_THIN = re.compile(r"^(jdbc:[^@/]*:)[^:@]*@", re.IGNORECASE)
_NESTED_USER = re.compile(r"(?<=://)[^/?#\s]*@")
_NESTED_USER_IN_QUERY = re.compile(r"(?<=://)[^/?#&;\s]*@")
_NOT_A_PORT = re.compile(r"[^:]*:(?![0-9]*(?:;|$)).*", re.DOTALL)

_OPTIONS = re.compile(r"[?;#]")

_URI_IN_TEXT = re.compile(r"[a-z0-9][a-z0-9+._-]+://[^\s<>\"'`]+", re.IGNORECASE)
_USER_WITHOUT_SCHEME = re.compile(r"(?<![\w:/])//[^/?#@:\s]*:[^/?#@\s]*@")
"""Where a tool took the scheme for a key, as Prefect's tags `key:value`."""
_THIN_IN_TEXT = re.compile(r"(jdbc:oracle:\w+:)[^:@\s]*@", re.IGNORECASE)
_PLACEHOLDER_USER = re.compile(
    r"(?<=://)(?:git|[^:@/\s]*:(?:[$%]?\{+[^{}]*\}+|%\([^()]*\)s|\$\w+|\*+))(?=@)", re.IGNORECASE
)
"""Where user info stands and tells no secret: the user of every repository over ssh, a password that is still to be filled in."""
_PASSWORD_SETTING = re.compile(
    r"(?<![\w?&#])(?:password|passwd|pwd|account[ _]?key|shared[ _]?access[ _]?key)\s*="
    r"\s*(?:'[^']*'|\"[^\"]*\"|\{[^}]*\}|[^\s;,&'\"]+)[;,]?",
    re.IGNORECASE,
)
_CONNECTION = re.compile(
    r"(?<!\w)(?:host|hostaddr|server|data source|dsn|driver|endpoint|database|dbname|user|username|user id|uid|accountname)\s*=",
    re.IGNORECASE,
)

_SECRET_KEY = re.compile(
    r"(?:key|sig|sas|auth|jwt|pass|hmac)|awsaccesskeyid|googleaccessid|x(?:amz|goog).*"
    r"|.*(?:token|pwd|password|passwd|passphrase|secret|signature|credentials?|apikey|accesskey|accountkey|sharedkey|privatekey)"
    r"|(?:password|secret|signature|credential|authorization|bearer|accesskey).*"
)
_SHARED_ACCESS = frozenset(
    {"sv", "ss", "srt", "sp", "se", "st", "spr", "sr", "sip", "skoid", "sktid", "skt", "ske", "sks", "skv"}
)
"""What accompanies `sig` in an Azure shared access signature: not secret, but different in every link to one resource."""


def scrub(uri: str) -> str:
    """The same text without user info and without secret parameters; any text is accepted.

    The container of `abfss://container@account` and `wasbs://…` stands where user info does and is kept.

    >>> scrub("postgresql://ann:pw@h/db/s/t?sslmode=require&password=x")
    'postgresql://h/db/s/t?sslmode=require'
    """
    match = URI.match(uri)
    if match is None:
        return _NESTED_USER.sub("", _ORACLE_THIN.sub(r"\1@", uri))
    authority, tail = _without_user(match["scheme"], match["authority"], match["tail"])
    place, mark, query = (authority + tail).partition("?")
    return match["head"] + _without_secrets(_NESTED_USER.sub("", place) + mark + _NESTED_USER_IN_QUERY.sub("", query))


def scrub_text(text: str) -> str:
    """The same text with every URI in it scrubbed, and without the password of a connection string such as `host=h password=x`.

    A password that is a placeholder stays, so that a template still is one; so does `git@`.

    >>> scrub_text("copied from postgres://ann:pw@h/db, see https://h/x?token=t")
    'copied from postgres://h/db, see https://h/x'
    """
    if "://" not in text and "=" not in text and "@" not in text:
        return text
    whole = text if re.search(r"\s", text) or _PLACEHOLDER_USER.search(text) or not URI.match(text) else scrub(text)
    clean = _URI_IN_TEXT.sub(_scrubbed_uri, _THIN_IN_TEXT.sub(r"\1@", _USER_WITHOUT_SCHEME.sub("//", whole)))
    return _PASSWORD_SETTING.sub("", clean) if _CONNECTION.search(clean) else clean


def _scrubbed_uri(match: re.Match[str]) -> str:
    return match[0] if _PLACEHOLDER_USER.search(match[0]) else scrub(match[0])


def _without_user(scheme: str, authority: str, tail: str) -> tuple[str, str]:
    place = scheme_of(scheme).authority
    user, _, host = authority.rpartition("@")
    if "@" in tail and place != "opaque" and _NOT_A_PORT.fullmatch(host):
        host, tail = _cut(tail.rpartition("@")[2])
    container = user.rpartition("@")[2].partition(":")[0] if place == "container" else ""
    return (f"{container}@{host}" if container else host), tail


def _cut(rest: str) -> tuple[str, str]:
    end = re.search(r"[/?#]", rest)
    return (rest[: end.start()], rest[end.start() :]) if end else (rest, "")


def _without_secrets(rest: str) -> str:
    """Drops `key=value` where the key is secret, in the options after `?`, `;` or `#` (a fragment may hold an access token too)."""
    start = _OPTIONS.search(rest)
    if start is None:
        return rest
    pieces = re.split(r"([?&;#])", rest[start.start() :])[1:]
    pairs = list(zip(pieces[::2], pieces[1::2], strict=True))
    shared = any(_key(text) == "sig" for _, text in pairs)
    kept, opening = [rest[: start.start()]], ""
    for separator, text in pairs:
        opening = separator if separator in "?#" else opening
        if not (_is_secret(text) or (shared and _key(text) in _SHARED_ACCESS)):
            kept.append((opening or separator) + text)
            opening = ""
    return "".join(kept)


def _key(pair: str) -> str:
    key, equals, _ = pair.partition("=")
    return re.sub(r"[^a-z0-9]", "", unquote(key).lower()) if equals else ""


def _is_secret(pair: str) -> bool:
    return _SECRET_KEY.fullmatch(_key(pair)) is not None
