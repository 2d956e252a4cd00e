"""`--to`, or openlineage-python's own configuration → a sink."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from transload.errors import SettingsError
from transload.lineage import sinks
from transload.model.scrubbing import scrub

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport import Transport

Write = Callable[[str], None]
Made = TypeVar("Made")

DEFAULT_ENDPOINT: Final = "api/v1/lineage"

RETRY: Final[dict[str, Any]] = {
    "total": 3,
    "connect": 3,
    "read": 1,
    "status": 3,
    "backoff_factor": 0.3,
    "status_forcelist": [408, 425, 429, 500, 502, 503, 504],
    "allowed_methods": ["POST"],
}
"""urllib3's settings for `--to http…`: about two seconds for a dead backend, two timeouts for one that hangs."""

RETRY_AFTER_MAX: Final = 30
"""Seconds that a `Retry-After` may ask for; more ends the emission, to be resumed."""

TIMEOUT: Final = 10.0
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+-]+")
"""What poses as a scheme: a single letter is a drive of Windows."""

KAFKA: Final[dict[str, Any]] = {"message.timeout.ms": 15_000, "enable.idempotence": True, "log_level": 0}


def is_disabled() -> bool:
    """Whether `OPENLINEAGE_DISABLED` forbids to send anything, as openlineage-python reads it."""
    return os.getenv("OPENLINEAGE_DISABLED", "").lower().strip() == "true"


def open_target(to: str | None, write: Write) -> sinks.Sink:
    """The sink that a text names; without one, what openlineage-python is configured with. `write` takes the lines of a console.

    Raises `SettingsError` for a text that is no target, for a wrong configuration, and where there is none.
    """
    if to is None:
        return _configured(write)
    if to == "console":
        return sinks.ConsoleSink(write)
    scheme, mark, rest = to.partition(":")
    opener = _SCHEMES.get(scheme.lower()) if mark else None
    if opener:
        return opener(to, rest)
    if "://" in to or (mark and _SCHEME.fullmatch(scheme) and not Path(to).exists()):
        known = ", ".join(f"{name}:" for name in _SCHEMES)
        raise SettingsError(f"Events cannot be sent to {scrub(to)!r}.", hint=f"Use {known} a path, or console.")
    return _path(to, to)


def _path(_: str, rest: str) -> sinks.Sink:
    text = urlsplit(f"file:{rest}").path if rest.startswith("//") else rest
    if not text:
        raise SettingsError("The target has no path.", hint="Write file:PATH.")
    folder = text.endswith(("/", os.sep)) or Path(text).is_dir()
    return sinks.DirectorySink(Path(text)) if folder else sinks.FileSink(Path(text))


def _http(to: str, _: str) -> sinks.Sink:
    from openlineage.client.transport.http import HttpConfig, HttpTransport
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    parts = _split(to)
    query = f"?{parts.query}" if parts.query else ""
    config: dict[str, Any] = {
        "url": f"{parts.scheme}://{parts.netloc}",
        "endpoint": (parts.path.lstrip("/") or DEFAULT_ENDPOINT) + query,
        "timeout": TIMEOUT,
        "adapter": HTTPAdapter(max_retries=Retry(**RETRY, **_retry_after(Retry))),
        **_key_for(to),
    }
    return sinks.HttpSink(HttpTransport(HttpConfig.from_dict(config)))


def _retry_after(retry: type) -> dict[str, Any]:
    """urllib3 waits as long as a server asks; from 2.6.3 on a limit can be set, before that it is better not to listen."""
    import inspect

    limited = "retry_after_max" in inspect.signature(retry).parameters
    return {"retry_after_max": RETRY_AFTER_MAX} if limited else {"respect_retry_after_header": False}


def _split(to: str) -> SplitResult:
    with suppress(ValueError):  # how urllib says that it is none
        parts = urlsplit(to)
        if parts.hostname and parts.port != 0:
            return parts
    raise SettingsError(f"{scrub(to)!r} is no address.", hint="Write scheme://host:port.")


