"""The document: a graph as versioned JSON, which is all that travels between environments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, JsonValue, ValidationError

from transload.errors import DocumentError, TransloadError
from transload.model.base import Record
from transload.model.graph import AssetGraph
from transload.model.hidden import visible_json

VERSION: Final = 1
_LONGEST_PLACE: Final = 12
SCHEMA_ID: Final = "urn:transload:schema:graph:1"


class Document(Record):
    """A graph with the version of its form."""

    transload: Literal[1] = VERSION
    graph: AssetGraph = Field(default_factory=AssetGraph)


def dumps(graph: AssetGraph) -> str:
    """The document of a graph: equal graphs give equal text."""
    body = Document(graph=graph).model_dump(mode="json", exclude_defaults=True)
    return json_text({"transload": VERSION, "graph": body.get("graph", {})})


def json_text(value: JsonValue) -> str:
    """Readable JSON, equal for equal values. What UTF-8 cannot hold, and what a terminal would obey, is escaped."""
    return visible_json(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)) + "\n"


def loads(text: str | bytes, *, where: str | None = None) -> AssetGraph:
    """The graph of a document. Raises `DocumentError` for anything that is not a document of this version."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(
            f"This is not JSON: {error}.", where=where, hint="Give a document that `transload read` wrote."
        ) from error
    _check_version(raw, where)
    try:
        return Document.model_validate(raw).graph
    except ValidationError as error:
        raise DocumentError(
            _explain(error), where=where, hint="Write the document anew with `transload read`."
        ) from error
    except TransloadError as error:
        raise DocumentError(str(error), where=where) from error


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document."""
    schema = Document.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema}


def _check_version(raw: object, where: str | None) -> None:
    if not isinstance(raw, dict) or "transload" not in raw:
        raise DocumentError(
            "This JSON is not a transload document.", where=where, hint="Give a document that `transload read` wrote."
        )
    if raw["transload"] != VERSION or isinstance(raw["transload"], bool):
        version = raw["transload"]
        raise DocumentError(
            f"The document is of version {version!r}; this transload reads version {VERSION}.",
            where=where,
            hint="Read the project again with this version, or install the transload that wrote the document.",
        )


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    parts = [str(part) for part in first["loc"]]
    place = ".".join(parts if len(parts) <= _LONGEST_PLACE else [*parts[:_LONGEST_PLACE], "…"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"The field {place!r} is wrong: {first['msg']}{more}."


def publish() -> None:
    """Write the schema to where it is shipped from; a test holds it against the model."""
    Path(__file__).with_name("document.schema.json").write_text(json_text(json_schema()), encoding="utf-8")


if __name__ == "__main__":
    publish()
