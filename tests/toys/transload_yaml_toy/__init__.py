"""The smallest adapter: a tool that is only read, whose projects are files of YAML, one for each job."""

from __future__ import annotations

from transload.declaration import Adapter

TOOL = "yaml-toy"

adapter = Adapter(tool=TOOL, title="YAML toy", package="transload_yaml_toy", versions="1", endings=(".yaml",))
