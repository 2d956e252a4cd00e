"""What the documentation says of partitions is what is written."""

from __future__ import annotations

from pathlib import Path

from tests.contract import partition_forms

DOCS = Path(__file__).parents[2] / "docs" / "partitions.md"


def test_the_tables_of_partitions_are_of_projects_as_they_are_written() -> None:
    """To make them anew, put what `partition_forms.tables()` gives between the two marks."""
    text = DOCS.read_text(encoding="utf-8")
    assert (
        text.partition("<!-- partitions -->\n")[2].partition("<!-- /partitions -->")[0]
        == partition_forms.tables() + "\n"
    )
