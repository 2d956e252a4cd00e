"""Names: legal, stable, readable and distinct."""

from __future__ import annotations

import builtins
import keyword
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transload.errors import SourceError
from transload.writing.expressions import name
from transload.writing.names import MAX_IDENTIFIER, MAX_STEM, Names, file_stem, identifier
from transload.writing.paths import RESERVED

ANY = st.text(st.characters(codec=None, categories=None), max_size=200)
CLOSE = st.text(alphabet="aA_-. /1é", max_size=6)
TEXTS = ANY | CLOSE | st.sampled_from([*keyword.kwlist, *dir(builtins), "con", "NUL", "__init__", "__x__", "a" * 81])


@given(TEXTS)
def test_an_identifier_is_one_that_hides_nothing(text: str) -> None:
    result = identifier(text)

    assert result.isidentifier()
    assert result.isascii()
    assert len(result) <= MAX_IDENTIFIER
    assert not keyword.iskeyword(result)
    assert not keyword.issoftkeyword(result)
    assert not hasattr(builtins, result)
    assert not result.startswith("__")
    name(result)


@given(TEXTS)
def test_an_identifier_of_an_identifier_is_itself(text: str) -> None:
    assert identifier(identifier(text)) == identifier(text)


@given(TEXTS)
def test_a_file_stem_is_safe_on_every_system(text: str) -> None:
    result = file_stem(text)

    assert re.fullmatch(r"[a-z0-9_]+", result)
    assert len(result) <= MAX_STEM
    assert result not in RESERVED
    assert result.isidentifier()
    assert file_stem(result) == result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Orders", "Orders"),
        ("raw/orders-v2", "raw_orders_v2"),
        ("s3://bucket/Key.parquet", "s3_bucket_key_parquet"),
        ("2024", "n_2024"),
        ("class", "class_"),
        ("match", "match_"),
        ("list", "list_"),
        ("__init__", "init"),
        ("Größe é", "grosse_e"),
        ("\N{LATIN SMALL LIGATURE FI}le", "file"),
        ("_private", "_private"),
    ],
)
def test_identifiers_stay_readable(text: str, expected: str) -> None:
    assert identifier(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CON", "con_"),
        ("com1", "com1_"),
        ("../../etc/passwd", "etc_passwd"),
        ("json", "json_"),
        ("__main__", "main"),
        ("Orders", "orders"),
        ("a.py", "a_py"),
    ],
)
def test_file_stems_stay_readable(text: str, expected: str) -> None:
    assert file_stem(text) == expected


def test_a_text_without_any_letter_gets_a_name_of_its_own() -> None:
    names = {identifier(text) for text in ("", ".", "...", "表", "注文", "\ud800", "\x00")}

    assert len(names) == 7
    assert all(each.startswith("name_") for each in names)


def test_long_texts_that_differ_at_the_end_differ() -> None:
    assert identifier("a" * 2_000 + "x") != identifier("a" * 2_000 + "y")


@pytest.mark.parametrize("form", [identifier, file_stem])
@given(texts=st.lists(TEXTS, unique=True, max_size=20))
def test_distinct_texts_get_distinct_names(form: object, texts: list[str]) -> None:
    assert callable(form)
    taken: list[str] = []
    for text in texts:
        taken.append(form(text, taken))

    assert len({each.lower() for each in taken} if form is file_stem else set(taken)) == len(texts)


@pytest.mark.parametrize("form", [identifier, file_stem])
@given(texts=st.lists(TEXTS, unique=True, max_size=20), seed=st.integers())
def test_names_of_a_batch_do_not_depend_on_its_order(form: object, texts: list[str], seed: int) -> None:
    assert callable(form)
    shuffled = texts[:]
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, no secret

    names = Names(["dg", "a_a"], form).allocate_all(texts)

    assert names == Names(["dg", "a_a"], form).allocate_all(shuffled)
    assert len(set(names.values())) == len(texts)
    assert not {"dg", "a_a"} & set(names.values())


def test_of_texts_that_share_a_name_only_the_exact_one_keeps_it() -> None:
    names = Names().allocate_all(["a-b", "a b", "a_b"])

    assert names["a_b"] == "a_b"
    assert {len(each) for text, each in names.items() if text != "a_b"} == {len("a_b_") + 8}


def test_a_text_that_looks_like_the_hash_of_another_does_not_meet_it() -> None:
    hashed = identifier("a-b", ["a_b"])

    names = Names().allocate_all(["a-b", "a b", hashed])

    assert names[hashed] == hashed
    assert len(set(names.values())) == 3


def test_a_text_has_one_name_in_a_scope() -> None:
    names = Names(["orders"])

    assert names.allocate("orders") == names.allocate("orders") == names.allocate_all(["orders"])["orders"] != "orders"


def test_a_name_is_stable_between_versions_of_this_project() -> None:
    """Names are in users' files: these may never change."""
    assert identifier("raw/orders", ["raw_orders"]) == "raw_orders_2459fca4"


def test_a_text_allocated_without_end_is_an_error() -> None:
    taken: list[str] = []

    def allocate() -> None:
        taken.extend(identifier("a", taken) for _ in range(100))

    with pytest.raises(SourceError, match="No name is left"):
        allocate()
