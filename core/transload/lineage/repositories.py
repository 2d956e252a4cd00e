"""Where a project's files are versioned, asked of git."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from transload.lineage import facets
from transload.model.assets import Origin
from transload.model.scrubbing import scrub

_SCP: Final = re.compile(r"(?:[^@/:]+@)?(?P<host>[A-Za-z0-9.-]+):(?P<path>(?!/).+)")
_REMOTE: Final = re.compile(r"(?:https?|ssh|git)://(?P<host>[A-Za-z0-9.-]+)(?P<port>:[0-9]+)?/(?P<path>.+)")


@dataclass(frozen=True)
class Repository:
    """`page` is the web page of the repository, `commit` the checked-out one, `prefix` the folder of the project in it.

    `files` are the paths that the commit holds.
    """

    page: str
    commit: str
    prefix: str
    files: frozenset[str]

    def facet(self, path: str, line: int | None) -> facets.Facet | None:
        """The `sourceCodeLocation` facet of a file of the project; None if the commit does not hold it."""
        whole = f"{self.prefix}{path}"
        if whole not in self.files:
            return None
        mark = f"#L{line}" if line else ""
        return facets.source_location(
            self.page, f"{self.page}/blob/{self.commit}/{quote(whole)}{mark}", whole, self.commit
        )


@dataclass(frozen=True)
class Checkouts:
    """The projects that were read: tool, and the repository that its folder is in."""

    repositories: tuple[tuple[str, Repository], ...] = ()

    @classmethod
    def of(cls, projects: Iterable[tuple[str, Path]]) -> Checkouts:
        """The repositories of projects, each a tool and a folder or file."""
        checkouts = ((tool, repository_of(path if path.is_dir() else path.parent)) for tool, path in projects)
        return cls(tuple((tool, repository) for tool, repository in checkouts if repository))

    def facets(self, origin: Origin | None) -> dict[str, facets.Facet]:
        """The facet container with the place of a definition; empty where no repository is known to hold it."""
        if origin is None or origin.path is None:
            return {}
        places = (each.facet(origin.path, origin.line) for tool, each in self.repositories if tool == origin.tool)
        location = next(filter(None, places), None)
        return {"sourceCodeLocation": location} if location else {}


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder is in; None where there is no git, no commit, or no remote that has a web page."""
    page = page_of(_git(folder, "remote", "get-url", "origin") or "")
    commit = _git(folder, "rev-parse", "HEAD")
    if not page or not commit:
        return None
    files = (_git(folder, "ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD") or "").split("\0")
    return Repository(page, commit, _git(folder, "rev-parse", "--show-prefix") or "", frozenset(files))


def page_of(remote: str) -> str | None:
    """The web page of a remote, without credentials; None for a folder and the like.

    >>> page_of("git@github.com:acme/pipelines.git"), page_of("https://ann:pw@git.example.com/a/b.git")
    ('https://github.com/acme/pipelines', 'https://git.example.com/a/b')
    """
    match = (_REMOTE if "://" in remote else _SCP).fullmatch(scrub(remote))
    if match is None:
        return None
    port = match["port"] if remote.startswith("http") and match["port"] else ""
    path = match["path"].rstrip("/").removesuffix(".git")
    return f"https://{match['host']}{port}/{quote(path)}"


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S603, S607
    except OSError:
        return None
    return done.stdout.decode(errors="replace").rstrip("\n") if done.returncode == 0 else None
