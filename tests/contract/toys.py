"""The smallest adapters, each a package of its own as a third party would bring it: one that does everything, and one that only reads."""

from __future__ import annotations

import re
import shutil
from importlib import import_module
from pathlib import Path
from typing import Final

import transload_toy
import transload_yaml_toy

from transload.declaration import Adapter

toy: Final[Adapter] = transload_toy.adapter
yaml_toy: Final[Adapter] = transload_yaml_toy.adapter


def copy_of_toy(folder: Path, name: str, **declared: str) -> Adapter:
    """The toy under another name, as a package `transload_{name}` in a folder on the path; `declared` are fields of its adapter."""
    package = folder / f"transload_{name}"
    shutil.copytree(Path(str(transload_toy.__file__)).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    fields = {"tool": name, "title": name.capitalize(), "package": package.name, "versions": "1", **declared}
    arguments = ", ".join(f"{field}={value!r}" for field, value in fields.items())
    text = (package / "__init__.py").read_text(encoding="utf-8")
    text = re.sub(r"Adapter\(.*\)", f"Adapter({arguments}, endings=('.json',))", text)
    (package / "__init__.py").write_text(text.replace('TOOL = "toy"', f"TOOL = {name!r}"), encoding="utf-8")
    adapter: Adapter = import_module(package.name).adapter
    return adapter
