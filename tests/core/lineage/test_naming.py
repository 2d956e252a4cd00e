"""Names in lineage events: of jobs, of datasets and their other names, and where a definition stands in a repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from transload.lineage.dialects import DIALECTS, Dialect
from transload.lineage.naming import JobId, Namespaces, aliases, job_ids, spellings
from transload.lineage.repositories import Checkouts, page_of
from transload.merging import merged
from transload.model.assets import Asset, Origin
from transload.model.graph import graph_of
from transload.model.identity import AssetId, identify
from transload.model.jobs import Job, Write
from transload.model.schemes import SCHEMES

A, B = identify("s3://b/a"), identify("s3://b/b")


def job(name: str, tool: str, *writes: AssetId) -> Job:
    return Job(name=name, writes=tuple(Write(asset=each) for each in writes), origin=Origin(tool=tool))


def test_jobs_are_called_as_each_tools_own_integration_calls_them() -> None:
    assets = [Asset(id=A, names={"dagster": ("mart", "a")})]
    jobs = [job("dag.task", "airflow"), job("mart__a", "dagster", A), job("flow.task", "prefect"), Job(name="x")]

    assert job_ids(graph_of(assets, jobs), Namespaces()) == {
        "dag.task": JobId("default", "dag.task"),
        "mart__a": JobId("dagster://default", "mart/a"),
        "flow.task": JobId("prefect://default", "flow.task"),
        "x": JobId("transload", "x"),
    }


def test_a_name_in_two_tools_needs_no_tool_in_front_where_the_namespaces_differ() -> None:
    graph, _ = merged([graph_of(jobs=[job("a.b", "airflow")]), graph_of(jobs=[job("a.b", "prefect")])])

    assert set(job_ids(graph, Namespaces()).values()) == {("default", "a.b"), ("prefect://default", "a.b")}
    assert len(set(job_ids(graph, Namespaces(jobs={"airflow": "x", "prefect": "x"})).values())) == 2


def test_a_deployment_and_a_namespace_may_be_said() -> None:
    namespaces = Namespaces(deployments={"airflow": "prod", "dagster": "prod"}, jobs={"prefect": "flows"})

    assert [namespaces.of_jobs(tool) for tool in ("airflow", "dagster", "prefect")] == [
        "prod",
        "dagster://prod",
        "flows",
    ]


def test_each_tools_name_is_a_symlink_and_so_is_what_dagster_openlineage_emits() -> None:
    asset = Asset(id=A, names={"airflow": ("orders", "s3://b/a"), "dagster": ("mart", "a")})

    assert aliases(graph_of([asset]), Namespaces(jobs={"dagster": "prod"}))[A] == (
        AssetId("airflow://default", "orders"),
        AssetId("dagster://default", "mart/a"),
        AssetId("prod", "mart/a"),
    )


def test_a_native_name_that_is_the_uri_itself_is_no_other_name() -> None:
    asset = Asset(id=A, names={"airflow": ("s3://b/a", "s3://b/a"), "prefect": ("s3://ann:pw@b/a",)})

    assert aliases(graph_of([asset]), Namespaces())[A] == ()


def test_a_name_that_two_assets_have_joins_neither() -> None:
    one, other = identify("snowflake://acme/db/s/t"), identify("snowflake://acme/db/s/T")
    graph = graph_of(
        [
            Asset(id=one),
            Asset(id=other),
            Asset(id=A),
            Asset(id=AssetId("airflow://default", "a")),
            Asset(id=B, names={"airflow": ("a",)}),
        ]
    )

    assert aliases(graph, Namespaces()) == {asset.id: () for asset in graph.assets}


@pytest.mark.parametrize(
    ("uri", "other"),
    [
        ("snowflake://acme/db/sc/t", AssetId("snowflake://acme", "DB.SC.T")),
        ("snowflake://xy12345/db/sc/t", AssetId("snowflake://xy12345.us-west-1.aws", "db.sc.t")),
        ("snowflake://xy12345/db/sc/t", AssetId("snowflake://xy12345.us-west-1.aws", "DB.SC.T")),
        (
            "redshift://wh.abc123.eu-west-1.redshift.amazonaws.com:5439/db/sc/t",
            AssetId("redshift://wh.eu-west-1:5439", "db.sc.t"),
        ),
    ],
)
def test_what_other_producers_call_a_dataset_is_known(uri: str, other: AssetId) -> None:
    assert other in set(spellings(identify(uri))) | {identify(uri)}


def test_the_types_of_datasets_are_told_by_schemes_that_exist() -> None:
    from transload.lineage import facets

    assert set(facets._TYPE_OF) <= set(SCHEMES)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())
def test_each_choice_of_a_dialect_has_its_reason(dialect: Dialect) -> None:
    assert set(dialect.reasons) == {"static", "repeat", "symlink_type", "split"}


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("git@github.com:acme/pipes.git", "https://github.com/acme/pipes"),
        ("ssh://git@git.example.com:2222/acme/pipes.git", "https://git.example.com/acme/pipes"),
        ("https://ann:hunter2@git.example.com:8443/acme/pipes", "https://git.example.com:8443/acme/pipes"),
        ("/srv/git/pipes.git", None),
        ("file:///srv/git/pipes.git", None),
        ("https://h/a b'\"<x>", "https://h/a%20b%27%22%3Cx%3E"),
        ("javascript:alert(1)", "https://javascript/alert%281%29"),
        ("", None),
    ],
)
def test_a_remote_has_a_web_page_without_credentials(remote: str, page: str | None) -> None:
    assert page_of(remote) == page


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    project = tmp_path / "team" / "dags"
    project.mkdir(parents=True)
    (project / "load it.py").write_text("x = 1\n", encoding="utf-8")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x"],
        ["remote", "add", "origin", "git@github.com:acme/pipes.git"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True, capture_output=True)
    (project / "new.py").write_text("", encoding="utf-8")
    return project


def test_a_definition_is_located_by_file_line_and_commit(checkout: Path) -> None:
    found = Checkouts.of([("airflow", checkout)]).facets(Origin(tool="airflow", path="load it.py", line=3))[
        "sourceCodeLocation"
    ]

    assert found["url"] == f"https://github.com/acme/pipes/blob/{found['version']}/team/dags/load%20it.py#L3"
    assert (found["type"], found["repoUrl"], found["path"]) == (
        "git",
        "https://github.com/acme/pipes",
        "team/dags/load it.py",
    )
    assert len(found["version"]) == 40


def test_what_the_commit_does_not_hold_is_not_located(checkout: Path) -> None:
    checkouts = Checkouts.of([("airflow", checkout)])

    assert checkouts.facets(Origin(tool="airflow", path="new.py", line=1)) == {}
    assert checkouts.facets(Origin(tool="dagster", path="load it.py", line=1)) == {}
    assert checkouts.facets(None) == {}


def test_a_folder_without_a_repository_gives_no_place(tmp_path: Path) -> None:
    assert Checkouts.of([("airflow", tmp_path)]).repositories == ()
