"""Facts → graph: what both readers share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from transload.adapter import Reading, Target, unread_loss
from transload.carry import KEY, Carried, key_of, merge
from transload.forms import Form
from transload.loss import Code, Loss, Severity
from transload.model.assets import Asset, Check
from transload.model.graph import graph_of
from transload.model.identity import AssetId, logical, uri_of
from transload.model.jobs import Flow, Job, Read, Schedule, Write
from transload_dagster.codecs import legal, mappings, metadata, triggers
from transload_dagster.codecs.conditions import LABELS, Unsaid
from transload_dagster.names import KIND, TOOL
from transload_dagster.reading.facts import CheckFact, Dep, Facts, JobFact, Key, Op, ScheduleFact, Spec
from transload_dagster.reading.fields import (
    READERS,
    SPECIAL,
    Taker,
    columns,
    is_json,
    lineage,
    listed,
    path_of,
    spelling,
)


def reading(facts: Facts, target: Target, manifest: Carried) -> Reading:
    """The graph of a project, and what was carried in it."""
    assembler = _Assembler(facts, target)
    graph = assembler.graph()
    carried = merge(manifest, Carried(assets=assembler.carried))
    return Reading(graph=graph, carried=carried, losses=tuple(assembler.losses))


class _Assembler:
    def __init__(self, facts: Facts, target: Target) -> None:
        self.facts = facts
        self.target = target
        self.losses = list(facts.losses)
        self.carried: dict[str, Mapping[str, Any]] = {}
        self.specs = self._unique_specs()
        self.ids: dict[Key, AssetId] = {}
        self.owners: dict[AssetId, Key] = {}
        for spec in self.specs.values():
            self._identify(spec)

    def graph(self) -> Any:
        """Everything found."""
        checks = self._checks()
        assets = [self._asset(spec, checks.get(key, [])) for key, spec in self.specs.items()]
        jobs = self._jobs()
        flows = self._flows({write.asset: job.name for job in jobs for write in job.writes})
        known = {asset.id for asset in assets}
        stubs = [Asset(id=found, names={TOOL: key}) for key, found in self.ids.items() if found not in known]
        return graph_of(assets=[*assets, *stubs], jobs=jobs, flows=flows)

    def _unique_specs(self) -> dict[Key, Spec]:
        """The same key in two code locations is one asset: that of the location which computes it."""
        found: dict[Key, Spec] = {}
        for spec in (*(spec for op in self.facts.ops for spec in op.specs), *self.facts.specs):
            if spec.key not in found or (found[spec.key].stub and not spec.stub):
                found[spec.key] = spec
        return found

    def _identify(self, spec: Spec) -> None:
        taker = self._taker(spec)
        given = spec.fields.get("metadata")
        uri = given.get(metadata.URI) if isinstance(given, Mapping) else None
        place = None if uri is None else taker.uri(uri)
        if place is not None and place in self.owners:
            other = "/".join(self.owners[place])
            message = f"The asset {other} is at the same place, {uri_of(place)}; this one is named by its key."
            self.losses.append(
                unread_loss(f"asset {'/'.join(spec.key)}", "id", message, spec.origin, code=Code.SHARED_IDENTITY)
            )
            place = None
        self._own(spec.key, place)

    def _own(self, key: Key, place: AssetId | None = None) -> AssetId:
        found = place or logical(TOOL, self.target.deployment, key)
        self.ids[key] = found
        self.owners[found] = key
        return found

    def id_of(self, key: Key) -> AssetId:
        """The identity of a key, which some definition has or only names."""
        return self.ids[key] if key in self.ids else self._own(key)

    def find(self, key: Form) -> AssetId | None:
        """The identity of the asset that a form names."""
        path = path_of(key)
        return None if path is None else self.id_of(path)

    def _taker(self, spec: Spec) -> Taker:
        return Taker(f"asset {'/'.join(spec.key)}", spec.origin, self.losses)

    def _asset(self, spec: Spec, checks: list[Check]) -> Asset:
        take, given = self._taker(spec), spec.fields
        values = given.get("metadata")
        held = dict(values) if isinstance(values, Mapping) else {}
        if values is not None and not isinstance(values, Mapping):
            take.lose("metadata", values)
        own = self.ids[spec.key]
        placed = own != logical(TOOL, self.target.deployment, spec.key)
        self._keep_carried(spec.key, held, take)
        tags, kinds = _tags_and_kinds(take, given)
        url, plain = self._metadata(take, held, placed=placed)
        group = take.text("group", given.get("group_name"))
        told = self._trigger(given.get("automation_condition"), take)
        return Asset(
            id=own,
            names={TOOL: spec.key},
            description=take.text("description", given.get("description")) or None,
            url=url,
            owners=take.texts("owners", given.get("owners")),
            tags=tags,
            kinds=kinds,
            group=None if group in (None, "default") else group,
            code_version=take.text("code_version", given.get("code_version")) or None,
            metadata=plain,
            columns=take.form("columns", held.get(metadata.COLUMN_SCHEMA), columns) or (),
            column_lineage=take.form(
                "column_lineage", held.get(metadata.COLUMN_LINEAGE), lambda value: lineage(value, self.find)
            )
            or {},
            partitions=take.form("partitions", given.get("partitions_def"), READERS["partitions"], Code.UNKNOWN_KIND),
            freshness=take.form("freshness", given.get("freshness_policy"), READERS["freshness"], Code.UNKNOWN_KIND),
            checks=tuple(checks),
            trigger=told.trigger if told else None,
            virtual=take.flag("virtual", given.get("is_virtual")),
            native=_residue({**spec.native, **(spelling(held[metadata.URI], own) if placed else {}), **_labels(told)}),
            origin=spec.origin,
        )

    def _keep_carried(self, key: Key, held: Mapping[str, Any], take: Taker) -> None:
        own = held.get(KEY)
        own = own.args[0] if isinstance(own, Form) and own.name == "dagster.MetadataValue.json" else own
        if isinstance(own, Mapping) and is_json(own):
            self.carried[key_of(key)] = listed(own)
        elif own is not None:
            take.lose(f"metadata.{KEY}", own)

    @staticmethod
    def _metadata(take: Taker, held: Mapping[str, Any], *, placed: bool) -> tuple[str | None, dict[str, Any]]:
        hidden = SPECIAL if placed else SPECIAL - {metadata.URI}
        plain = take.json("metadata", {key: value for key, value in held.items() if key not in hidden})
        url = plain.pop(metadata.URL) if metadata.is_url(plain.get(metadata.URL)) else None
        return (url["value"] if isinstance(url, dict) else None), plain

    def _trigger(self, value: Any, take: Taker) -> triggers.Told | None:
        """What a condition says of the assets' identities, which are known only now."""
        if value is None:
            return None
        if isinstance(value, Unsaid):
            self.losses.append(_kept_as_it_is(take, value))
        return triggers.told(value, self.id_of)

    def _checks(self) -> dict[Key, list[Check]]:
        found: dict[Key, list[Check]] = {}
        for fact in self.facts.checks:
            self.id_of(fact.asset)
            self.specs.setdefault(fact.asset, Spec(fact.asset, stub=True))
            checks = found.setdefault(fact.asset, [])
            if fact.name not in (check.name for check in checks):
                checks.append(self._check(fact))
        return found

    def _check(self, fact: CheckFact) -> Check:
        take = Taker(f"check {'/'.join(fact.asset)}:{fact.name}", None, self.losses)
        return Check(
            name=fact.name,
            description=take.text("description", fact.fields.get("description")) or None,
            blocking=take.flag("blocking", fact.fields.get("blocking")),
            reads=tuple(dict.fromkeys(self.id_of(dep.key) for dep in fact.deps)),
            metadata=take.json("metadata", fact.fields.get("metadata")),
            function=fact.function,
            native={TOOL: {"inside": True}} if fact.inside else {},
        )

    def _jobs(self) -> list[Job]:
        jobs = [self._job(op) for op in self.facts.ops]
        made = {write.asset for job in jobs for write in job.writes}
        external = [self._external(spec) for key, spec in self.specs.items() if spec.deps and self.ids[key] not in made]
        return self._distinct([*jobs, *external])

    def _distinct(self, jobs: Iterable[Job]) -> list[Job]:
        """Two code locations may name two ops alike; an op that several `Definitions` hold is one."""
        found: dict[str, Job] = {}
        for job in jobs:
            if found.get(job.name) == job:
                continue
            name, number = job.name, 2
            while name in found:
                name, number = f"{job.name}#{number}", number + 1
            if name != job.name:
                message = f"Another op has this name too; this one is called `{name}`."
                self.losses.append(unread_loss(f"job {job.name}", "name", message, job.origin, code=Code.NAME_CHANGED))
            found[name] = job if name == job.name else job.model_copy(update={"name": name})
        return list(found.values())

    def _external(self, spec: Spec) -> Job:
        name = legal.identifier(spec.key)
        reads = tuple(self._read(dep) for dep in _unique(spec.deps))
        writes = (Write(asset=self.ids[spec.key], optional=False),)
        return Job(
            name=name,
            names={TOOL: (name,)},
            reads=reads,
            writes=writes,
            native={TOOL: {"external": True}},
            origin=spec.origin,
        )

    def _read(self, dep: Dep) -> Read:
        take = Taker(f"input {'/'.join(dep.key)}", None, self.losses)
        return Read(
            asset=self.id_of(dep.key),
            mapping=take.form("mapping", dep.mapping, mappings.read_mapping, Code.PARTITION_MAPPING),
            argument=dep.argument,
            metadata=take.json("metadata", dep.metadata),
        )

    def _job(self, op: Op) -> Job:
        take = Taker(f"job {op.name}", op.origin, self.losses)
        own = {spec.key for spec in op.specs} if len(op.specs) > 1 else set()
        deps = _unique(dep for spec in op.specs for dep in spec.deps if dep.key not in own)
        alone = len(op.specs) == 1 and op.name == legal.identifier(op.specs[0].key)
        tags = take.pairs("tags", op.fields.get("op_tags"))
        return Job(
            name=op.name,
            names={TOOL: (op.name,)},
            reads=tuple(self._read(dep) for dep in deps),
            writes=self._writes(op, {dep.key for dep in deps}),
            description=None if alone else take.text("description", op.fields.get("description")) or None,
            tags=tags,
            retries=take.form("retries", op.fields.get("retry_policy"), READERS["retries"]),
            backfill=take.form("backfill", op.fields.get("backfill_policy"), READERS["backfill"]),
            pool=take.text("pool", op.fields.get("pool")),
            function=op.function,
            native=_residue(op.native),
            origin=op.origin,
        )

    def _writes(self, op: Op, outside: set[Key]) -> tuple[Write, ...]:
        same = len(op.specs) == 1 or all({dep.key for dep in spec.deps} == outside for spec in op.specs)
        return tuple(
            Write(
                asset=self.ids[spec.key],
                reads=None if same else tuple(dict.fromkeys(self.id_of(dep.key) for dep in spec.deps)),
                optional=spec.fields.get("skippable") is True,
            )
            for spec in op.specs
        )

    def _flows(self, writers: Mapping[AssetId, str]) -> list[Flow]:
        schedules: dict[str, list[ScheduleFact]] = {}
        for fact in self.facts.schedules:
            schedules.setdefault(fact.job, []).append(fact)
        flows: dict[str, Flow] = {}
        for job in self.facts.jobs:
            if job.name in flows:
                message = "Another asset job has this name too; the first is kept."
                self.losses.append(unread_loss(f"flow {job.name}", "*", message, job.origin, code=Code.CONTRADICTION))
                continue
            flows[job.name] = self._flow(job, schedules.pop(job.name, []), writers)
        for name, left in schedules.items():
            message = f"It starts `{name}`, which is no asset job found here."
            self.losses.extend(unread_loss(f"schedule {fact.name}", "*", message, fact.origin) for fact in left)
        return list(flows.values())

    def _flow(self, fact: JobFact, schedules: list[ScheduleFact], writers: Mapping[AssetId, str]) -> Flow:
        take = Taker(f"flow {fact.name}", fact.origin, self.losses)
        found = (writers.get(self.ids[key]) for key in fact.keys if key in self.ids)
        return Flow(
            name=fact.name,
            names={TOOL: (fact.name,)},
            jobs=tuple(dict.fromkeys(name for name in found if name is not None)),
            schedules=tuple(self._schedule(each) for each in schedules),
            description=take.text("description", fact.fields.get("description")) or None,
            tags=take.pairs("tags", fact.fields.get("tags")),
            partitions=take.form("partitions", fact.fields.get("partitions_def"), READERS["partitions"]),
            native=_residue(fact.native),
            origin=fact.origin,
        )

    def _schedule(self, fact: ScheduleFact) -> Schedule:
        take = Taker(f"schedule {fact.name}", fact.origin, self.losses)
        return Schedule(
            name=None if fact.name == f"{fact.job}_schedule" else fact.name,
            trigger=fact.trigger,
            active=True if fact.fields.get("running") else None,
            description=take.text("description", fact.fields.get("description")) or None,
            tags=take.pairs("tags", fact.fields.get("tags")),
            native=_residue(fact.native),
        )