def _key_for(to: str) -> dict[str, Any]:
    """`OPENLINEAGE_API_KEY`, unless it belongs to another address."""
    key, url = os.getenv("OPENLINEAGE_API_KEY"), os.getenv("OPENLINEAGE_URL")
    if not key or (url and urlsplit(url.strip())[:2] != urlsplit(to)[:2]):
        return {}
    return {"auth": {"type": "api_key", "apiKey": key}}


def _kafka(to: str, _: str) -> sinks.Sink:
    from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

    place, _, topic = to.partition("://")[2].partition("/")
    if not place or not topic:
        raise SettingsError(f"{scrub(to)!r} names no topic.", hint="Write kafka://host:port/topic.")
    config = KafkaConfig({"bootstrap.servers": place, **KAFKA}, topic)
    return sinks.KafkaSink(_made(lambda: KafkaTransport(config), "--to"))


_SCHEMES: Final[dict[str, Callable[[str, str], sinks.Sink]]] = {
    "file": _path,
    "http": _http,
    "https": _http,
    "kafka": _kafka,
}


def _configured(write: Write) -> sinks.Sink:
    logging.getLogger("openlineage").addHandler(logging.NullHandler())  # what it logs is said here as errors
    where = _configuration()
    from openlineage.client import OpenLineageClient

    client = _made(OpenLineageClient, where)
    if client.transport.kind == "console" and not _asks_for_console(client):
        hint = "Give --to, write an openlineage.yml with a transport, or set OPENLINEAGE_URL."
        raise SettingsError("No target is given and OpenLineage is not configured.", hint=hint)
    return _sink(client.transport, write)


def _asks_for_console(client: OpenLineageClient) -> bool:
    return (client.config.transport or {}).get("type") == "console"


def _made(make: Callable[[], Made], where: str) -> Made:
    try:
        return make()
    except ModuleNotFoundError as error:
        hint = "Install openlineage-python with the extra of that transport, such as openlineage-python[kafka]."
        raise SettingsError(
            f"The transport needs a package that is not installed: {error.name}.", where=where, hint=hint
        ) from error
    except Exception as error:
        message = f"OpenLineage cannot be configured: {scrub(str(error))}."
        raise SettingsError(message, where=where, hint="See openlineage.io/docs/client/python.") from error


def _configuration() -> str:
    """Where the configuration is. openlineage-python only logs that its file is missing or broken, and goes on without."""
    import yaml

    named = os.getenv("OPENLINEAGE_CONFIG")
    if named and not Path(named).is_file():
        raise SettingsError("There is no such file.", where=named, hint="Set OPENLINEAGE_CONFIG to an openlineage.yml.")
    places = (named, "openlineage.yml", Path.home() / ".openlineage" / "openlineage.yml")
    path = next((Path(place) for place in places if place and Path(place).is_file()), None)
    if path is None:
        return "environment variables OPENLINEAGE…"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"The file cannot be read: {error}.", where=str(path)) from error
    if not isinstance(content, dict):
        raise SettingsError(
            "The file holds no settings.", where=str(path), hint="Write `transport:` with a `type:` into it."
        )
    return str(path)


def _sink(transport: Transport, write: Write) -> sinks.Sink:
    """The sink of a configured transport, by what it is; several kinds share a class."""
    from openlineage.client.transport.async_http import AsyncHttpTransport
    from openlineage.client.transport.composite import CompositeTransport
    from openlineage.client.transport.http import HttpTransport
    from openlineage.client.transport.kafka import KafkaTransport

    if isinstance(transport, CompositeTransport):
        return sinks.CompositeSink([_sink(each, write) for each in transport.transports])
    if transport.kind == "console":
        return sinks.ConsoleSink(write)
    for kind, sink in (
        (HttpTransport, sinks.HttpSink),
        (AsyncHttpTransport, sinks.AsyncHttpSink),
        (KafkaTransport, sinks.KafkaSink),
    ):
        if isinstance(transport, kind):
            return sink(transport)  # type: ignore[arg-type]  # each takes its own kind
    return sinks.OtherSink(transport)
