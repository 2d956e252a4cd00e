"""Loading a project in the interpreter of its tool, as a subprocess that hands back JSON.

The interpreter needs the tool and pydantic, which each of the three brings, but not transload: a folder that holds links to nothing
but the packages of transload and of the adapter is run as a program, and so is the first place where that interpreter looks for
modules.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

from transload.adapter import Failure, Reading, Target
from transload.carry import Carried
from transload.declaration import Adapter
from transload.errors import AdapterError, ReadingError, TransloadError
from transload.gc_pause import paused_collection
from transload.loss import Loss
from transload.model.document import Document

DEFAULT_TIMEOUT: Final = 300.0
"""Seconds that loading a project may take."""

_SCRATCH: Final = "TRANSLOAD_SCRATCH"
"""The variable that tells the interpreter of a tool where it may leave things until the reading ends."""

_SAME_ORDER: Final = {"PYTHONHASHSEED": "0"}
"""What a project holds in sets of texts comes in the same order every time, unless the environment says otherwise."""

_PROGRAM: Final = "from transload.loading import answer\n\nanswer()\n"


def load(adapter: Adapter, target: Target, python: str | None = None, timeout: float = DEFAULT_TIMEOUT) -> Reading:
    """What the project says when it is imported by `python` (default: this interpreter), with this process's environment.

    Raises `AdapterError` when the adapter does not load, or the tool or the interpreter is missing, `ReadingError` when the project cannot
    be read at all or takes longer than `timeout` seconds.
    """
    adapter.require("load")
    with tempfile.TemporaryDirectory(prefix="transload-") as folder:
        answer = Path(folder, "answer.json")
        request = {"package": adapter.package, "target": _target_json(target), "answer": str(answer)}
        command = [python or sys.executable, str(_lend(adapter, Path(folder, "lent"))), json.dumps(request)]
        with Path(folder, "errors").open("w+", encoding="utf-8", errors="replace") as errors:
            status = _run(command, errors, {_SCRATCH: folder}, timeout)
            errors.seek(0)
            last_line = _last_line(errors.read())
        if not answer.exists():
            raise ReadingError(
                f"The interpreter ended with status {status} before it could answer: {last_line}",
                where=target.text,
                hint="Try the import by hand in that interpreter, or read with --static.",
            )
        return _reading(json.loads(answer.read_text(encoding="utf-8")), target)


def scratch(prefix: str) -> str:
    """An empty folder for the state of a tool that is started to read a project. It is gone when the reading is, or this process."""
    place = os.environ.get(_SCRATCH)
    folder = tempfile.mkdtemp(prefix=prefix, dir=place)
    if place is None:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def answer() -> None:
    """Run inside the tool's interpreter: read the request, write the answer to the file that it names, and end.

    The end is abrupt, so that threads and exit handlers of the project cannot hold it up.
    """
    request = json.loads(sys.argv[1])
    fields = request["target"]
    target = Target(**{**fields, "path": Path(fields["path"]) if fields["path"] else None})
    if target.module is not None:
        sys.path.insert(1, str(Path.cwd()))
    with _answering(Path(request["answer"])) as result:
        result.update(_load_here(import_module(request["package"]).adapter, target))
    os._exit(0)


def reading_json(reading: Reading) -> dict[str, Any]:
    """A reading as JSON values."""
    return {
        "document": Document(graph=reading.graph).model_dump(mode="json", exclude_defaults=True),
        "carried": reading.carried.model_dump(mode="json"),
        "losses": [loss.model_dump(mode="json") for loss in reading.losses],
        "failures": [vars(failure) for failure in reading.failures],
    }


def reading_of(raw: Mapping[str, Any]) -> Reading:
    """A reading from JSON values."""
    return Reading(
        graph=Document.model_validate(raw["document"]).graph,
        carried=Carried.model_validate(raw["carried"]),
        losses=tuple(Loss.model_validate(loss) for loss in raw["losses"]),
        failures=tuple(Failure(**failure) for failure in raw["failures"]),
    )


def _target_json(target: Target) -> dict[str, Any]:
    return {**vars(target), "path": str(target.path.resolve()) if target.path else None}


def _lend(adapter: Adapter, folder: Path) -> Path:
    folder.mkdir()
    # Links to the packages alone: their folder may hold the libraries of another environment, which must not come along.
    for package in ("transload", adapter.package.partition(".")[0]):
        source = Path(str(import_module(package).__file__)).parent
        (folder / package).symlink_to(source, target_is_directory=True)
    (folder / "__main__.py").write_text(_PROGRAM, encoding="utf-8")
    return folder


def _run(command: list[str], errors: IO[str], more: Mapping[str, str], timeout: float) -> int:
    """Run a command, with `more` variables, for `timeout` seconds at most; nothing that it started outlives it. Returns its status."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the interpreter is the user's own choice
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**_SAME_ORDER, **os.environ, **more},
            start_new_session=True,
        )
    except OSError as error:
        message = f"The interpreter {command[0]!r} cannot be started: {error.strerror}."
        raise AdapterError(message, hint="Name another with --python.") from error
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        message = f"Loading took longer than {timeout:g} s."
        raise ReadingError(message, hint="Give a higher --timeout, or read with --static.") from error
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the interpreter and what it started: it leads a process group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        # The whole group: a project that is imported may have started servers and threads that ignore anything less.
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing."


def _reading(raw: Mapping[str, Any], target: Target) -> Reading:
    if "error" in raw:
        error = raw["error"]
        kind = AdapterError if error["kind"] == "missing" else ReadingError
        raise kind(error["message"], where=error.get("where") or target.text, hint=error.get("hint"))
    return reading_of(raw)


@contextlib.contextmanager
def _answering(path: Path) -> Iterator[dict[str, Any]]:
    """Whatever the project does to its process, a user's mistake comes back as data; an answer is there whole or not at all."""
    result: dict[str, Any] = {}
    try:
        yield result
    except TransloadError as error:
        result["error"] = {"kind": "reading", "message": error.message, "where": error.where, "hint": error.hint}
    # Renamed when it is whole: the parent takes a file that is there for a finished answer.
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(result), encoding="utf-8")
    draft.replace(path)


def _load_here(adapter: Adapter, target: Target) -> dict[str, Any]:
    if adapter.distribution is not None and adapter.installed() is None:
        install = f"install it ({adapter.install})" if adapter.install else "install it"
        return {
            "error": {
                "kind": "missing",
                "message": f"{adapter.title} is not installed in {sys.executable}.",
                "hint": f"Name its interpreter with --python, {install}, or read with --static.",
            }
        }
    with paused_collection():
        return reading_json(adapter.load.load(target))
