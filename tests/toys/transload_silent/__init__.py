"""A tool that holds every graph as it is, and says nothing of its triggers."""

from __future__ import annotations

from transload.declaration import Adapter

adapter = Adapter(tool="silent", title="Silent", package="transload_silent", versions="1")
