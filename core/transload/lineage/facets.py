"""Facets as JSON values: OpenLineage's own (release 1.54 of the specification) and ours.

Built as plain dictionaries: the classes of openlineage-python cost some fifty times as much, and a test holds both equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from transload import __version__
from transload.model.assets import Asset, Column
from transload.model.base import Record
from transload.model.identity import AssetId
from transload.model.jobs import Flow, Job
from transload.model.partitions import MultiPartitions, Partitions
from transload.model.scrubbing import scrub

Facet = dict[str, Any]

PRODUCER: Final = f"https://pypi.org/project/transload/{__version__}"
"""The `_producer` of every event and facet."""

CORE: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"

_STANDARD: Final = {
    "symlinks": "1-0-1/SymlinksDatasetFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "dataset.ownership": "1-0-1/OwnershipDatasetFacet",
    "dataset.documentation": "1-1-0/DocumentationDatasetFacet",
    "dataset.tags": "1-0-0/TagsDatasetFacet",
    "hierarchy": "1-0-0/HierarchyDatasetFacet",
    "datasetType": "1-0-1/DatasetTypeDatasetFacet",
    "storage": "1-0-1/StorageDatasetFacet",
    "catalog": "1-1-0/CatalogDatasetFacet",
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "job.ownership": "1-0-1/OwnershipJobFacet",
    "job.documentation": "1-1-0/DocumentationJobFacet",
    "job.tags": "1-0-0/TagsJobFacet",
    "sourceCodeLocation": "1-1-0/SourceCodeLocationJobFacet",
}
"""Facet → version and class; the entity in front only where two entities share a key."""

_STANDARD_URLS: Final = {
    key: f"https://openlineage.io/spec/facets/{place}.json#/$defs/{place.partition('/')[2]}"
    for key, place in _STANDARD.items()
}

LINEAGE_SCHEMA: Final = "https://openlineage.io/spec/facets/1-0-0/LineageFacet.json#/$defs/LineageJobFacet"

OWN_SCHEMAS: Final = "https://pypi.org/project/transload/0.1.0/schemas/1-0-0"
"""The address of the schemas of our own facets, which are shipped in `schemas/`: that of the release that they came with.

