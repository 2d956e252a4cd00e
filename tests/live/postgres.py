"""A PostgreSQL server of the tests' own, on loopback, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

PROMISED: Final = "TRANSLOAD_POSTGRES"
"""Set where PostgreSQL must be there: its absence is then a failure."""


def binaries() -> Path | None:
    """The folder of the newest server that is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    return folders[-1] if folders else Path(on_path).parent if on_path else None


def required_binaries() -> Path:
    """The same; without a server the test is left out, or fails where one is promised."""
    folder = binaries()
    if folder is None:
        message = "PostgreSQL is not installed: apt-get install postgresql"
        if os.environ.get(PROMISED):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@contextmanager
def server() -> Iterator[str]:
    """A running server; the URL of its database."""
    programs = required_binaries()
    with tempfile.TemporaryDirectory(prefix="transload-postgres-") as folder:
        yield from _running(programs, Path(folder))


def _running(programs: Path, folder: Path) -> Iterator[str]:
    # The server refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    environment = {**os.environ, "LC_ALL": "C"}

    def run(*command: str) -> None:
        subprocess.run(command, user=user, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    run(str(programs / "initdb"), "-D", str(data), "-U", "transload", "-A", "trust", "-E", "UTF8", "--no-sync")
    start = ("-D", str(data), "-l", str(folder / "log"), "-w", "-t", "60", "-o", options)
    run(str(programs / "pg_ctl"), "start", *start)
    try:
        yield f"postgresql://transload@127.0.0.1:{port}/postgres"
    finally:
        run(str(programs / "pg_ctl"), "stop", "-D", str(data), "-m", "immediate", "-w", "-t", "60")
