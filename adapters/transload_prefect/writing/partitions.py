"""Definitions and mappings of partitions as expressions, and the constants that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from transload.model.graph import AssetGraph
from transload.model.partitions import Partitions
from transload.naming import WHOLE, digest
from transload.writing.expressions import Expr, call, dict_
from transload.writing.module import Source
from transload.writing.names import Names
from transload_prefect.codecs.partitions import HELPER, word_of


def expression_of(value: Any, source: Source) -> Any:
    """The call that makes a record; a plain value, with the records in it, as it is."""
    if isinstance(value, BaseModel):
        # `kind` is the class, and a field at its default need not be written.
        arguments = {
            name: expression_of(getattr(value, name), source)
            for name, field in type(value).model_fields.items()
            if name != "kind" and getattr(value, name) != field.get_default()
        }
        return call(source.reference(f"{HELPER}.{type(value).__name__}"), **arguments)
    if isinstance(value, Mapping):
        return dict_((key, expression_of(item, source)) for key, item in value.items())
    return [expression_of(item, source) for item in value] if isinstance(value, (list, tuple)) else value


def definitions_of(graph: AssetGraph) -> dict[str, Partitions]:
    """The definitions in a graph by their JSON, each once."""
    definitions = (*(asset.partitions for asset in graph.assets), *(flow.partitions for flow in graph.flows))
    return {definition.model_dump_json(): definition for definition in definitions if definition is not None}


def constant_names(graph: AssetGraph, taken: Iterable[str]) -> dict[str, str]:
    """The name of the constant for each definition, by its JSON."""
    words = {text: word_of(definition) for text, definition in definitions_of(graph).items()}
    alike = list(words.values())
    texts = {text: word if alike.count(word) == 1 else f"{word} {digest(text, WHOLE)}" for text, word in words.items()}
    # In lower case, so that no two constants, nor one and a function, differ by case only.
    names = Names(name.lower() for name in taken).allocate_all(texts.values())
    return {text: names[word].upper() for text, word in texts.items()}


def dependency_of(expr: Expr, mapping: Any, source: Source) -> Expr:
    """An asset among `asset_deps`, with the mapping by which its partitions are read."""
    if mapping is None:
        return expr
    return call(source.reference(f"{HELPER}.mapped"), expr, expression_of(mapping, source))
