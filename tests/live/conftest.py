"""A store of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from transload.live.store import Store, open_store

from .postgres import server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a store that is empty."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    import psycopg

    url: str = request.getfixturevalue("postgres")
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return url.replace("/postgres", f"/{name}")


@pytest.fixture
def opened(where: str) -> Iterator[Callable[[], Store]]:
    """Opens the store, as often as it is called: each is a connection of its own."""
    stores: list[Store] = []

    def opening() -> Store:
        stores.append(open_store(where))
        return stores[-1]

    yield opening
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()
