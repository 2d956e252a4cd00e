"""The architecture page shows what the code does, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from transload.projects import generate
from transload.reader import Options, Way, read
from transload.registry import adapter_for
from transload.translator import prepare

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
ARCHITECTURE: Final = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", ARCHITECTURE, re.DOTALL)


def test_the_example_becomes_what_the_page_shows(tmp_path: Path) -> None:
    example, _, written = fenced("python")
    (tmp_path / "shop.py").write_text(example, encoding="utf-8")
    translation = prepare(read(f"airflow:{tmp_path}", Options(way=Way.STATIC)).graph, adapter_for("dagster"))
    flow, job = translation.graph.flows[0], translation.graph.jobs[0]

    assert (flow.names["dagster"], job.names["dagster"]) == (("finance_job",), ("public__revenue",))
    assert {"trigger", "names"} == set(translation.carried.assets['["public", "revenue"]'])
    assert {"name", "names", "function"} == set(translation.carried.jobs['["public__revenue"]'])
    assert "owner_links" in str(translation.carried.flows['["finance_job"]'])
    assert written in generate(translation)["src/dagster_project/defs/finance.py"]
    assert translation.expected == translation.graph


def test_the_losses_of_the_example_are_those_that_the_page_shows(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(fenced("python")[0], encoding="utf-8")
    losses = prepare(read(f"airflow:{tmp_path}", Options(way=Way.STATIC)).graph, adapter_for("dagster")).losses
    shown = [re.split(r" {2,}", line) for line in ARCHITECTURE.splitlines() if line.startswith("approximated ")]
    assert len(shown) == 2
    for severity, code, subject, field, message in shown:
        start = message.removesuffix("…")
        assert [
            loss
            for loss in losses
            if (loss.severity, loss.code, loss.subject, loss.field) == (severity, code, subject, field)
            and loss.message.startswith(start.rstrip())
        ], message


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in (link for link in links if "://" not in link):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {
            re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
        }


def test_the_paths_that_stay_are_modules_with_these_names() -> None:
    rows = re.findall(r"^\| `(transload_\w+\.running\.\w+)` \| .*?: (.+?) \|$", ARCHITECTURE, re.MULTILINE)
    assert len(rows) == 3
    for module, names in rows:
        package, _, rest = module.partition(".")
        text = (ROOT / "adapters" / package / Path(*rest.split("."))).with_suffix(".py").read_text(encoding="utf-8")
        assert [name for name in re.findall(r"`(\w+)`", names) if not re.search(rf"\b(class|def) {name}\b", text)] == []
