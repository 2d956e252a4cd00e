"""A tool that holds every graph as it is, and says nothing of its triggers."""

from __future__ import annotations

from transload.adapter import Adapter

adapter = Adapter(
    tool="silent", title="Silent", distribution="silent", extra="silent", package="transload_silent", versions="1"
)
