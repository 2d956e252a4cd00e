"""What no reading of the source can tell, as tables, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from transload.reading.values import Value

UNKNOWABLE: Final[Mapping[str, str]] = {
    "builtins.input": "what a user types is not known before run time",
    "builtins.open": "the content of files is not read",
    "builtins.locals": "local names are not known before run time",
    "builtins.vars": "names are not known before run time",
    "datetime.date.today": "the clock is not known before run time",
    "datetime.datetime.now": "the clock is not known before run time",
    "datetime.datetime.today": "the clock is not known before run time",
    "datetime.datetime.utcnow": "the clock is not known before run time",
    "glob.glob": "the content of folders is not read",
    "glob.iglob": "the content of folders is not read",
    "os.getcwd": "the working folder is not known before run time",
    "os.listdir": "the content of folders is not read",
    "os.path.exists": "the content of folders is not read",
    "os.path.isdir": "the content of folders is not read",
    "os.path.isfile": "the content of folders is not read",
    "os.path.expanduser": "the home folder is not known before run time",
    "os.scandir": "the content of folders is not read",
    "os.walk": "the content of folders is not read",
    "pathlib.Path.cwd": "the working folder is not known before run time",
    "pathlib.Path.home": "the home folder is not known before run time",
    "time.time": "the clock is not known before run time",
    "uuid.uuid1": "a random value is not known before run time",
    "uuid.uuid4": "a random value is not known before run time",
}
"""Functions whose result no reading of the source can tell, and why."""

UNKNOWABLE_MODULES: Final[Mapping[str, str]] = {
    "httpx.": "what a network answers is not known before run time",
    "random.": "a random value is not known before run time",
    "requests.": "what a network answers is not known before run time",
    "secrets.": "a random value is not known before run time",
    "socket.": "what a network answers is not known before run time",
    "subprocess.": "what a process answers is not known before run time",
    "urllib.request.": "what a network answers is not known before run time",
}
ENVIRONMENT: Final = ("os.environ", "os.getenv", "os.environ.get", "os.environ.setdefault", "os.environ.pop")
READING_METHODS: Final = frozenset(
    {"exists", "glob", "is_dir", "is_file", "iterdir", "open", "read_bytes", "read_text", "rglob", "stat"}
)
"""Methods of `pathlib.Path` whose result is in a file system."""


def unknowable(name: str, args: Sequence[Value]) -> str | None:
    """Why the result of calling a function is not known before run time. None where nothing says so."""
    if name in ENVIRONMENT:
        variable = f" {args[0]}" if args and isinstance(args[0], str) else ""
        return f"environment variable{variable} is not known before run time"
    module = next((reason for prefix, reason in UNKNOWABLE_MODULES.items() if name.startswith(prefix)), None)
    return UNKNOWABLE.get(name, module)
