"""Keywords of a symbolic call, as values of Prefect's options; a value that is not known is reported, and left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import JsonValue

from transload.loss import Code
from transload.model.assets import Origin
from transload.reading.values import SYMBOLIC, Call, Function, Symbol, Unknown, qualified_name
from transload_prefect.codecs.keywords import Option
from transload_prefect.codecs.plain import Plain
from transload_prefect.reading.facts import Facts
from transload_prefect.reading.syntax.symbols import short_name

Known = tuple[Mapping[str, Option], frozenset[str]]
"""The options that become residue, and those that the model has a field for."""


class CallKeywords:
    """The keywords of one call."""

    def __init__(  # noqa: PLR0913, PLR0917 - a report needs all of it
        self, kwargs: Mapping[str, Any], subject: str, origin: Origin, facts: Facts, known: Known, call: Call | None
    ) -> None:
        self._kwargs = kwargs
        self._subject = subject
        self._origin = origin
        self._facts = facts
        self._table, self._modelled = known
        for unknown in call.unresolved if call else ():
            self.add_loss(
                "*", f"Some of its arguments are not known before run time: {unknown.reason}.", Code.UNRESOLVED
            )

    def symbolic_value(self, name: str) -> Any:
        """A keyword's symbolic value."""
        return self._kwargs.get(name)

    def value(self, name: str) -> JsonValue:
        """A keyword's value, None if it is not there or not known."""
        value = self.plain(name, self._kwargs.get(name))
        return None if isinstance(value, Unknown) else value

    def exact(self, name: str) -> JsonValue:
        """A keyword's value, for a field where the mere name of a value is of no use; None, reported, where it is not known."""
        plain = SymbolicPlain()
        value = plain.value(self._kwargs.get(name))
        if not plain.described and plain.unknown is None:
            return value
        reason = plain.unknown.reason if plain.unknown else "it is worked out when the project runs"
        self.add_loss(name, f"The value of `{name}` is not known before run time: {reason}.", Code.UNRESOLVED)
        return None

    def text(self, name: str) -> str | None:
        """A keyword's value if it is a text."""
        value = self.exact(name)
        return value if isinstance(value, str) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A keyword's value as texts."""
        value = self.exact(name)
        values = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(text for text in values if isinstance(text, str))

    def delays(self, retries: JsonValue) -> Any:
        """The delays before retries, with `exponential_backoff` worked out as Prefect 3.9.1 does."""
        delays = self._kwargs.get("retry_delay_seconds")
        if isinstance(delays, Call) and short_name(delays) == "exponential_backoff" and isinstance(retries, int):
            factor = delays.kwargs.get("backoff_factor", delays.args[0] if delays.args else None)
            if isinstance(factor, (int, float)):
                return [factor * max(0, 2**number) for number in range(retries)]
        if isinstance(delays, SYMBOLIC) and not isinstance(delays, Unknown):
            message = "The delays before retries are worked out by a function, which is not run."
            self.add_loss("retry_delay_seconds", message, Code.UNRESOLVED)
            return None
        value = self.value("retry_delay_seconds")
        return [delay for delay in value if _is_number(delay)] if isinstance(value, list) else _number(value)

    def number(self, name: str) -> int | float | None:
        """A keyword's value if it is a number."""
        return _number(self.exact(name))

    def residue(self) -> dict[str, JsonValue]:
        """The options that only Prefect understands; an unknown one is kept too, and reported."""
        residue: dict[str, JsonValue] = {}
        for name, symbolic in self._kwargs.items():
            if name in self._modelled and name != "materialized_by":
                continue
            # `MaterializingTask(materialized_by=…)` is what `@materialize(by=…)` makes.
            keyword = "by" if name == "materialized_by" else name
            option = self._table.get(keyword)
            if option is None:
                self.add_loss(name, f"Prefect has no option `{name}` here; it is kept as it is.", Code.UNKNOWN_KEYWORD)
            value = self.plain(name, symbolic)
            if not isinstance(value, Unknown) and value is not None and (option is None or value != option.default):
                residue[keyword] = value
        return residue

    def plain(self, name: str, value: Any) -> JsonValue | Unknown:
        """The JSON form of a symbolic value; an `Unknown` if it is not known, which is reported."""
        if isinstance(value, Unknown):
            self.add_loss(name, f"The value of `{name}` is not known before run time: {value.reason}.", Code.UNRESOLVED)
            return value
        plain = SymbolicPlain()
        result = plain.value(value)
        if plain.unknown is not None:
            self.add_loss(
                name, f"The value of `{name}` is not known before run time: {plain.unknown.reason}.", Code.UNRESOLVED
            )
            return plain.unknown
        if plain.described:
            self.add_loss(
                name, f"The value of `{name}` is no plain value; only its name is kept.", Code.NOT_SERIALISABLE
            )
        return result

    def add_loss(self, name: str, message: str, code: Code) -> None:
        """Report the loss of a keyword."""
        self._facts.add_loss(self._subject, name, message, code, self._origin)


class SymbolicPlain(Plain):
    """Plain forms of symbolic values; `unknown` is the first that has none."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown: Unknown | None = None

    def value(self, value: Any, depth: int = 0) -> JsonValue:
        """The JSON form of a value."""
        if isinstance(value, Unknown):
            self.unknown = self.unknown or value
            return None
        if not isinstance(value, SYMBOLIC):
            return super().value(value, depth)
        if isinstance(value, Call) and qualified_name(value) == "datetime.timedelta":
            numbers = {name: number for name, number in value.kwargs.items() if isinstance(number, (int, float))}
            return timedelta(**numbers).total_seconds()
        self.described = True
        if isinstance(value, Function):
            return f"{value.module}.{value.qualname}"
        qualified = qualified_name(value)
        return str(qualified) if isinstance(value, Symbol) or qualified is not None else type(value).__name__.lower()


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(value: Any) -> int | float | None:
    return value if _is_number(value) else None
