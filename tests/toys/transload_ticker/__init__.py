"""A fourth tool: it holds every graph as it is, and says in one record what its triggers mean."""

from __future__ import annotations

from transload.declaration import Adapter

adapter = Adapter(tool="ticker", title="Ticker", package="transload_ticker", versions="1")
