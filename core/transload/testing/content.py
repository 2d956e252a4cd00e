"""What generated graphs are made of: ordinary and hostile names, texts, identities and times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from transload import registry
from transload.errors import IdentityError
from transload.model.identity import AssetId, identify, logical

TOOLS: Final = registry.tools()
"""Those that have an adapter here."""

NO_TOOL: Final = "othertool"
"""One that nobody has an adapter for."""

HOSTILE_TEXTS: Final = (
    "",
    " ",
    "'",
    '"',
    "'''",
    '"""',
    "\\",
    "a\\",
    "a\nb",
    "a\r\nb",
    "\t",
    "{}",
    "{0}",
    "{{ ds }}",
    "%s",
    "\\N{BULLET}",
    "\u202eright to left",
    "\u2028",
    "\x00",
    "\x1b[31m",
    "\x9b31m\u2066",
    "x" * 2000,
    "class",
    "None",
    "self",
    "context",
    "__import__('os').system('touch canary')",
    '"); __import__("os").system("touch canary"); ("',
    "'''); __import__('os').system('touch canary') #",
    "../../etc/passwd",
    "/absolute",
    "con",
    ".",
    "..",
    "a.b",
    "a/b",
    "a__b",
    "a b",
    "Orders",
    "orders",
    "orders-2",
    "orders_2",
    "orders.2",
    "größe",
    "ﬁ",
    "表",
    "<script>alert(1)</script>",
    "'; DROP TABLE assets; --",
    "transload",
    "s3://bucket/key",
    f"{TOOLS[0]}://default/x",
    "~",
    "%2F",
    "#",
    "?x=1",
)

_WORDS: Final = (
    "orders",
    "customers",
    "raw",
    "clean",
    "daily_revenue",
    "events",
    "stock",
    "returns",
    "sessions",
    "prices",
)


PLACEHOLDERS: Final = (AssetId("placeholder", "0"), AssetId("placeholder", "1"))
"""What fields name instead of the graph's assets, which stand in for them at the end: so strategies are built once, not per graph."""

ALIASES: Final = ("late_arrivals", 'it\'s "late"\n')


Draw = Callable[[SearchStrategy[Any]], Any]


def composed(make: Callable[..., SearchStrategy[Any]]) -> Callable[..., SearchStrategy[Any]]:
    """Build a strategy once, and keep its description short: Hypothesis spells the parts of any other out."""
    made = cache(make)

    @st.composite
    def compose(draw: Draw, *args: Any) -> Any:
        return draw(made(*args))

    return cache(compose)


class Content(NamedTuple):
    """What a graph is filled with."""

    label: str

    name: SearchStrategy[str]
    text: SearchStrategy[str]
    cron: SearchStrategy[str]
    zone: SearchStrategy[str]
    instant: SearchStrategy[str]
    format: SearchStrategy[str]
    asset_id: SearchStrategy[AssetId]
    own_names: SearchStrategy[tuple[str, ...]]
    any_shape: bool

    def __repr__(self) -> str:
        return self.label


CRONS: Final = ("0 0 * * *", "@daily", "@hourly", "*/15 * * * *", "0 6 * * 1", "30 2 1 * *", "0 0 * * 0")
ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York")
INSTANTS: Final = ("2024-01-01T00:00:00", "2024-02-29T00:00:00", "2026-03-29T00:00:00")
FORMATS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d-%H:%M")


def _physical(name: str) -> AssetId:
    return identify(f"s3://lake/{name}")


def _table(name: str) -> AssetId:
    return identify(f"postgres://db.example.com/shop/public/{name}")


def _file(name: str) -> AssetId:
    return identify(f"file:///data/{name}.csv")


def _logical(names: Sequence[str], tool: str, deployment: str = "default") -> AssetId:
    return logical(tool, deployment, names)


def _plain_words() -> SearchStrategy[str]:
    return st.builds(lambda word, number: f"{word}{number or ''}", st.sampled_from(_WORDS), st.integers(0, 9))


def _plain_ids(words: SearchStrategy[str]) -> SearchStrategy[AssetId]:
    keys = st.lists(words, min_size=1, max_size=2)
    return st.one_of(
        st.builds(_physical, words),
        st.builds(_table, words),
        st.builds(_file, words),
        st.builds(_logical, keys, st.sampled_from(TOOLS)),
    )


def _identified(uri: str) -> AssetId:
    try:
        return identify(uri)
    except IdentityError:
        return logical(NO_TOOL, "default", [uri])


def _hostile_ids(texts: SearchStrategy[str]) -> SearchStrategy[AssetId]:
    schemes = st.sampled_from(("s3", "gs", "postgres", "snowflake", "file", "https", "x-unknown", "kafka", "bigquery"))
    deployments = texts.map(lambda text: text or "default")
    return st.one_of(
        _plain_ids(_plain_words()),
        st.builds(_logical, st.lists(texts, min_size=1, max_size=3), st.sampled_from((*TOOLS, NO_TOOL)), deployments),
        st.builds(lambda scheme, text: _identified(f"{scheme}://host/{text}"), schemes, texts),
        st.builds(AssetId, texts, texts),
    )


@cache
def plain() -> Content:
    """Ordinary names."""
    words = _plain_words()
    return Content(
        label="plain",
        name=words,
        text=st.sampled_from(("All orders.", "One row per customer.", "Raw events, as they came.")),
        cron=st.sampled_from(CRONS),
        zone=st.sampled_from(ZONES),
        instant=st.sampled_from(INSTANTS),
        format=st.sampled_from(FORMATS),
        asset_id=_plain_ids(words),
        own_names=st.lists(words, min_size=1, max_size=2).map(tuple),
        any_shape=False,
    )


@cache
def hostile() -> Content:
    """Names and values made to break something."""
    texts = st.integers(0, len(HOSTILE_TEXTS) - 1).map(HOSTILE_TEXTS.__getitem__) | (
        st.text(st.characters(codec="utf-8"), max_size=20)
    )
    return Content(
        label="hostile",
        name=texts,
        text=texts,
        cron=st.sampled_from(CRONS) | texts,
        zone=st.sampled_from(ZONES) | texts,
        instant=st.sampled_from(INSTANTS) | texts,
        format=st.sampled_from(FORMATS) | texts,
        asset_id=_hostile_ids(texts),
        own_names=st.lists(texts, max_size=3).map(tuple),
        any_shape=True,
    )


def optional(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """A value, or none."""
    return st.none() | strategy


def tuples(strategy: SearchStrategy[Any], *, most: int = 2) -> SearchStrategy[tuple[Any, ...]]:
    """Up to `most` distinct values."""
    return st.lists(strategy, max_size=most, unique=True).map(tuple)


@composed
def json_values(texts: SearchStrategy[str]) -> SearchStrategy[Any]:
    """JSON values, integers beyond 64 bits included."""
    numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    leaves = st.none() | st.booleans() | numbers | texts
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2), max_leaves=4
    )


def json_objects(texts: SearchStrategy[str]) -> SearchStrategy[dict[str, Any]]:
    """JSON objects."""
    return st.dictionaries(texts, json_values(texts), max_size=2)


LIMITS: Final = optional(st.integers(1, 100))
