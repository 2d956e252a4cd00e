"""Definitions and mappings of partitions as expressions, and the constants that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from transload.model.graph import AssetGraph
from transload.model.partitions import Partitions
from transload.writing.expressions import Expr, call, dict_
from transload.writing.module import Source
from transload.writing.names import Names, digest
from transload_prefect.codecs.partitions import HELPER, word_of


def expression_of(value: Any, source: Source) -> Any:
    """The call that makes a record, or the value that is none, as an expression."""
    if isinstance(value, BaseModel):
        said = {name: getattr(value, name) for name, field in type(value).model_fields.items() if name != "kind"}
        told = {
            name: expression_of(each, source)
            for name, each in said.items()
            if each != type(value).model_fields[name].get_default()
        }
        return call(source.reference(f"{HELPER}.{type(value).__name__}"), **told)
    if isinstance(value, Mapping):
        return dict_((key, expression_of(each, source)) for key, each in value.items())
    return [expression_of(each, source) for each in value] if isinstance(value, (list, tuple)) else value


def definitions_of(graph: AssetGraph) -> dict[str, Partitions]:
    """The definitions in a graph by their JSON, each once."""
    found = (*(asset.partitions for asset in graph.assets), *(flow.partitions for flow in graph.flows))
    return {each.model_dump_json(): each for each in found if each is not None}


def constants(graph: AssetGraph, taken: Iterable[str]) -> dict[str, str]:
    """The name of the constant for each definition, by its JSON."""
    words = {text: word_of(definition) for text, definition in definitions_of(graph).items()}
    alike = list(words.values())
    texts = {text: word if alike.count(word) == 1 else f"{word} {digest(text)}" for text, word in words.items()}
    given = Names(name.lower() for name in taken).allocate_all(texts.values())
    return {text: given[word].upper() for text, word in texts.items()}


def reading(expr: Expr, mapping: Any, source: Source) -> Expr:
    """An asset among `asset_deps`, with the mapping by which its partitions are read."""
    if mapping is None:
        return expr
    return call(source.reference(f"{HELPER}.mapped"), expr, expression_of(mapping, source))
