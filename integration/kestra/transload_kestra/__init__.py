"""The adapter of Kestra: flows in files of YAML, whose tasks declare the assets that they read and write."""

from __future__ import annotations

from transload.declaration import Adapter, Convention

TOOL = "kestra"

adapter = Adapter(
    tool=TOOL,
    title="Kestra",
    package="transload_kestra",
    versions="1.3",
    install="https://kestra.io/docs/installation",
    endings=(".yaml", ".yml"),
    convention=Convention(unit="TASK"),
)
