"""What the contract suite must know of the toy."""

from __future__ import annotations

import json
from typing import Final

from transload.testing.requirements import TABLE, Requirements

from .model import PROJECT

_PROJECT: Final = {
    "assets": [
        {"name": "raw", "tags": {"tier": "1"}, "colour": "red"},
        {"name": "orders", "description": "As they come."},
    ],
    "jobs": [{"name": "load", "reads": [{"asset": "raw"}], "writes": [{"asset": "orders", "reads": ["raw"]}]}],
}

_CREDENTIALS: Final = {
    "assets": [{"name": TABLE, "description": f"of {TABLE}", "tags": {TABLE: TABLE}, "colour": {TABLE: [TABLE]}}],
    "jobs": [{"name": f"load {TABLE}", "reads": [{"asset": TABLE, "argument": TABLE}], "writes": [{"asset": TABLE}]}],
}

REQUIREMENTS: Final = Requirements(
    project={PROJECT: json.dumps(_PROJECT, indent=1)},
    unknown={PROJECT: json.dumps({"assets": [{"name": "raw", "owner": "ann"}]})},
    credentials={PROJECT: json.dumps(_CREDENTIALS, indent=1)},
    writes_python=False,
)
