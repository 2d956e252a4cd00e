"""Values of definitions → fields of the model; a value that is not what its field holds is reported and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from types import FunctionType
from typing import Any, Final

from pydantic import ValidationError

from transload.adapter import unread_loss
from transload.carry import KEY
from transload.errors import IdentityError
from transload.forms import Constant, Form
from transload.loss import Code, Loss, Severity
from transload.model.assets import Column, ColumnSource, Origin
from transload.model.identity import AssetId, identify, is_physical, scrub, uri_of
from transload.reading.values import Class, Function
from transload_dagster.codecs import metadata, partitions, policies


class Taker:
    """Takes the values of one definition; `subject` and `origin` say whose they are."""

    def __init__(self, subject: str, origin: Origin | None, losses: list[Loss]) -> None:
        self.subject = subject
        self.origin = origin
        self.losses = losses

    def lose(self, field: str, value: Any, why: str | None = None, code: Code = Code.UNRESOLVED) -> None:
        """Report a value that is left out."""
        message = why or getattr(value, "reason", None) or f"It is not a value that can be read: {described(value)}."
        self.losses.append(unread_loss(self.subject, field, message, self.origin, code=code))

    def text(self, field: str, value: Any) -> str | None:
        """A text, or None."""
        if value is None or isinstance(value, str):
            return value
        self.lose(field, value)
        return None

    def flag(self, field: str, value: Any) -> bool:
        """True or False; None is False."""
        if value is None or isinstance(value, bool):
            return bool(value)
        self.lose(field, value)
        return False

    def texts(self, field: str, value: Any) -> tuple[str, ...]:
        """Several texts."""
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple, set, frozenset)):
            self.lose(field, value)
            return ()
        for item in items:
            if not isinstance(item, str):
                self.lose(field, item)
        return tuple(item for item in items if isinstance(item, str))

    def pairs(self, field: str, value: Any) -> dict[str, str]:
        """Texts by name."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.lose(field, value)
            return {}
        for key, item in value.items():
            if not isinstance(key, str) or not isinstance(item, str):
                self.lose(f"{field}.{key}", item)
        return {key: item for key, item in value.items() if isinstance(key, str) and isinstance(item, str)}

    def form(self, field: str, value: Any, read: Callable[[Any], Any], code: Code = Code.UNRESOLVED) -> Any:
        """What `read` makes of a form."""
        if value is None:
            return None
        found = read(value)
        if found is None:
            self.lose(field, value, code=code)
        return found

    def json(self, field: str, values: Any) -> dict[str, Any]:
        """Metadata values; what is no JSON is described in words, and reported."""
        if values is None:
            return {}
        if not isinstance(values, Mapping):
            self.lose(field, values)
            return {}
        return {str(key): self.json_value(f"{field}.{key}", item) for key, item in values.items()}

    def json_value(self, field: str, value: Any) -> Any:
        """One metadata value."""
        neutral = metadata.neutral(value)
        if is_json(neutral):
            return listed(neutral)
        self.losses.append(
            Loss(
                subject=self.subject,
                field=field,
                severity=Severity.APPROXIMATED,
                code=Code.NOT_SERIALISABLE,
                message=getattr(value, "reason", None) or "The value is no JSON; it is described in words.",
                origin=self.origin,
            )
        )
        return described(value)

    def uri(self, value: Any) -> AssetId | None:
        """The place that the metadata `dagster/uri` tells; None where it is no URI of a place."""
        held = value.args[0] if isinstance(value, Form) and value.args else value
        if not isinstance(held, str):
            return None
        try:
            found = identify(scrub(held))
        except IdentityError:
            return None
        if scrub(held) != held:
            self.losses.append(
                unread_loss(
                    self.subject,
                    "id",
                    "The URI held a credential, which is left out.",
                    self.origin,
                    code=Code.CREDENTIAL_REMOVED,
                )
            )
        return found if is_physical(found) else None


