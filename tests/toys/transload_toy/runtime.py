"""Model → the toy's objects, which are plain dictionaries."""

from __future__ import annotations

from transload.adapter import Built, Translation

from .source import content


def build(translation: Translation) -> Built:
    """The content of the project's file."""
    return Built(content(translation.native), translation.carried)
