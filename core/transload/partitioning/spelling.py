"""Times as texts and back: strftime, with what Airflow's calendar keys add to it; and the segments of a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final

from transload.errors import PartitionError

QUARTER: Final = "{quarter}"
"""The quarter of the year, 1 to 4, in a format (Airflow 3.2, `StartOfQuarterMapper`)."""

_PARTS: Final[Mapping[str, str]] = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{2})",
    "%d": r"(?P<day>\d{2})",
    "%H": r"(?P<hour>\d{2})",
    "%M": r"(?P<minute>\d{2})",
    "%S": r"(?P<second>\d{2})",
    "%V": r"\d{2}",
    "%U": r"\d{2}",
    "%W": r"\d{2}",
    "%%": "%",
    QUARTER: r"(?P<quarter>[1-4])",
}
_NUMBERS: Final[Mapping[str, str]] = {
    "%Y": "year",
    "%m": "month",
    "%d": "day",
    "%H": "hour",
    "%M": "minute",
    "%S": "second",
}
_PIECES: Final = re.compile(r"%.|\{quarter\}|.", re.DOTALL)


def write_time(moment: datetime, form: str) -> str:
    """A time in a format of strftime, in which `{quarter}` stands for the quarter of the year."""
    text = moment.strftime(form)
    return text.replace(QUARTER, str((moment.month + 2) // 3)) if QUARTER in form else text


def writer(form: str) -> Callable[[datetime], str]:
    """`write_time` in one format, made once for many times: numbers alone are written three times as fast without strftime."""
    pieces = _PIECES.findall(form)
    names = [_NUMBERS[piece] for piece in pieces if piece in _NUMBERS]
    if not names or any(piece not in _NUMBERS and (len(piece) > 1 or piece == "%") for piece in pieces):
        return lambda moment: write_time(moment, form)
    template = "".join(("%04d" if piece == "%Y" else "%02d") if piece in _NUMBERS else piece for piece in pieces)
    numbers = attrgetter(*names)
    return lambda moment: template % numbers(moment)


def read_time(text: str, form: str) -> datetime:
    """The time that `write_time` wrote so; aware where the format has an offset (`%z`).

    A week of the year beside a date is not looked at. Raises `PartitionError` for a text of another format.
    """
    try:
        if QUARTER in form or ("%V" in form and "%G" not in form):
            return _match(text, form)
        return datetime.strptime(text, form)  # noqa: DTZ007 - the caller knows the zone
    except (ValueError, IndexError, re.error) as error:
        raise PartitionError(
            f"{text!r} is no time of the format {form!r}.", hint="Correct the key or the format."
        ) from error


def _match(text: str, form: str) -> datetime:
    match = _pattern(form).fullmatch(text)
    if match is None:
        raise ValueError(text)
    parts = {name: int(value) for name, value in match.groupdict().items()}
    if "year" not in parts:
        raise ValueError(form)
    quarter = parts.pop("quarter", 1)
    return datetime(**{"month": quarter * 3 - 2, "day": 1, **parts})  # type: ignore[arg-type] # noqa: DTZ001 - the same


@lru_cache(maxsize=256)
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile("".join(_PARTS.get(piece) or re.escape(piece) for piece in _PIECES.findall(form)))


def segments(text: str, delimiter: str) -> list[str]:
    """The parts of a key between delimiters. Raises `PartitionError` for an empty delimiter, which Airflow 3.3 only refuses in a run."""
    if not delimiter:
        raise PartitionError("An empty delimiter divides no key.", hint="Give a delimiter that no part of a key has.")
    return text.split(delimiter)
