"""The command line starts without openlineage-python, which takes half a second to import."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("arguments", [["--help"], ["lineage", "emit", "--help"], ["read", "--help"]], ids=" ".join)
def test_help_imports_no_openlineage(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['transload', *{arguments!r}]\n"
        "from transload.cli.app import _run\n"
        "code = _run()\n"
        "sys.exit(code or sorted(name for name in sys.modules if name.partition('.')[0] in {'openlineage', 'requests'}) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout
