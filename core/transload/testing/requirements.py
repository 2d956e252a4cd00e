"""What the suite must know of an adapter. The adapter declares it in its module `requirements`, as `REQUIREMENTS`. Needs no pytest."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Final, cast

from transload.declaration import Adapter
from transload.writing.project import ProjectFiles

SECRET: Final = "hunter2"  # noqa: S105 - made up, and what must not come out
"""The password in projects with a credential."""

TABLE: Final = f"postgres://ann:{SECRET}@db.example.com/shop/public/orders"
"""A table, with the password of who reads it."""


@dataclass(frozen=True)
class Requirements:
    """What the suite must know of an adapter.

    `project` is a small one as people write it, which is read without a loss: the suite breaks it in many ways, each of which must end in
    an error of transload's or a reading, never in another exception. `unknown` says something that no reader can understand, such as a
    keyword that the tool does not have: an error or a loss. `credentials` has `TABLE` in every place that a reader looks at: `SECRET` must
    be in nothing that is made of it. `addresses`, for a tool whose assets have URIs, has assets whose URIs start with
    `TABLE`, and no others.

    For a writer: `writes_python`, and `imports`, the packages that written Python may import; `elsewhere` is a native name of an asset
    that leads the tool's reader to no identity of the suite's own (of the schemes `othertool` or `s3://lake/raw`).

    For a tool that is imported: `mark` is the marker of tests that run only where it is, for a suite that runs in several environments;
    `brings` are those of transload's own dependencies that it installs; `older` are the beginnings of versions that refuse, in an error
    that says "too old" and what to do, what only the newest one has.
    """

    project: ProjectFiles
    unknown: ProjectFiles
    credentials: ProjectFiles
    addresses: ProjectFiles = field(default_factory=dict)
    writes_python: bool = True
    imports: frozenset[str] = frozenset()
    elsewhere: tuple[str, ...] = ("old",)
    mark: str | None = None
    brings: frozenset[str] = frozenset()
    older: tuple[str, ...] = ()


def requirements_of(adapter: Adapter) -> Requirements:
    """What an adapter declares. Raises `ImportError` for one without a module `requirements`."""
    return cast("Requirements", import_module(f"{adapter.package}.requirements").REQUIREMENTS)
