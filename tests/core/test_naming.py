"""Names given to things: distinct, and of each nothing but the thing and who else wants the same decides."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transload.naming import Style, digest, kept, numbered

STYLE = Style[str](str.lower, "{}-{}".format)

words = st.sampled_from(["load", "Load", "dump", "dump-x", "load-" + digest("a"), "x"])
wishes = st.dictionaries(st.text("abcdefg\ud800", min_size=1, max_size=3), words, max_size=8)
takens = st.sets(words.map(str.lower), max_size=3)


@given(wishes, takens)
def test_names_are_distinct_and_none_is_taken(wanted: dict[str, str], taken: set[str]) -> None:
    names = STYLE.distinct(wanted, taken)

    assert list(names) == list(wanted)
    spelled = [name.lower() for name in names.values()]
    assert len(set(spelled)) == len(spelled)
    assert taken.isdisjoint(spelled)


@given(wishes, takens)
def test_the_order_of_things_does_not_matter(wanted: dict[str, str], taken: set[str]) -> None:
    assert STYLE.distinct(dict(reversed(wanted.items())), taken) == STYLE.distinct(wanted, taken)


@given(wishes, st.dictionaries(st.text("xyz", min_size=1), st.text("opq", min_size=1), max_size=4))
def test_what_wants_other_names_changes_none(wanted: dict[str, str], others: dict[str, str]) -> None:
    names = STYLE.distinct(wanted | others)

    assert {key: names[key] for key in wanted} == STYLE.distinct(wanted)


@given(wishes)
def test_who_alone_wants_a_name_gets_it(wanted: dict[str, str]) -> None:
    names = STYLE.distinct(wanted)
    for key, name in wanted.items():
        alone = [other for other, wish in wanted.items() if wish.lower() == name.lower()] == [key]
        assert (names[key] == name) == alone


@given(st.lists(st.tuples(st.integers(), st.none() | words), unique_by=lambda pair: pair[0]))
def test_of_names_alike_the_first_stays(own: list[tuple[int, str | None]]) -> None:
    names = kept(own, str.lower)

    for place, (key, name) in enumerate(own):
        earlier = {other.lower() for _, other in own[:place] if other is not None}
        assert (key in names) == (name is not None and name.lower() not in earlier)


@given(st.sets(st.integers(2, 9)))
def test_a_number_is_the_first_that_is_free(gone: set[int]) -> None:
    taken = {"job", *(f"job#{number}" for number in gone)}

    assert numbered("job", taken.__contains__) == f"job#{min(set(range(2, 11)) - gone)}"
