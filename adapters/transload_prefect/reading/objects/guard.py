"""Keeps code that is only looked at from doing anything: no network, no processes, no writing of files, while the guard is up."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

# Names of audit events of CPython ("Audit events table" in its documentation), or their beginnings.
_FORBIDDEN: Final = (
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostby",
    "socket.sendmsg",
    "socket.sendto",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.truncate",
    "os.link",
    "os.symlink",
    "os.chdir",
    "os.chflags",
    "os.chmod",
    "os.chown",
    "os.fchdir",
    "os.lchmod",
    "os.lockf",
    "os.removexattr",
    "os.setxattr",
    "os.utime",
    "shutil.",
    "sqlite3.connect",
    "ftplib.",
    "smtplib.",
    "imaplib.",
    "poplib.",
    "nntplib.",
    "telnetlib.",
    "urllib.Request",
    "webbrowser.",
)
# `open` is one event for reading and writing: only its flags tell them apart.
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class GuardedError(PermissionError):
    """Something that must not happen while a project is only read."""


class _Guard:
    up = False
    installed = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    # Once the guard is down the main thread is free again; a thread that a body has left behind never is.
    if not _Guard.up and threading.get_ident() == threading.main_thread().ident:
        return
    # Path, mode, flags. `mode` is None for `os.open`; flags are no number where an opener of the caller's is used.
    writes = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & _WRITING)
    if writes or event.startswith(_FORBIDDEN):
        raise GuardedError(f"{event} is not carried out while a project is read")


@contextmanager
def guarded() -> Iterator[None]:
    """No effects on the outside within, and from then on none of other threads: one that was started within may act later.

    An audit hook cannot be taken away again: use it only in a process of its own.
    """
    if not _Guard.installed:
        sys.addaudithook(_watch)
        _Guard.installed = True
    _Guard.up = True
    try:
        yield
    finally:
        _Guard.up = False
