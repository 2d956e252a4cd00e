"""What each tool holds of the model, told by the adapters' own tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from transload.adapter import BOOKKEEPING, Rule, Table
from transload.declaration import Adapter
from transload.loss import Severity
from transload.model.assets import Asset
from transload.model.base import Record
from transload.model.jobs import Flow, Job

_MODELS: Final[tuple[tuple[str, type[Record]], ...]] = (("asset", Asset), ("job", Job), ("flow", Flow))


def word(rule: Rule | None) -> str:
    """One word for a row of a support table."""
    if rule is None:
        return "native"
    return f"native or {rule.severity.value}" if rule.keeps_some else rule.severity.value


def rows(adapters: Sequence[Adapter]) -> Iterable[tuple[str, ...]]:
    """("asset.description", word for the first adapter, word for the second, …), in the model's order."""
    for kind, model in _MODELS:
        for field in model.model_fields:
            if field not in BOOKKEEPING and field != "native":
                yield (f"{kind}.{field}", *(word(_table(adapter, kind)[field]) for adapter in adapters))


def markdown(adapters: Sequence[Adapter]) -> str:
    """The table as Markdown, with the reason of every row that is not native below it."""
    head = ["", *(adapter.title for adapter in adapters)]
    lines = [_line(head), _line(["---"] * len(head)), *(_line([f"`{row[0]}`", *row[1:]]) for row in rows(adapters))]
    return "\n".join(lines) + "\n"


def reasons(adapters: Sequence[Adapter]) -> Iterable[tuple[str, str, Severity, str]]:
    """(field, tool, severity, reason) for every row that is not wholly native."""
    for kind, model in _MODELS:
        for field in model.model_fields:
            for adapter in adapters:
                rule = _table(adapter, kind).get(field)
                if rule is not None and field not in BOOKKEEPING:
                    yield f"{kind}.{field}", adapter.title, rule.severity, rule.reason


def _table(adapter: Adapter, kind: str) -> Table:
    table: Table = getattr(adapter.support, kind)
    return table


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