def is_json(value: Any) -> bool:
    """Whether JSON holds this, tuples being lists; Dagster's own values are tuples with names, and none of these."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            if not all(isinstance(key, str) for key in item):
                return False
            pending.extend(item.values())
        elif type(item) in (list, tuple):
            pending.extend(item)
        elif isinstance(item, float):
            if item != item or item in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN alone differs from itself
                return False
        elif item is not None and not isinstance(item, (str, int, bool)):
            return False
    return True


def listed(value: Any) -> Any:
    """The same with lists for tuples."""
    if isinstance(value, Mapping):
        return {key: listed(item) for key, item in value.items()}
    return [listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def described(value: Any) -> str:
    """A value in words: without memory addresses, so that equal projects read equal."""
    words = _WORDS.get(type(value))
    if words is not None:
        return words(value)
    known = hasattr(value, "source") and hasattr(value, "reason")
    return str(value.source) if known else f"a value of the class {type(value).__qualname__}"


def _form_in_words(value: Form) -> str:
    arguments = [*map(described, value.args), *(f"{key}={described(item)}" for key, item in value.kwargs.items())]
    return f"{value.name}({', '.join(arguments)})"


def _list_in_words(value: Iterable[Any]) -> str:
    return f"[{', '.join(map(described, value))}]"


def _set_in_words(value: Iterable[Any]) -> str:
    return f"{{{', '.join(sorted(map(described, value)))}}}"


def _dict_in_words(value: Mapping[Any, Any]) -> str:
    return f"{{{', '.join(f'{key!r}: {described(item)}' for key, item in value.items())}}}"


_WORDS: Final[Mapping[type, Callable[[Any], str]]] = {
    Form: _form_in_words,
    **dict.fromkeys((list, tuple), _list_in_words),
    **dict.fromkeys((set, frozenset), _set_in_words),
    dict: _dict_in_words,
    **dict.fromkeys((Constant, Class), attrgetter("name")),
    Function: attrgetter("qualname"),
    FunctionType: attrgetter("__qualname__"),
    **dict.fromkeys((type(None), str, int, float, bool), repr),
}


def shown(value: Any) -> str:
    """A value in words. Of a mapping only the keys are said: configurations and resources hold secrets."""
    return ", ".join(sorted(map(str, value))) if isinstance(value, Mapping) else described(value)


OBSERVED: Final = "Observing a source outside of Dagster is code, which only Dagster runs."


def not_read(value: Any) -> str:
    """That a value is not read."""
    return f"It is not read: {shown(value)}."


_SCHEMAS: Final = ("dagster.TableSchema", "dagster.MetadataValue.table_schema", "dagster.TableSchemaMetadataValue")
_LINEAGES: Final = (
    "dagster.TableColumnLineage",
    "dagster.MetadataValue.column_lineage",
    "dagster.TableColumnLineageMetadataValue",
)
_COLUMN_PARAMETERS: Final = ("name", "type", "description", "constraints", "tags")


def columns(value: Any) -> tuple[Column, ...] | None:
    """The columns of a `TableSchema`, None if it is none."""
    if not isinstance(value, Form) or value.name not in _SCHEMAS:
        return None
    held = value.args[0] if value.args else value.kwargs.get("columns", value.kwargs.get("schema"))
    if isinstance(held, Form):
        return columns(held)
    read = [_column(each) for each in held] if isinstance(held, (list, tuple)) else [None]
    return tuple(column for column in read if column is not None) if None not in read else None


def _column(value: Any) -> Column | None:
    if not isinstance(value, Form) or value.name != "dagster.TableColumn":
        return None
    given = {**dict(zip(_COLUMN_PARAMETERS, value.args, strict=False)), **value.kwargs}
    stated = given.get("constraints")
    constraints = _constraints(stated) if isinstance(stated, Form) else {}
    if not is_json(given.get("name")) or not is_json(given.get("tags")) or not is_json(constraints):
        return None
    try:
        return Column(
            name=given["name"],
            type=given.get("type", "string"),
            description=given.get("description"),
            nullable=False if constraints.get("nullable") is False else None,
            unique=True if constraints.get("unique") else None,
            constraints=tuple(constraints.get("other") or ()),
            tags=given.get("tags") or {},
        )
    except (ValidationError, TypeError):
        # What Dagster's own record would refuse as well.
        return None


def _constraints(value: Form) -> dict[str, Any]:
    return {**dict(zip(("nullable", "unique", "other"), value.args, strict=False)), **value.kwargs}


def lineage(value: Any, find: Callable[[Form], AssetId | None]) -> dict[str, tuple[ColumnSource, ...]] | None:
    """The sources of each column of a `TableColumnLineage`, None if it is none."""
    if not isinstance(value, Form) or value.name not in _LINEAGES:
        return None
    held = value.args[0] if value.args else next(iter(value.kwargs.values()), None)
    if isinstance(held, Form):
        return lineage(held, find)
    if not isinstance(held, Mapping):
        return None
    read = {column: [_source(each, find) for each in sources] for column, sources in held.items()}
    if any(source is None for sources in read.values() for source in sources):
        return None
    return {
        column: tuple(source for _, source in sorted(filter(None, sources), key=lambda pair: pair[0]))
        for column, sources in read.items()
    }


def _source(value: Any, find: Callable[[Form], AssetId | None]) -> tuple[Any, ColumnSource] | None:
    """A source, and what Dagster sorts it by."""
    if not isinstance(value, Form) or value.name != "dagster.TableColumnDep":
        return None
    given = {**dict(zip(("asset_key", "column_name"), value.args, strict=False)), **value.kwargs}
    key, column = given.get("asset_key"), given.get("column_name")
    named = key if isinstance(key, Form) else Form("dagster.AssetKey", (key,))
    asset = find(named)
    if asset is None or not isinstance(column, str):
        return None
    return (path_of(named), column), ColumnSource(asset=asset, column=column)


def path_of(key: Form) -> tuple[str, ...] | None:
    """The parts of an `AssetKey`, None if they are not known."""
    if key.name == "dagster.AssetKey.from_user_string":
        text = key.args[0] if key.args else None
        return tuple(text.split("/")) if isinstance(text, str) else None
    held = key.args[0] if key.args else key.kwargs.get("path")
    parts = [held] if isinstance(held, str) else held
    known = isinstance(parts, (list, tuple)) and bool(parts) and all(isinstance(part, str) for part in parts)
    return tuple(parts) if known and parts else None


READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "partitions": partitions.read_definition,
    "freshness": policies.read_freshness,
    "retries": policies.read_retries,
    "backfill": policies.read_backfill,
}
"""Fields of the model whose values are forms."""

SPECIAL: Final = frozenset(
    {metadata.URI, metadata.COLUMN_SCHEMA, metadata.COLUMN_LINEAGE, metadata.STUB, metadata.COMPONENT, KEY}
)
"""Metadata that becomes fields of the model."""


def spelling(uri: Any, asset: AssetId) -> dict[str, Any]:
    """The residue that keeps a URI's own spelling."""
    held = uri.args[0] if isinstance(uri, Form) and uri.args else uri
    return {"uri": scrub(held)} if isinstance(held, str) and scrub(held) != uri_of(asset) else {}


def taken(items: Iterable[Any]) -> list[Any]:
    """Without what could not be read."""
    return [item for item in items if item is not None]
