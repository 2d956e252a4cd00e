"""What of an emission has arrived, kept in a file, so that an interrupted one can be resumed.

JSON lines: a header with what the emission is, then one line per event that was accepted, each on disk before the next is sent. An
event that arrived but was not noted is sent again, byte for byte the same; none is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from transload.errors import SettingsError

VERSION: Final = 1
FOLDER: Final = Path(".transload")


@dataclass(frozen=True)
class Header:
    """Which emission: the events' digest and number, their time, and where they go, without credentials."""

    digest: str
    events: int
    time: str
    target: str
    ledger: int = VERSION


def digest_of(lines: Sequence[bytes]) -> str:
    """The digest of serialised events."""
    return sha256(b"\n".join(lines)).hexdigest()


def default_path(target: str) -> Path:
    """Where the ledger of a target is kept unless said otherwise: one per target, in the working directory."""
    return FOLDER / f"emit-{sha256(target.encode(errors='surrogatepass')).hexdigest()[:12]}.jsonl"


class Ledger:
    """An open ledger. `accepted` are the positions of the events that have arrived."""

    def __init__(self, header: Header, accepted: set[int], file: IO[bytes]) -> None:
        self.header = header
        self.accepted = accepted
        self._file = file

    @classmethod
    def begin(cls, path: Path, header: Header) -> Ledger:
        """A new one, in place of whatever emission was noted there. Raises `SettingsError` for a file that is no ledger."""
        if path.exists() and path.stat().st_size:
            _read(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        ledger = cls(header, set(), path.open("wb"))
        ledger._write(asdict(header))
        return ledger

    @classmethod
    def resume(cls, path: Path, now: Header) -> Ledger:
        """The ledger of an interrupted emission; a last line that was torn is cut off.

        Raises `SettingsError` without one, and where the emission is not the one that was interrupted.
        """
        header, accepted, size = _read(path)
        _check_same(path, header, now)
        file = path.open("r+b")
        file.truncate(size)
        file.seek(size)
        return cls(header, accepted, file)

    def accept(self, index: int) -> None:
        """Note that an event has arrived."""
        self.accepted.add(index)
        self._write({"accepted": index})

    def _write(self, value: object) -> None:
        self._file.write(json.dumps(value).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def header_of(path: Path) -> Header:
    """The header of a ledger. Raises `SettingsError` if there is none."""
    return _read(path)[0]


def _read(path: Path) -> tuple[Header, set[int], int]:
    if not path.is_file():
        hint = "Emit without --resume, or name the ledger with --ledger."
        raise SettingsError("There is no interrupted emission to resume.", where=str(path), hint=hint)
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    try:
        first, *rest = map(json.loads, whole.splitlines())
        header = Header(**first)
        accepted = {int(line["accepted"]) for line in rest}
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(
            "This is no ledger of an emission.", where=str(path), hint="Name another file with --ledger."
        ) from error
    if header.ledger != VERSION:
        raise SettingsError(
            f"The ledger is of version {header.ledger!r}; this transload reads {VERSION}.", where=str(path)
        )
    return header, accepted, len(whole)


def _check_same(path: Path, before: Header, now: Header) -> None:
    if before.target != now.target:
        hint = "Resume with the same --to, or emit anew without --resume."
        raise SettingsError(
            f"The interrupted emission went to {before.target}, not to {now.target}.", where=str(path), hint=hint
        )
    if before.digest != now.digest:
        message = (
            "The events are no longer those of the interrupted emission: the definitions or the options have changed."
        )
        raise SettingsError(message, where=str(path), hint="Emit anew without --resume; what had arrived is replaced.")
