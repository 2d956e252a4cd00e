"""What docs/new-tool.md says of the example is so."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Final

import transload_kestra

from transload.declaration import MODULES
from transload.testing.requirements import Requirements

ROOT: Final = Path(__file__).parents[2]
KESTRA: Final = ROOT / "integration" / "kestra"
TEXT: Final = (ROOT / "docs" / "new-tool.md").read_text(encoding="utf-8")


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def counts() -> str:
    files = [
        KESTRA / "pyproject.toml",
        *sorted((KESTRA / "transload_kestra").glob("*.py")),
        KESTRA / "tests/test_contract.py",
    ]
    rows = [(path.relative_to(KESTRA).as_posix(), lines(path)) for path in files]
    table = [*rows, ("together", sum(number for _, number in rows))]
    return "| file | lines |\n|---|---|\n" + "".join(f"| `{name}` | {number} |\n" for name, number in table)


def test_the_lines_are_counted() -> None:
    """To count them anew, put what `counts()` gives between the two marks."""
    assert TEXT.partition("<!-- lines -->\n")[2].partition("<!-- /lines -->")[0] == counts()


def test_the_declaration_is_the_one_that_is_shown() -> None:
    shown = TEXT.partition("```python\nadapter = ")[2].partition("```")[0]
    source = Path(str(transload_kestra.__file__)).read_text(encoding="utf-8")
    assert "".join(shown.split()) == "".join(
        source.partition("adapter = ")[2].replace("tool=TOOL", 'tool="kestra"').split()
    )


def test_every_module_and_every_requirement_is_named() -> None:
    assert [name for name in MODULES if f"`{name}`" not in TEXT] == []
    assert [field.name for field in fields(Requirements) if f"`{field.name}`" not in TEXT] == []


def test_the_test_file_is_the_one_that_is_shown() -> None:
    shown = TEXT.partition("```python\nfrom transload_kestra import adapter\n")[2].partition("```")[0]
    source = (KESTRA / "tests/test_contract.py").read_text(encoding="utf-8").replace("  # noqa: F403", "")
    assert shown.strip() in source