A facet that changes gets a new version and the release that brings it; what was released stays.
"""


def facet(key: str, **fields: Any) -> Facet:
    """A standard facet with these fields."""
    return {"_producer": PRODUCER, "_schemaURL": _STANDARD_URLS[key], **fields}


def own_facet(name: str, **fields: Any) -> Facet:
    """One of our own facets: `name` is its class, such as `TransloadPartitionsDatasetFacet`."""
    return {"_producer": PRODUCER, "_schemaURL": f"{OWN_SCHEMAS}/{name}.json#/$defs/{name}", **fields}


def dataset_facets(asset: Asset) -> dict[str, Facet]:
    """The facets of a dataset that its definition gives, symlinks apart."""
    made = {
        "schema": _schema(asset.columns),
        "ownership": _owners("dataset.ownership", asset.owners),
        "documentation": _documentation("dataset.documentation", asset.description),
        "tags": _dataset_tags(asset),
        "hierarchy": _hierarchy(asset),
        "datasetType": _dataset_type(asset),
        "storage": _storage(asset.kinds),
        "catalog": _catalog(asset),
        "transload_partitions": _partitions(asset.partitions),
        "transload_freshness": _freshness(asset),
    }
    return {key: value for key, value in made.items() if value is not None}


def job_facets(job: Job, flows: tuple[Flow, ...], written: Iterable[Asset], tool: str | None) -> dict[str, Facet]:
    """The facets of a job that its definition, its flows' and its outputs' give, source code apart."""
    made = {
        "jobType": _job_type(tool),
        "ownership": _owners("job.ownership", job.owners or next((flow.owners for flow in flows if flow.owners), ())),
        "documentation": _documentation("job.documentation", job.description),
        "tags": _job_tags(job, flows),
        "transload_trigger": _trigger(flows, written),
        "transload_partitionMapping": _mappings(job),
    }
    return {key: value for key, value in made.items() if value is not None}


def column_lineage(asset: Asset) -> dict[str, Facet]:
    """The column lineage of an output, as the facet container of a dataset; empty where nothing is known."""
    if not asset.column_lineage:
        return {}
    fields = {
        column: {"inputFields": [{**_named(source.asset), "field": source.column} for source in sources]}
        for column, sources in asset.column_lineage.items()
    }
    return {"columnLineage": facet("columnLineage", fields=fields)}


def symlinks(identifiers: Iterable[tuple[str, str]], kind: str) -> dict[str, Facet]:
    """The symlinks facet of these (namespace, name), as the facet container of a dataset; empty without any."""
    listed = [{"namespace": namespace, "name": name, "type": kind} for namespace, name in identifiers]
    return {"symlinks": facet("symlinks", identifiers=listed)} if listed else {}


def source_location(repository: str, url: str, path: str, version: str) -> Facet:
    """Where a job is defined: a file at a commit."""
    return facet("sourceCodeLocation", type="git", url=url, repoUrl=repository, path=path, version=version)


def _schema(columns: tuple[Column, ...]) -> Facet | None:
    if not columns:
        return None
    fields = [
        {
            "name": column.name,
            **_without_none(type=column.type, description=column.description and _text(column.description)),
            "ordinal_position": position,
        }
        for position, column in enumerate(columns, start=1)
    ]
    return facet("schema", fields=fields)


def _without_none(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


@lru_cache
def _owners(key: str, owners: tuple[str, ...]) -> Facet | None:
    listed = [{"name": _text(owner)} for owner in owners]
    return facet(key, owners=listed) if listed else None


def _documentation(key: str, text: str | None) -> Facet | None:
    return facet(key, description=_text(text), contentType="text/markdown") if text else None


def _tag(key: str, value: str, **more: str) -> dict[str, str]:
    return {"key": _text(key), "value": _text(value) or "true", "source": "USER", **more}


def _dataset_tags(asset: Asset) -> Facet | None:
    pairs = [
        *sorted(asset.tags.items()),
        *(("kind", kind) for kind in asset.kinds),
        *((("group", asset.group),) if asset.group else ()),
    ]
    tags = [_tag(key, value) for key, value in pairs]
    tags += [
        _tag(key, value, field=column.name) for column in asset.columns for key, value in sorted(column.tags.items())
    ]
    return facet("dataset.tags", tags=tags) if tags else None


def _job_tags(job: Job, flows: tuple[Flow, ...]) -> Facet | None:
    if not flows and not job.tags:
        return None
    tags = {**{key: value for flow in flows for key, value in flow.tags.items()}, **job.tags}
    listed = [_tag(key, value) for key, value in sorted(tags.items())]
    return facet("job.tags", tags=listed) if listed else None


def _hierarchy(asset: Asset) -> Facet | None:
    """The folders above the asset: Dagster's key prefix, or its group."""
    prefix = asset.names.get("dagster", ())[:-1] or ((asset.group,) if asset.group else ())
    if not prefix:
        return None
    levels = [{"type": "GROUP", "name": name} for name in prefix]
    own = asset.names["dagster"][-1] if asset.names.get("dagster") else asset.id.name
    return facet("hierarchy", hierarchy=[*levels, {"type": "ASSET", "name": own}])


_TYPES: Final = {
    "TABLE": (
        "postgres",
        "mysql",
        "mssql",
        "oracle",
        "redshift",
        "snowflake",
        "bigquery",
        "trino",
        "databricks",
        "hive",
        "teradata",
        "unitycatalog",
        "awsathena",
        "cassandra",
        "clickhouse",
        "duckdb",
        "spanner",
        "sqlserver",
        "crate",
        "db2",
        "oceanbase",
    ),
    "FILE": ("s3", "gs", "abfss", "wasbs", "hdfs", "file", "dbfs", "ftp", "sftp"),
    "TOPIC": ("kafka", "pubsub"),
}
_TYPE_OF: Final = {scheme: kind for kind, schemes in _TYPES.items() for scheme in schemes}


def _dataset_type(asset: Asset) -> Facet | None:
    return _type("VIEW" if asset.virtual else _TYPE_OF.get(asset.id.namespace.partition("://")[0]))


@lru_cache
def _type(kind: str | None) -> Facet | None:
    return facet("datasetType", datasetType=kind) if kind else None


_LAYERS: Final = ("iceberg", "delta")
_FORMATS: Final = ("parquet", "orc", "avro", "json", "csv", "text", "xml")


