"""What the README says of the tools is what the adapters' tables say."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from transload import routing
from transload.capabilities import markdown
from transload.joining import Joining
from transload.model.identity import identify, uri_of
from transload.reader import Options, Way, read
from transload.registry import adapter_for
from transload.translator import translate

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

README = Path(__file__).parents[2] / "README.md"


def between(text: str, marker: str) -> str:
    return text.partition(f"<!-- {marker} -->\n")[2].partition(f"<!-- /{marker} -->")[0]


def test_the_table_of_capabilities_is_that_of_the_adapters() -> None:
    adapters = [adapter_for(tool) for tool in ("airflow", "dagster", "prefect")]

    assert between(README.read_text(encoding="utf-8"), "capabilities") == markdown(adapters)


def test_the_table_of_real_projects_is_there() -> None:
    assert between(README.read_text(encoding="utf-8"), "corpus").count("\n") > 10


def test_the_route_of_the_example_is_what_is_written(tmp_path: Path) -> None:
    section = README.read_text(encoding="utf-8").partition("### Triggers that the target does not have")[2]
    code, _, rest = section.partition("```python\n")[2].partition("```")
    (tmp_path / "finance.py").write_text(code, encoding="utf-8")
    found = read(f"airflow:{tmp_path}", Options(way=Way.STATIC))
    translation = translate(found.graph, "prefect", bridge=True)
    assert routing.dumps(translation.routes) == rest.partition("```toml\n")[2].partition("```")[0]
    said = [*translation.losses, *translate(found.graph, "prefect").losses]
    transcript = " ".join(rest.partition("```console\n")[2].partition("```")[0].split())
    assert [loss.message for loss in said if loss.message not in transcript] == []


def test_the_form_of_routes_is_documented_as_the_code_has_it() -> None:
    text = (README.parent / "docs" / "routes.md").read_text(encoding="utf-8")
    form = text.partition("<!-- form -->\n")[2].partition("\n<!-- /form -->")[0]
    assert form == inspect.cleandoc(routing.__doc__ or "").partition("\n\n")[2]
    example = tomllib.loads(form.partition("```toml\n")[2].partition("```")[0])
    assert [route.name for route in routing.parse(example)] == ["finance_daily"]
    keys = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    assert keys == set(routing.Route.model_fields)


def test_the_rules_of_the_example_join_what_they_name(tmp_path: Path) -> None:
    rules = README.read_text(encoding="utf-8").partition("## One name")[2].partition("```toml\n")[2].partition("```")[0]
    project = 'import dagster as dg\n\n@dg.asset(key=["analytics", "orders"])\ndef orders(): ...\n'
    (tmp_path / "defs.py").write_text(project, encoding="utf-8")
    joining = Joining.parse(tomllib.loads(rules))
    found = read(f"dagster:{tmp_path}", Options(way=Way.STATIC, joining=joining))

    assert [uri_of(asset.id) for asset in found.graph.assets] == ["snowflake://acc/DB/ANALYTICS/ORDERS"]
    assert joining.resolve(identify("airflow://default/orders")) == identify("s3://lake/orders")
