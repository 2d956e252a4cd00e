"""The argument `key_prefix` of `load_assets_from_…`, applied to the keys of all that one call loads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transload_dagster.reading.facts import Key, Spec


def prefix_of(value: Any) -> Key:
    """The parts of a prefix, none where they are not known."""
    parts = [value] if isinstance(value, str) else value
    known = isinstance(parts, (list, tuple)) and all(isinstance(part, str) for part in parts)
    return tuple(parts) if known else ()


class Prefixed:
    """The assets of one call: those that are computed get the prefix, and so does what they depend on, if the call loads it."""

    def __init__(self, prefix: Any) -> None:
        self._prefix = prefix_of(prefix)
        self._keys: set[Key] = set()
        self._computed: list[Spec] = []

    def add(self, spec: Spec, *, bare: bool) -> None:
        """Add an asset that the call loads; a `bare` spec keeps its key, as in Dagster."""
        self._keys.add(spec.key)
        if not bare:
            self._computed.append(spec)

    def finish(self) -> None:
        """Change the keys, once all assets of the call are added."""
        for spec in self._computed:
            spec.deps = [
                replace(dep, key=(*self._prefix, *dep.key)) if dep.key in self._keys else dep for dep in spec.deps
            ]
            spec.key = (*self._prefix, *spec.key)
