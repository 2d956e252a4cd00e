"""Law L3 over generated URIs of every scheme."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from transload.errors import IdentityError
from transload.model.identity import AssetId, identify, logical, logical_parts, scrub, uri_of
from transload.model.schemes import SCHEMES

_SPELLINGS = sorted(
    {spelling for name, rules in SCHEMES.items() for spelling in (name, *rules.aliases)} | {"x-lake", "oss", "my_db"}
)
_SCHEMES = st.sampled_from([*_SPELLINGS, "postgresql+psycopg2", "S3", "jdbc:mysql"])
_TABLES = sorted(name for name, rules in SCHEMES.items() if rules.form == "dotted")
_AWKWARD = st.text(alphabet="aB1./:@?#&=;%\"'~-_[], \\\u00e9\u2100\u3002", max_size=12)
_WELL_FORMED = st.text(alphabet='abAB01._-~"$ \u00e9%:+,', min_size=1, max_size=6)
_HOSTS = st.from_regex(r"[a-z][a-z0-9]{0,3}(\.[a-z]{2})?", fullmatch=True)


@st.composite
def uris(draw: st.DrawFn) -> str:
    """Anything with a scheme, well formed or not."""
    return f"{draw(_SCHEMES)}{draw(st.sampled_from(['://', ':', ':/', ':///']))}{draw(_AWKWARD)}/{draw(_AWKWARD)}{draw(_AWKWARD)}"


def _identify(text: str) -> AssetId | None:
    try:
        return identify(text)
    except IdentityError:
        return None


@given(st.one_of(uris(), st.text()))
@example("http://h:443:443/x")
@example("snowflake://a.snowflakecomputing.com.snowflakecomputing.com/d/s/t")
@example("://@://@://@")
def test_the_canonical_uri_of_any_text_has_the_same_identity(text: str) -> None:
    asset = _identify(text)

    assert asset is None or identify(uri_of(asset)) == asset


@given(st.one_of(uris(), st.text()))
def test_scrubbing_is_idempotent_and_changes_no_identity(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)
    assert _identify(scrub(text)) == _identify(text)


@given(
    _SCHEMES, _HOSTS, st.lists(_WELL_FORMED, min_size=1, max_size=5), st.text(alphabet="aB1%.~-:/?#@;&=", max_size=8)
)
def test_no_password_reaches_an_identity(scheme: str, host: str, segments: list[str], password: str) -> None:
    secret = f"hunter2{password}"
    uri = f"{scheme}://ann:{quote(secret, safe='')}@{host}/{'/'.join(segments)}?password={quote(secret, safe='')}"

    assert "hunter2" not in scrub(uri)
    assert "hunter2" not in str(_identify(uri))


@given(st.sampled_from(_TABLES), _HOSTS, st.data())
def test_distinct_tables_of_one_database_have_distinct_names(scheme: str, host: str, data: st.DataObject) -> None:
    count = SCHEMES[scheme].parts
    keys = st.lists(_WELL_FORMED, min_size=count, max_size=count)
    first, second = data.draw(keys), data.draw(keys)

    assert (identify(f"{scheme}://{host}/{'/'.join(first)}") == identify(f"{scheme}://{host}/{'/'.join(second)}")) == (
        first == second
    )


@given(
    st.sampled_from(["s3", "gs", "abfss", "dbfs", "kafka", "x-lake", "https"]),
    st.lists(st.lists(_WELL_FORMED, min_size=1, max_size=4), min_size=2, max_size=2),
)
def test_distinct_keys_of_one_store_have_distinct_names(scheme: str, keys: list[list[str]]) -> None:
    first, second = ("/".join(key) for key in keys)

    assert (identify(f"{scheme}://b/{first}") == identify(f"{scheme}://b/{second}")) == (first == second)


@given(
    st.lists(_WELL_FORMED | st.just(""), min_size=1, max_size=5),
    st.lists(_WELL_FORMED | st.just(""), min_size=1, max_size=5),
)
def test_distinct_uris_with_any_number_of_parts_have_distinct_names(first: list[str], second: list[str]) -> None:
    """But for the spellings that mean the same: trailing slashes, an empty schema, and a table's parts joined by dots in one segment."""
    keys = [(identify(f"postgres://h/{'/'.join(parts)}"), _meaning(parts)) for parts in (first, second)]

    assert (keys[0][0] == keys[1][0]) == (keys[0][1] == keys[1][1])


def _meaning(parts: list[str]) -> tuple[str, ...]:
    path = "/".join(parts).rstrip("/").split("/")
    if len(path) == 1 and '"' not in path[0] and path[0].count(".") == 2 and all(path[0].split(".")):
        return tuple(path[0].split("."))
    if len(path) == 1 and '"' in path[0]:
        return tuple(_quoted(path[0])) or tuple(path)
    if len(path) == 3 and path[0] and not path[1]:
        return path[0], "default", path[2]
    return tuple(path)


def _quoted(text: str) -> list[str]:
    """An independent, character by character reading of SQL's quoted names; nothing if it is not three of them."""
    parts: list[str] = []
    rest = text
    while rest:
        quoted = rest.startswith('"')
        end = 1 if quoted else 0
        part = ""
        while end < len(rest) and (quoted or rest[end] != "."):
            if quoted and rest[end] == '"':
                if rest[end + 1 : end + 2] != '"':
                    break
                end += 1
            elif not quoted and rest[end] == '"':
                return []
            part, end = part + rest[end], end + 1
        if quoted and rest[end : end + 1] != '"':
            return []
        end += quoted
        if not part or (rest[end:] and (rest[end] != "." or end + 1 == len(rest))):
            return []
        parts, rest = [*parts, part], rest[end + 1 :]
    return parts if len(parts) == 3 else []


@given(
    st.sampled_from(["airflow", "dagster", "prefect", "kestra"]),
    st.text(min_size=1),
    st.lists(st.text(), min_size=1, max_size=5),
)
def test_any_native_key_has_a_reversible_logical_identity(tool: str, deployment: str, parts: list[str]) -> None:
    asset = logical(tool, deployment, parts)

    assert logical_parts(asset) == (tool, deployment, tuple(parts))
    assert identify(uri_of(asset)) == asset
    assert scrub(uri_of(asset)) == uri_of(asset)
