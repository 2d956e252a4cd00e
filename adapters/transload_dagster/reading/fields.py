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


class FieldReader:
    """Reads the values of one definition, which losses name by `subject` and `origin`."""

    def __init__(self, subject: str, origin: Origin | None, losses: list[Loss]) -> None:
        self.subject = subject
        self.origin = origin
        self.losses = losses

    def lose(self, field: str, value: Any, *, code: Code = Code.UNRESOLVED) -> None:
        """Report a value that is left out."""
        message = getattr(value, "reason", None) or f"It is not a value that can be read: {described(value)}."
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
        """The result of `read` for a form; a form without one is reported."""
        if value is None:
            return None
        result = read(value)
        if result is None:
            self.lose(field, value, code=code)
        return result

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
        """The identity in the metadata `dagster/uri`; None where that is no URI of a physical place."""
        text = value.args[0] if isinstance(value, Form) and value.args else value
        if not isinstance(text, str):
            return None
        try:
            identity = identify(scrub(text))
        except IdentityError:
            return None
        if scrub(text) != text:
            self.losses.append(
                unread_loss(
                    self.subject,
                    "id",
                    "The URI held a credential, which is left out.",
                    self.origin,
                    code=Code.CREDENTIAL_REMOVED,
                )
            )
        return identity if is_physical(identity) else None


def is_json(value: Any) -> bool:
    """True if JSON holds this value, tuples being lists; Dagster's own named tuples are none of these."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            if not all(isinstance(key, str) for key in item):
                return False
            pending.extend(item.values())
        # By the exact type: Dagster's own values are named tuples, which are no lists.
        elif type(item) in (list, tuple):
            pending.extend(item)
        elif isinstance(item, float):
            if item != item or item in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN alone differs from itself
                return False
        elif item is not None and not isinstance(item, (str, int, bool)):
            return False
    return True


def listed(value: Any) -> Any:
    """The value with lists in the place of tuples."""
    if isinstance(value, Mapping):
        return {key: listed(item) for key, item in value.items()}
    return [listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def described(value: Any) -> str:
    """A value in words: without memory addresses, so that equal projects read equal."""
    words = _WORDS.get(type(value))
    if words is not None:
        return words(value)
    # Values that are not known, of the static reader and of conditions, bring their own text.
    has_source = hasattr(value, "source") and hasattr(value, "reason")
    return str(value.source) if has_source else f"a value of the class {type(value).__qualname__}"


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
    """A value in words. Of a mapping only the keys: configurations and resources hold secrets."""
    return ", ".join(sorted(map(str, value))) if isinstance(value, Mapping) else described(value)


OBSERVED: Final = "Observing a source outside of Dagster is code, which only Dagster runs."


def not_read(value: Any) -> str:
    """The message of a loss for a value that has no field."""
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
    declared = value.args[0] if value.args else value.kwargs.get("columns", value.kwargs.get("schema"))
    if isinstance(declared, Form):
        return columns(declared)
    results = [_column(column) for column in declared] if isinstance(declared, (list, tuple)) else [None]
    return tuple(column for column in results if column is not None) if None not in results else None


def _column(value: Any) -> Column | None:
    if not isinstance(value, Form) or value.name != "dagster.TableColumn":
        return None
    arguments = {**dict(zip(_COLUMN_PARAMETERS, value.args, strict=False)), **value.kwargs}
    declared = arguments.get("constraints")
    constraints: dict[str, Any] = {}
    if isinstance(declared, Form):
        constraints = {**dict(zip(("nullable", "unique", "other"), declared.args, strict=False)), **declared.kwargs}
    if not is_json(arguments.get("name")) or not is_json(arguments.get("tags")) or not is_json(constraints):
        return None
    try:
        return Column(
            name=arguments["name"],
            type=arguments.get("type", "string"),
            description=arguments.get("description"),
            nullable=False if constraints.get("nullable") is False else None,
            unique=True if constraints.get("unique") else None,
            constraints=tuple(constraints.get("other") or ()),
            tags=arguments.get("tags") or {},
        )
    except (ValidationError, TypeError):
        # What Dagster's own record would refuse as well.
        return None


def lineage(value: Any, asset_named: Callable[[Form], AssetId | None]) -> dict[str, tuple[ColumnSource, ...]] | None:
    """The sources of each column of a `TableColumnLineage`, None if it is none."""
    if not isinstance(value, Form) or value.name not in _LINEAGES:
        return None
    by_column = value.args[0] if value.args else next(iter(value.kwargs.values()), None)
    if isinstance(by_column, Form):
        return lineage(by_column, asset_named)
    if not isinstance(by_column, Mapping):
        return None
    sources_of = {column: [_source(source, asset_named) for source in sources] for column, sources in by_column.items()}
    if any(source is None for sources in sources_of.values() for source in sources):
        return None
    return {
        column: tuple(source for _, source in sorted(filter(None, sources), key=lambda pair: pair[0]))
        for column, sources in sources_of.items()
    }


def _source(value: Any, asset_named: Callable[[Form], AssetId | None]) -> tuple[Any, ColumnSource] | None:
    """A source after its sorting key, which is Dagster's: the key's path and the column."""
    if not isinstance(value, Form) or value.name != "dagster.TableColumnDep":
        return None
    arguments = {**dict(zip(("asset_key", "column_name"), value.args, strict=False)), **value.kwargs}
    key, column = arguments.get("asset_key"), arguments.get("column_name")
    named = key if isinstance(key, Form) else Form("dagster.AssetKey", (key,))
    asset = asset_named(named)
    if asset is None or not isinstance(column, str):
        return None
    return (path_of(named), column), ColumnSource(asset=asset, column=column)


def path_of(key: Form) -> tuple[str, ...] | None:
    """The parts of an `AssetKey`, None if they are not known."""
    if key.name == "dagster.AssetKey.from_user_string":
        text = key.args[0] if key.args else None
        return tuple(text.split("/")) if isinstance(text, str) else None
    path = key.args[0] if key.args else key.kwargs.get("path")
    parts = [path] if isinstance(path, str) else path
    known = isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts)
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
    text = uri.args[0] if isinstance(uri, Form) and uri.args else uri
    return {"uri": scrub(text)} if isinstance(text, str) and scrub(text) != uri_of(asset) else {}
