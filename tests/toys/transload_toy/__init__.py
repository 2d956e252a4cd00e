"""The smallest adapter: a tool whose projects are one JSON file. It has no flows and no aliases, and short descriptions."""

from __future__ import annotations

from transload.declaration import Adapter

adapter = Adapter(
    tool="toy",
    title="Toy",
    package="transload_toy",
    versions="1",
    distribution="toy-orchestrator",
    install="pip install toy-orchestrator",
    endings=(".json",),
)
