"""Errors that a user can act on: what happened, where, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence


class TransloadError(Exception):
    """Anything that stops the work and that the user can mend.

    `message` says what and why, `where` is a file:line or an asset, `hint` says what to do next.
    """

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.hint}" if self.hint else ""
        return f"{place}{self.message}{advice}"


class IdentityError(TransloadError):
    """A text is not a URI, or does not name a dataset."""


class GraphError(TransloadError):
    """A graph contradicts itself: a name used twice, or a reference to nothing."""


class DocumentError(TransloadError):
    """A document is not one, or is of an unknown version."""


class SettingsError(TransloadError):
    """An option or a settings file is wrong."""


class SourceError(TransloadError):
    """Something cannot be written as Python source."""


class OutputError(TransloadError):
    """A project cannot be written where it should go."""


class ReadingError(TransloadError):
    """A project cannot be read at all."""


class AdapterError(TransloadError):
    """No adapter, or its tool is missing in the interpreter that needs it."""


class PartitionError(TransloadError):
    """A partition definition or mapping cannot be computed, or a text is no key of a definition."""


class TriggerError(TransloadError):
    """A tool has no such trigger, or when it fires cannot be computed."""


class LiveError(TransloadError):
    """A running instance of a tool refuses something, or does not answer."""


class StoreError(TransloadError):
    """The store of events cannot be opened, read or written."""


class LeaseLostError(StoreError):
    """Another process has taken over what this one was reading."""


def counted(number: int, what: str) -> str:
    """A number and what it counts, in the plural where it is not one.

    >>> counted(1, "asset"), counted(0, "asset")
    ('1 asset', '0 assets')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def alternatives(words: Sequence[str]) -> str:
    """The words as a choice.

    >>> alternatives([".py"]), alternatives([".py", ".yaml", ".yml"])
    ('.py', '.py, .yaml or .yml')
    """
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
