"""Where events go: openlineage-python's transports, each made to say whether an event has arrived.

Events are handed over as plain values, not as the client's classes: its `emit` adds to an event (its version, the environment), so
that sending it again would send something else. Its filters, which are for RunEvents only, and its facet settings do not apply here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from transload.errors import OutputError, SettingsError, TransloadError
from transload.model.scrubbing import scrub

if TYPE_CHECKING:
    from openlineage.client.transport import Transport
    from openlineage.client.transport.async_http import AsyncHttpTransport
    from openlineage.client.transport.http import HttpTransport
    from openlineage.client.transport.kafka import KafkaTransport
    from requests import Response

Event = Mapping[str, Any]


class RefusedError(TransloadError):
    """The receiver will never take this event; it may take others."""


class StoppedError(TransloadError):
    """The receiver takes nothing now: it is down, busy, or not at this address."""


class Sink(Protocol):
    """A receiver of events. `name` says which, without credentials; `keeps`: whether what it took stays there."""

    name: str
    keeps: bool

    def start(self, accepted: int) -> None:
        """Get ready, `accepted` events being there from an interrupted emission. Raises `TransloadError` if it cannot be."""

    def send(self, index: int, event: Event) -> None:
        """Return once the event has arrived. Raises `RefusedError` or `StoppedError`."""

    def close(self) -> None:
        """Let go of connections and files."""


class HttpSink:
    """An HTTP address."""

    keeps = True

    def __init__(self, transport: HttpTransport) -> None:
        self.transport = transport
        self.name = scrub(f"{transport.url.rstrip('/')}/{transport.endpoint.lstrip('/')}")

    def start(self, accepted: int) -> None:
        """Nothing to do: connections are made when needed."""

    def send(self, index: int, event: Event) -> None:  # noqa: ARG002 - one signature for all
        """Return once the answer is 2xx."""
        import requests

        try:
            response = self.transport.emit(event)  # type: ignore[arg-type]  # any value that its Serde takes
        except requests.HTTPError as error:
            raise _answered(error.response) from error
        except (requests.RequestException, RuntimeError, KeyError) as error:
            raise StoppedError(f"No answer: {_cause(error)}.", where=self.name) from error
        if response.request.method != "POST":
            raise StoppedError(
                "The address redirects, and events do not survive that.", where=self.name, hint="Give the new address."
            )

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()


_OF_THE_ADDRESS: Final = frozenset({401, 403, 404, 405, 407, 410})
"""Answers that every event would get: to go on would only repeat them."""

_TRY_LATER: Final = frozenset({408, 425, 429})
_SERVER_ERROR: Final = 500
_SHOWN: Final = 200


def _answered(response: Response | None) -> TransloadError:
    if response is None:
        return StoppedError("The answer was not HTTP.")
    body = " ".join(response.text.split())[:_SHOWN]
    message = f"HTTP {response.status_code} {response.reason}{': ' + scrub(body) if body else ''}"
    transient = response.status_code in _TRY_LATER or response.status_code >= _SERVER_ERROR
    return StoppedError(message) if transient or response.status_code in _OF_THE_ADDRESS else RefusedError(message)


def _cause(error: BaseException) -> str:
    """What urllib3 says happened: its own text, but for the URL that the outer errors repeat."""
    inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    reason = getattr(inner, "reason", None) or inner
    return scrub(f"{type(reason).__name__}: {reason}")


class AsyncHttpSink:
    """The asynchronous HTTP transport, one event at a time: it says nothing of a failure but in its counters."""

    keeps = True

    def __init__(self, transport: AsyncHttpTransport) -> None:
        self.transport = transport
        self.name = scrub(transport.config.url)

    def start(self, accepted: int) -> None:
        """Nothing to do."""

    def send(self, index: int, event: Event) -> None:  # noqa: ARG002
        """Return once the counter of failures has not moved."""
        failed = self.transport.get_stats()["failed"]
        self.transport.emit(event)  # type: ignore[arg-type]
        self.transport.wait_for_completion()
        if self.transport.get_stats()["failed"] != failed:
            raise StoppedError(
                "The asynchronous transport gave up.", where=self.name, hint="Use the transport http to see why."
            )

    def close(self) -> None:
        """Wait for the transport's thread."""
        self.transport.close()


KAFKA_KEY: Final = "transload"
"""One key for all events of definitions: one partition, so that they are read in the order in which they must arrive."""

_KAFKA_TIMEOUT: Final = 60.0


class KafkaSink:
    """A Kafka topic. The transport itself only logs a failed delivery, so the producer is asked directly."""

    keeps = True

    def __init__(self, transport: KafkaTransport) -> None:
        self.transport = transport
        servers = transport.kafka_config.config.get("bootstrap.servers", "")
        self.name = f"kafka://{servers}/{transport.topic}"

    def start(self, accepted: int) -> None:
        """Nothing to do."""

    def send(self, index: int, event: Event) -> None:  # noqa: ARG002
        """Return once the broker has confirmed the event."""
        from confluent_kafka import KafkaException
        from openlineage.client.serde import Serde

        outcome: list[Any] = []
        value = Serde.to_json(event).encode()
        key = self.transport.message_key or KAFKA_KEY
        try:
            self.transport.producer.produce(  # type: ignore[union-attr]  # made with the transport
                self.transport.topic, value, key, on_delivery=lambda error, _: outcome.append(error)
            )
        except (KafkaException, BufferError) as error:
            raise _kafka_error(error.args[0], self.name) from error
        self.transport.wait_for_completion(_KAFKA_TIMEOUT)
        if not outcome:
            raise StoppedError(f"No answer within {_KAFKA_TIMEOUT:g} s.", where=self.name)
        if outcome[0] is not None:
            raise _kafka_error(outcome[0], self.name)

    def close(self) -> None:
        """Drop what was not delivered: a resumed emission sends it."""
        if self.transport.producer is not None:
            self.transport.producer.purge()
        self.transport.close(0)


