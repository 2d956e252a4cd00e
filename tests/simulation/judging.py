"""A tool's own code in a process of its own, asked one case at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent


class Worker:
    """A program of this folder that answers each line of JSON with another. `home` is an empty folder for what it writes."""

    def __init__(self, program: str, home: Path, environment: Mapping[str, str]) -> None:
        self._log = (home / "worker.log").open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / program)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def ask(self, case: Any) -> Any:
        """What the tool makes of a case; its failure fails the test."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps(case) + "\n")
        asked.flush()
        line = answers.readline()
        assert line, Path(self._log.name).read_text(encoding="utf-8")
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["firings"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
        self._log.close()
