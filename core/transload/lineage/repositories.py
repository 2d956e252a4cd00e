"""Where a project's files are versioned, asked of git."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from transload.lineage import facets
from transload.model.identity import scrub

_SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[^:/]+):(?P<path>(?!/).+)")


@dataclass(frozen=True)
class Repository:
    """`url` is the page of the repository, `commit` the checked-out one, `prefix` the folder of the project in it."""

    remote: str
    url: str
    commit: str
    prefix: str

    def facet(self, path: str, line: int | None) -> facets.Facet:
        """The `sourceCodeLocation` facet of a file of the project."""
        whole = f"{self.prefix}{path}"
        mark = f"#L{line}" if line else ""
        return facets.source_location(self.remote, f"{self.url}/blob/{self.commit}/{quote(whole)}{mark}", whole, self.commit)


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder is in; None where there is no git, no remote or no commit."""
    remote = _git(folder, "remote", "get-url", "origin")
    commit = _git(folder, "rev-parse", "HEAD")
    if not remote or not commit:
        return None
    return Repository(scrub(remote), _page(remote), commit, _git(folder, "rev-parse", "--show-prefix") or "")


def _page(remote: str) -> str:
    """The web page of a remote: `git@host:owner/name.git` and `ssh://` become `https://`."""
    found = _SCP.fullmatch(remote) if "://" not in remote else None
    text = f"https://{found['host']}/{found['path']}" if found else re.sub(r"^(ssh|git)://", "https://", scrub(remote))
    return text.removesuffix("/").removesuffix(".git")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