# Of these the event itself is the reason: sending it again gives the same answer.
_NEVER: Final = frozenset({"MSG_SIZE_TOO_LARGE", "INVALID_MSG", "INVALID_RECORD"})


def _kafka_error(error: Any, name: str) -> TransloadError:
    code = error.name() if hasattr(error, "name") else ""
    text = error.str() if hasattr(error, "str") else str(error)
    return RefusedError(text) if code in _NEVER else StoppedError(f"Kafka: {text}.", where=name)


class FileSink:
    """A file of its own, an event a line. It holds one emission: an earlier one is replaced, any other file is left alone."""

    keeps = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = f"file:{path}"

    def start(self, accepted: int) -> None:
        """Keep the lines that were accepted, and no more: the last one may be torn."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = self._lines()
        if len(lines) < accepted:
            hint = "Emit anew, without --resume."
            raise OutputError(
                f"The file holds {len(lines)} events where {accepted} were written.", where=str(self.path), hint=hint
            )
        self.path.write_bytes(b"".join(lines[:accepted]))

    def _lines(self) -> list[bytes]:
        lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
        if lines and b'"schemaURL"' not in lines[0]:
            raise OutputError(
                "The file is there and holds no OpenLineage events.", where=str(self.path), hint="Name another file."
            )
        return [line for line in lines if line.endswith(b"\n")]

    def send(self, index: int, event: Event) -> None:  # noqa: ARG002
        """Append a line."""
        _append(self.path, event)

    def close(self) -> None:
        """Have the file on disk."""
        _sync(self.path)


class DirectorySink:
    """A folder of its own, an event a file, `000001.json` and on: names that are equal for equal input."""

    keeps = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"file:{folder}{os.sep}"

    def start(self, accepted: int) -> None:
        """Remove an earlier emission, unless it is to be resumed. Raises `OutputError` for a folder with anything else in it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files = sorted(self.folder.iterdir())
        if strange := [path.name for path in files if not re.fullmatch(r"[0-9]{6,}\.json", path.name)]:
            hint = "Name another folder."
            raise OutputError(f"The folder holds something else: {strange[0]}.", where=str(self.folder), hint=hint)
        for path in files if not accepted else ():
            path.unlink()

    def send(self, index: int, event: Event) -> None:
        """Write one file, over the torn one of an interrupted emission."""
        path = self.folder / f"{index + 1:06}.json"
        path.unlink(missing_ok=True)
        _append(path, event)

    def close(self) -> None:
        """Have the files on disk."""
        for path in self.folder.iterdir():
            _sync(path)


def _append(path: Path, event: Event) -> None:
    from openlineage.client.transport.file import FileConfig, FileTransport

    try:
        FileTransport(FileConfig(log_file_path=str(path), append=True)).emit(event)  # type: ignore[arg-type]
    except RuntimeError as error:
        raise StoppedError(f"{error}.", where=str(path)) from error


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


class ConsoleSink:
    """Standard output, through `write`. openlineage-python's own console transport is a logger, which shows nothing by default."""

    name = "console"
    keeps = False

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write

    def start(self, accepted: int) -> None:
        """Nothing to do."""

    def send(self, index: int, event: Event) -> None:  # noqa: ARG002
        """Write a line."""
        from openlineage.client.serde import Serde

        self.write(Serde.to_json(event))

    def close(self) -> None:
        """Nothing to do."""


class CompositeSink:
    """Several receivers: an event has arrived once each has it, whatever the composite transport would overlook."""

    keeps = True

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self.sinks = sinks
        self.name = " + ".join(sink.name for sink in sinks)

    def start(self, accepted: int) -> None:
        """Start each."""
        for sink in self.sinks:
            sink.start(accepted)

    def send(self, index: int, event: Event) -> None:
        """Send to each."""
        for sink in self.sinks:
            sink.send(index, event)

    def close(self) -> None:
        """Close each."""
        for sink in self.sinks:
            sink.close()


class OtherSink:
    """Any other transport: what its `emit` does not raise is taken for delivered."""

    keeps = True

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.name = f"transport {transport.kind or type(transport).__name__}"

    def start(self, accepted: int) -> None:
        """Nothing to do."""

    def send(self, index: int, event: Event) -> None:  # noqa: ARG002
        """Emit."""
        try:
            self.transport.emit(event)  # type: ignore[arg-type]
        except Exception as error:
            raise StoppedError(f"The transport failed: {scrub(str(error))}.", where=self.name) from error

    def close(self) -> None:
        """Close the transport. Raises `SettingsError` where it says that it kept something back."""
        if not self.transport.close(_KAFKA_TIMEOUT):
            raise SettingsError("The transport did not send everything.", where=self.name, hint="Emit anew.")