@lru_cache
def _storage(kinds: tuple[str, ...]) -> Facet | None:
    """Known only where the kinds name a layer that the facet allows."""
    words = {kind.lower() for kind in kinds}
    layer = next((layer for layer in _LAYERS if layer in words), None)
    form = next((form for form in _FORMATS if form in words), None)
    return facet("storage", storageLayer=layer, **_without_none(fileFormat=form)) if layer else None


def _catalog(asset: Asset) -> Facet | None:
    """Known only where the namespace is itself that of a catalog: Glue's ARN, Unity Catalog's host."""
    namespace = asset.id.namespace
    if namespace.startswith("arn:aws:glue:"):
        return facet("catalog", framework="hive", type="glue", name=namespace)
    if namespace.startswith("unitycatalog://"):
        return facet(
            "catalog", framework="delta", type="unity", name=asset.id.name.split(".")[0], metadataUri=namespace
        )
    return None


def _partitions(definition: Partitions | None) -> Facet | None:
    if definition is None:
        return None
    dimensions = definition.dimensions if isinstance(definition, MultiPartitions) else {"partition": definition}
    listed = [
        {"name": name, "transform": part.kind, "definition": _dump(part)} for name, part in sorted(dimensions.items())
    ]
    return own_facet("TransloadPartitionsDatasetFacet", dimensions=listed)


def _freshness(asset: Asset) -> Facet | None:
    if asset.freshness is None:
        return None
    return own_facet("TransloadFreshnessDatasetFacet", **_dump(asset.freshness))


@lru_cache
def _job_type(tool: str | None) -> Facet:
    unit = {"airflow": "TASK", "dagster": "ASSET", "prefect": "TASK"}.get(tool or "", "JOB")
    return facet("jobType", processingType="BATCH", integration=(tool or "transload").upper(), jobType=unit)


def _trigger(flows: Iterable[Flow], written: Iterable[Asset]) -> Facet | None:
    conditions = [
        {"asset": _named(asset.id), "trigger": _dump(asset.trigger)} for asset in written if asset.trigger is not None
    ]
    schedules = [
        {
            "flow": flow.name,
            **_without_none(name=schedule.name, active=schedule.active),
            "trigger": _dump(schedule.trigger),
        }
        for flow in flows
        for schedule in flow.schedules
        if schedule.trigger is not None
    ]
    if not schedules and not conditions:
        return None
    content = {name: value for name, value in (("schedules", schedules), ("conditions", conditions)) if value}
    return own_facet("TransloadTriggerJobFacet", **content)


def _mappings(job: Job) -> Facet | None:
    listed = [
        {"input": _named(read.asset), "mapping": _dump(read.mapping)} for read in job.reads if read.mapping is not None
    ]
    return own_facet("TransloadPartitionMappingJobFacet", mappings=listed) if listed else None


def lineage(job: Job) -> dict[str, Facet]:
    """Which output comes from which inputs, as the facet container of a job; empty unless outputs differ (OpenLineage 1.53)."""
    if len(job.writes) < 2 or len({write.reads for write in job.writes}) < 2:  # noqa: PLR2004 - two outputs that differ
        return {}
    everything = tuple(dict.fromkeys(read.asset for read in job.reads))
    entries = [
        {
            "type": "DATASET",
            **_named(write.asset),
            "inputs": [
                {"type": "DATASET", **_named(asset)} for asset in (everything if write.reads is None else write.reads)
            ],
        }
        for write in job.writes
    ]
    return {"lineage": {"_producer": PRODUCER, "_schemaURL": LINEAGE_SCHEMA, "entries": entries}}


def _named(asset: AssetId) -> dict[str, str]:
    return {"namespace": asset.namespace, "name": asset.name}


def _text(value: str) -> str:
    """A text as it may be sent: no credentials in its URIs."""
    return scrub(value) if "://" in value else value


def _dump(record: Record) -> Any:
    return _clean(record.model_dump(mode="json", exclude_none=True))


def _clean(value: Any) -> Any:
    """Recursive only as deep as a definition is nested. What openlineage-python leaves out of an event, null and {}, becomes text."""
    if value is None or value == {}:
        return "null" if value is None else "{}"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value
