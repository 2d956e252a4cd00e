"""Loading a project in the interpreter of its tool, as a subprocess that hands back JSON.

The interpreter needs the tool and pydantic, which each of the three brings, but not transload: the packages are lent to it through
a folder that holds nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from transload.adapter import Adapter, Failure, Reading, Target
from transload.carry import Carried
from transload.errors import AdapterError, ReadingError, TransloadError
from transload.loss import Loss
from transload.model.document import Document
from transload.model.graph import AssetGraph

DEFAULT_TIMEOUT: Final = 300.0
"""Seconds that loading a project may take."""


def load(adapter: Adapter, target: Target, python: str | None = None, timeout: float = DEFAULT_TIMEOUT) -> Reading:
    """What the project says when it is imported by `python` (default: this interpreter), with this process's environment.

    Raises `AdapterError` when the tool is missing there, `ReadingError` when the project cannot be read at all or takes longer
    than `timeout` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="transload-") as folder:
        answer = Path(folder, "answer.json")
        request = {"package": adapter.package, "target": _target_json(target), "answer": str(answer)}
        lent = _lend(adapter, Path(folder, "lent"))
        code, errors = _run(python or sys.executable, json.dumps(request), lent, timeout)
        if not answer.exists():
            raise ReadingError(
                f"The interpreter ended with status {code} before it could answer: {_last_line(errors)}",
                where=target.text,
                hint="Try the import by hand in that interpreter, or read with --static.",
            )
        return _reading(json.loads(answer.read_text(encoding="utf-8")), adapter, target)


def _target_json(target: Target) -> dict[str, Any]:
    return {**vars(target), "path": str(target.path.resolve()) if target.path else None}


def _lend(adapter: Adapter, folder: Path) -> Path:
    folder.mkdir()
    for package in ("transload", adapter.package):
        source = Path(str(import_module(package).__file__)).parent
        (folder / package).symlink_to(source, target_is_directory=True)
    return folder


def _run(python: str, request: str, lent: Path, timeout: float) -> tuple[int, str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(lent), os.environ.get("PYTHONPATH")]))}
    command = [python, "-c", "from transload.loading import answer; answer()"]
    try:
        process = subprocess.Popen(  # noqa: S603 - the interpreter is the user's own choice
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
            errors="replace", start_new_session=True,
        )
    except OSError as error:
        raise AdapterError(f"The interpreter {python!r} cannot be started: {error.strerror}.", hint="Give another --python.") from error
    try:
        _, errors = process.communicate(request, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        _end(process)
        raise ReadingError(
            f"Loading took longer than {timeout:g} s.", hint="Give a higher --timeout, or read with --static."
        ) from error
    return process.returncode, errors


def _end(process: subprocess.Popen[str]) -> None:
    """End the interpreter and what it started: it leads a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing."


def _reading(raw: Mapping[str, Any], adapter: Adapter, target: Target) -> Reading:
    if "error" in raw:
        kind = AdapterError if raw["error"]["kind"] == "missing" else ReadingError
        raise kind(raw["error"]["message"], where=raw["error"].get("where") or target.text, hint=raw["error"].get("hint"))
    return Reading(
        graph=Document.model_validate(raw["document"]).graph,
        carried=Carried.model_validate(raw["carried"]),
        losses=tuple(Loss.model_validate(loss) for loss in raw["losses"]),
        failures=tuple(Failure(**failure) for failure in raw["failures"]),
    )


def answer() -> None:
    """Run inside the tool's interpreter: read the request from standard input, write the answer to the file that it names."""
    request = json.load(sys.stdin)
    adapter: Adapter = import_module(request["package"]).adapter
    fields = request["target"]
    target = Target(**{**fields, "path": Path(fields["path"]) if fields["path"] else None})
    with _answering(Path(request["answer"])) as result:
        result.update(_load_here(adapter, target))


@contextlib.contextmanager
def _answering(path: Path) -> Iterator[dict[str, Any]]:
    """Whatever the project does to its process, a user's mistake comes back as data."""
    result: dict[str, Any] = {}
    try:
        yield result
    except TransloadError as error:
        result["error"] = {"kind": "reading", "message": error.message, "where": error.where, "hint": error.hint}
    path.write_text(json.dumps(result), encoding="utf-8")


def _load_here(adapter: Adapter, target: Target) -> dict[str, Any]:
    if adapter.installed() is None:
        return {
            "error": {
                "kind": "missing",
                "message": f"{adapter.title} is not installed in {sys.executable}.",
                "hint": f"Name its interpreter with --python, install transload[{adapter.extra}], or read with --static.",
            }
        }
    reading = adapter.load.load(target)
    return reading_json(reading)


def reading_json(reading: Reading) -> dict[str, Any]:
    """A reading as JSON values."""
    return {
        "document": Document(graph=reading.graph).model_dump(mode="json", exclude_defaults=True),
        "carried": reading.carried.model_dump(mode="json"),
        "losses": [loss.model_dump(mode="json") for loss in reading.losses],
        "failures": [vars(failure) for failure in reading.failures],
    }


