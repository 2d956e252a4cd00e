"""What an adapter declares of its tool, and the modules in which it does the rest. Nothing here needs the model: it is imported at once.

The modules have the same names for every tool and are imported only when they are needed; `transload.adapter` describes them. `load`
and `runtime` import the tool, the others do not. `static` is there for every tool. A tool that is only read has no `names`, `shape`,
`support`, `source` and `runtime`; one whose projects are text alone has no `load`, one whose triggers nobody has studied yet no
`triggers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from transload.errors import AdapterError

if TYPE_CHECKING:
    from transload.adapter import (
        LoadModule,
        NamesModule,
        RuntimeModule,
        ShapeModule,
        SourceModule,
        StaticModule,
        Support,
    )
    from transload.triggering.semantics import TriggersModule

MODULES: Final = ("support", "names", "shape", "triggers", "static", "load", "source", "runtime")
"""What core may ask of an adapter."""


@dataclass(frozen=True)
class Convention:
    """How a tool's own integration speaks of it in OpenLineage, and what of its names identifies an asset.

    `unit` is the word of the job type facet for the smallest unit that the tool runs. `bare_namespace`: the namespace of its jobs is the
    deployment's name alone, without the tool in front. `job_per_asset`: a job is named after each asset, not after what makes several.
    `key_parts` is how many of the first parts of an asset's native name are its key; None for all. `key_is_path`: the parts before the
    last are folders.
    """

    unit: str = "JOB"
    bare_namespace: bool = False
    job_per_asset: bool = False
    key_parts: int | None = None
    key_is_path: bool = False


@dataclass(frozen=True)
class Adapter:
    """One tool.

    `package` holds the adapter's modules, and `versions` are those of the tool that it knows. `distribution` is the Python package whose
    metadata tells the tool's version; None for a tool that is none, which nothing has to be installed for. `install` is the command, or
    the address, by which one gets the tool. `endings` are those of the files that a project consists of. `colour` is the place of the
    tool's own among the colours of drawings; None for the next that is free.
    """

    tool: str
    title: str
    package: str
    versions: str
    distribution: str | None = None
    install: str | None = None
    endings: tuple[str, ...] = (".py",)
    convention: Convention = Convention()
    colour: int | None = None

    @property
    def modules(self) -> frozenset[str]:
        """Those of `MODULES` that the adapter has."""
        return _modules(self.package)

    @property
    def reads_python(self) -> bool:
        """Whether a project may be written in Python."""
        return ".py" in self.endings

    @property
    def support(self) -> Support:
        """What the tool can hold."""
        return cast("Support", self._module("support").SUPPORT)

    @property
    def names(self) -> NamesModule:
        """Identity ↔ native names."""
        return cast("NamesModule", self._module("names"))

    @property
    def triggers(self) -> TriggersModule | None:
        """What the tool's triggers mean; None where it does not say so, which is then reported of each trigger."""
        return cast("TriggersModule", self._module("triggers")) if "triggers" in self.modules else None

    @property
    def shape(self) -> ShapeModule:
        """The tool's own shape."""
        return cast("ShapeModule", self._module("shape"))

    @property
    def static(self) -> StaticModule:
        """The reader that needs no tool."""
        return cast("StaticModule", self._module("static"))

    @property
    def load(self) -> LoadModule:
        """The reader that imports the project."""
        return cast("LoadModule", self._module("load"))

    @property
    def source(self) -> SourceModule:
        """The writer of source."""
        return cast("SourceModule", self._module("source"))

    @property
    def runtime(self) -> RuntimeModule:
        """The writer of objects."""
        return cast("RuntimeModule", self._module("runtime"))

    def installed(self) -> str | None:
        """The tool's version in this interpreter, None if it is missing. By metadata: a folder of the tool's name proves nothing."""
        # A tenth of the time that importing this package takes, which only those who ask should pay.
        from importlib import metadata

        if self.distribution is None:
            return None
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None

    def require(self, name: str) -> None:
        """Raises `AdapterError` for a module that the adapter does not have, with what that means for the tool and what to do."""
        if name not in self.modules:
            reason, hint = _ABSENT[name]
            raise AdapterError(reason.format(title=self.title), hint=hint.format(title=self.title))

    def _module(self, name: str) -> Any:
        self.require(name)
        return import_module(f"{self.package}.{name}")


_READ_ONLY: Final = (
    "{title} is read and not written: its adapter has no writer.",
    "Translate from {title} to another tool; `transload adapters` lists them.",
)

_ABSENT: Final = {
    "static": ("The adapter of {title} reads no text.", "This is a fault of the adapter: please report it."),
    "load": (
        "Projects of {title} are read by their text; there is nothing to import.",
        "Leave out --load and --python.",
    ),
    "runtime": (
        "The adapter of {title} builds no objects.",
        "Write a project: transload translate … --to {title} -o FOLDER.",
    ),
    **dict.fromkeys(("support", "names", "shape", "source"), _READ_ONLY),
}
"""Module → why what needs it cannot be done where it is missing, and what to do."""


@cache
def _modules(package: str) -> frozenset[str]:
    # Only asked once a project is read or written.
    from importlib.util import find_spec

    return frozenset(name for name in MODULES if find_spec(f"{package}.{name}") is not None)
