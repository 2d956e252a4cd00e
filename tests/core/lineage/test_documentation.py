"""docs/lineage.md says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.core.lineage import judges
from tests.core.lineage.estate import estate
from tests.core.lineage.test_events import events_of
from transload.lineage import facets, sinks, targets
from transload.lineage.dialects import DIALECTS

PAGE = Path(__file__).parents[3] / "docs" / "lineage.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


def test_the_table_of_dialects_is_that_of_the_code() -> None:
    rows = [
        f"| {each.name} | `{field}` | `{json.dumps(getattr(each, field))}` | {reason} |"
        for each in DIALECTS.values()
        for field, reason in each.reasons.items()
    ]
    assert [line for line in TEXT.splitlines() if line.startswith(tuple(f"| {name} |" for name in DIALECTS))] == rows


def test_each_facet_of_our_own_has_an_example_that_the_code_makes() -> None:
    emitted = [{key: facet} for event in events_of(estate()) for key, facet in judges.every_facet(event)]

    assert all(example in emitted for example in EXAMPLES)
    own = {
        key
        for schema in judges.OWN.glob("*.json")
        for key in json.loads(schema.read_text(encoding="utf-8"))["properties"]
    }
    assert [key for example in EXAMPLES for key in example] == sorted(own, key=TEXT.index)


@pytest.mark.parametrize("path", sorted(judges.OWN.glob("*.json")), ids=lambda path: path.stem)
def test_a_schema_stands_at_the_address_that_its_facet_names(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))

    assert schema["$id"] == f"{facets.OWN_SCHEMAS}/{path.stem}.json"
    assert facets.own_facet(path.stem)["_schemaURL"] == f"{schema['$id']}#/$defs/{path.stem}"
    assert list(schema["properties"].values()) == [{"$ref": f"#/$defs/{path.stem}"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"transload_partitions": {"dimensions": [{"name": "day"}]}},
        {"transload_freshness": {"kind": "sometimes"}},
        {"transload_trigger": {"schedules": [{"trigger": {}}]}},
        {"transload_partitionMapping": {"mappings": []}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_schema_refuses_what_is_wrong(wrong: dict[str, Any]) -> None:
    ((key, fields),) = wrong.items()
    example = next(example[key] for example in EXAMPLES if key in example)
    event = next(
        event for event in events_of(estate()) if any(facet == example for _, facet in judges.every_facet(event))
    )
    entity = event.get("dataset") or event["job"]

    assert judges.problems(event) == []
    entity["facets"][key] = {**example, **fields}
    assert judges.problems(event) != []


def test_the_answers_that_end_an_emission_are_those_of_the_page() -> None:
    assert ", ".join(map(str, sorted(sinks._OF_THE_ADDRESS))) in TEXT
    assert all(str(status) in TEXT for status in sinks._TRY_LATER)
    assert f"`Retry-After` up to {targets.RETRY_AFTER_MAX}" in TEXT
    assert targets.RETRY["total"] == 3
