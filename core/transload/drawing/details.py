"""What the page's panel says of a node: titled tables of plain text, whose cells may lead to another node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from transload.drawing.labels import partitions_text, record_text, trigger_text, value_text
from transload.drawing.picture import Node, Picture, tools_of
from transload.loss import Loss
from transload.model.assets import Asset, Check, Column, Origin
from transload.model.identity import AssetId, scrub, uri_of
from transload.model.jobs import Flow, Job
from transload.report import plain

Numbers = Mapping[AssetId, int]
Cell = str | tuple[str, int]
"""A text, or a text and the index of the node that it leads to."""

Row = Sequence[Cell]
Section = dict[str, Any]


def sections(picture: Picture, node: Node, numbers: Numbers) -> list[Section]:
    """Everything known of a node; what is not known has no section."""
    asset, graph = node.asset, picture.graph
    return [
        section
        for section in (
            _section("Identity", _identity(node)),
            _section(
                "Names", [(tool, " · ".join(dict.fromkeys(names))) for tool, names in sorted(asset.names.items())]
            ),
            _section("Description", [(asset.description,)] if asset.description else []),
            _section("Losses", map(_loss_row, node.losses)),
            _section("About", _about(asset)),
            _section("Written by", _jobs(graph.writers.get(asset.id, ())), ("job", "tool", "where")),
            _section("Read by", _jobs(graph.readers.get(asset.id, ())), ("job", "tool", "where")),
            _section("Triggers", _triggers(picture, asset), ("what", "when")),
            _section("Columns", map(_column_row, asset.columns), ("column", "type", "description", "more")),
            _section("Column lineage", _column_lineage(asset, numbers), ("column", "from", "of")),
            _section("Checks", map(_check_row, asset.checks), ("check", "description", "more")),
            _section("Metadata", [(key, value_text(value)) for key, value in sorted(asset.metadata.items())]),
            _section("Only in the tool", _residue(asset)),
        )
        if section["rows"]
    ]


def overview(picture: Picture) -> list[Section]:
    """What the panel says while no node is chosen: totals, and the losses that belong to no node."""
    graph = picture.graph
    totals = {
        "assets": len(graph.assets),
        "links": len(picture.links),
        "cross-tool links": sum(link.crossing for link in picture.links),
        "jobs": len(graph.jobs),
        "flows": len(graph.flows),
        "assets of several tools": sum(len(node.tools) > 1 for node in picture.nodes),
    }
    rows = [(severity, f"{loss.subject}\n{text}") for loss in picture.losses for severity, text in [_loss_row(loss)]]
    losses = _section("Losses of no asset", rows)
    return [_section("Graph", [(name, str(number)) for name, number in totals.items()]), *([losses] if rows else [])]


def _section(title: str, rows: Iterable[Row], head: Sequence[str] = ()) -> Section:
    return {"title": title, "head": list(head), "rows": [[_cell(cell) for cell in row] for row in rows]}


def _cell(cell: Cell) -> Any:
    return plain(cell) if isinstance(cell, str) else [plain(cell[0]), cell[1]]


def _where(origin: Origin | None) -> str:
    return str(origin) if origin else ""


def _identity(node: Node) -> list[Row]:
    pairs = (
        ("title", node.asset.title),
        ("name", node.name),
        ("namespace", node.space),
        ("URI", node.uri),
        ("URL", scrub(node.asset.url) if node.asset.url else None),
    )
    return [(name, value) for name, value in pairs if value]


def _about(asset: Asset) -> list[Row]:
    pairs = (
        ("owners", ", ".join(asset.owners)),
        ("tags", _tags(asset.tags)),
        ("kinds", ", ".join(asset.kinds)),
        ("group", asset.group),
        ("partitions", partitions_text(asset.partitions) if asset.partitions else None),
        ("freshness", record_text(asset.freshness) if asset.freshness else None),
        ("code version", asset.code_version),
        ("watched by", ", ".join(watcher.name for watcher in asset.watchers)),
        ("virtual", "yes" if asset.virtual else None),
        ("defined in", _where(asset.origin)),
        ("way of reading", asset.origin.way if asset.origin else None),
    )
    return [(name, value) for name, value in pairs if value]


def _tags(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" if value else key for key, value in sorted(tags.items()))


def _jobs(jobs: Iterable[Job]) -> list[Row]:
    """Each once: a job may read an asset in several ways."""
    return [
        (job.name, ", ".join(tools_of(job)), _where(job.origin)) for job in {job.name: job for job in jobs}.values()
    ]


def _triggers(picture: Picture, asset: Asset) -> Iterator[Row]:
    graph = picture.graph
    if asset.trigger:
        yield "the asset itself", trigger_text(asset.trigger)
    writers = graph.writers.get(asset.id, ())
    flows = {flow.name: flow for job in writers for flow in graph.flows_of.get(job.name, ())}
    for flow in flows.values():
        for schedule in flow.schedules:
            if schedule.trigger:
                yield _flow_name(flow, schedule.name), trigger_text(schedule.trigger)
    for name in picture.started.get(asset.id, ()):
        yield f"flow {name}", "is started by an update of this asset"


def _flow_name(flow: Flow, schedule: str | None) -> str:
    return f"flow {flow.name}" + (f", {schedule}" if schedule else "")


def _column_row(column: Column) -> Row:
    known = {"not null": column.nullable is False, "nullable": column.nullable is True, "unique": column.unique is True}
    more = (*(word for word, holds in known.items() if holds), *column.constraints, _tags(column.tags))
    return column.name, column.type or "", column.description or "", ", ".join(filter(None, more))


def _column_lineage(asset: Asset, numbers: Numbers) -> Iterator[Row]:
    for column, sources in sorted(asset.column_lineage.items()):
        for source in sources:
            yield column, source.column, (uri_of(source.asset), numbers[source.asset])


def _check_row(check: Check) -> Row:
    return check.name, check.description or "", "blocking" if check.blocking else ""


def _residue(asset: Asset) -> Iterator[Row]:
    for tool, fields in sorted(asset.native.items()):
        for name, value in sorted(fields.items()):
            yield f"{tool}: {name}", value_text(value)


def _loss_row(loss: Loss) -> tuple[str, str]:
    parts = (
        f"{loss.code.value} {loss.field}",
        loss.message,
        loss.kept and f"Kept: {loss.kept}",
        loss.remedy and f"To do: {loss.remedy}",
        _where(loss.origin),
    )
    return loss.severity.value, "\n".join(filter(None, parts))
