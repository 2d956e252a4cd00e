"""The smallest adapter that does everything: projects are one JSON file. The tool has no flows and no aliases, and short descriptions."""

from __future__ import annotations

from transload.declaration import Adapter

TOOL = "toy"

adapter = Adapter(tool=TOOL, title="Toy", package="transload_toy", versions="1", endings=(".json",))
