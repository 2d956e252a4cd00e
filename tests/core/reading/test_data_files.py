"""Files of YAML and JSON: JSON values, lines, and reasons where one cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from transload.reading.data_files import data_files, parsed

FLOW = "id: load\ntasks:\n- id: one\n- id: two\n  when: 2026-01-01\n"


def test_values_are_those_of_json_and_lines_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "flow.yml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "a.yaml").write_text("1: true\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("{", encoding="utf-8")
    first, second = data_files(tmp_path, (".yaml", ".yml"))

    assert (first.path, first.content) == ("a.yaml", {"1": True})
    assert second.content == {"id": "load", "tasks": [{"id": "one"}, {"id": "two", "when": "2026-01-01"}]}
    assert [second.line(*keys) for keys in ((), ("tasks",), ("tasks", 1), ("tasks", 1, "when"), ("none",))] == [
        1,
        3,
        4,
        5,
        1,
    ]
    (alone,) = data_files(tmp_path, (".yaml",), tmp_path / "more" / "flow.yml")
    assert alone == second


@pytest.mark.parametrize(
    "text",
    [
        "{[",
        "a: *none",
        "a: !!int",
        "a: !!timestamp x",
        "a: .nan",
        "a: !!binary aGk=",
        "? [1]\n: 2",
        "&a [*a]",
        "[" * 10_000,
        "\x00",
        "a: 'b",
        "9" * 5000,
        "- " * 5000,
        "x" * 2_000_000,
    ],
)
def test_what_is_no_value_of_json_is_refused_with_a_reason(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parsed(text)
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (file,) = data_files(tmp_path, (".yaml",))
    assert (file.content, bool(file.problem)) == (None, True)


def test_what_is_no_text_is_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    (file,) = data_files(tmp_path, (".yaml",))
    assert file.problem == "This is no text in UTF-8: invalid start byte."
