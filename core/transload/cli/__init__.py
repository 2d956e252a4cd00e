"""The command line."""

from __future__ import annotations

from transload.cli.app import main

__all__ = ["main"]