def _kept_as_it_is(take: Taker, found: Unsaid) -> Loss:
    return Loss(
        subject=take.subject,
        field="trigger",
        severity=Severity.CARRIED,
        code=Code.UNKNOWN_KIND,
        message=found.why,
        kept="the trigger itself, as Dagster has it",
        origin=take.origin,
    )


def _unique(deps: Iterable[Dep]) -> list[Dep]:
    """One input for each asset; an explicit mapping wins over none."""
    found: dict[Key, Dep] = {}
    for dep in deps:
        if dep.key not in found or (found[dep.key].mapping is None and dep.mapping is not None):
            found[dep.key] = dep
    return list(found.values())


def _labels(told: triggers.Told | None) -> Mapping[str, Any]:
    """Those of a condition that Dagster itself would not give."""
    return {LABELS: told.labels} if told and told.labels else {}


def _residue(native: Mapping[str, Any]) -> dict[str, Any]:
    return {TOOL: listed(native)} if native else {}


def _tags_and_kinds(take: Taker, given: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Kinds are kept as tags, too; the older `compute_kind` is a kind in all but that."""
    older = take.text("kinds", given.get("compute_kind"))
    tags = take.pairs("tags", given.get("tags"))
    kinds = {
        *take.texts("kinds", given.get("kinds")),
        *(key.removeprefix(KIND) for key in tags if key.startswith(KIND)),
        *([older] if older else []),
    }
    return {key: value for key, value in tags.items() if not key.startswith(KIND)}, tuple(sorted(kinds))
