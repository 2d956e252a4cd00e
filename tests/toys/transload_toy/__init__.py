"""The smallest adapter: a tool whose projects are one JSON file. It has no flows and no aliases, and short descriptions."""

from __future__ import annotations

from transload.adapter import Adapter

adapter = Adapter(
    tool="toy", title="Toy", distribution="toy-orchestrator", extra="toy", package="transload_toy", versions="1"
)
