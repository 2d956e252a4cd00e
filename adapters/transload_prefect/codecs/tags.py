"""Tags of the model, which have values, and tags of Prefect, which are words: `team: sales` is `team:sales`, `pdf` has no value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

POOL: Final = "pool"
"""The key of the tag that a job has for its pool: Prefect limits how many tasks with one tag run at once."""


def words(tags: Mapping[str, str]) -> list[str]:
    """Prefect's tags, sorted.

    >>> words({"team": "sales", "pdf": ""})
    ['pdf', 'team:sales']
    """
    return sorted({f"{key}:{value}" if value else key for key, value in tags.items()})


def mapping(tags: Iterable[str]) -> dict[str, str]:
    """The model's tags. Where one key has several values, each word is a tag of its own.

    >>> mapping(["pdf", "team:sales", "on:mon", "on:tue"])
    {'on:mon': '', 'on:tue': '', 'pdf': '', 'team': 'sales'}
    """
    groups: dict[str, list[str]] = {}
    for word in sorted(set(tags)):
        groups.setdefault(_split(word)[0], []).append(word)
    pairs = (_split(group[0]) if len(group) == 1 else (word, "") for group in groups.values() for word in group)
    return dict(sorted(pairs))


def _split(word: str) -> tuple[str, str]:
    key, _, value = word.partition(":")
    return (key, value) if key and value else (word, "")
