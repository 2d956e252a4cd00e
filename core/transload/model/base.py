"""What every record of the model has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value. Unknown fields are refused, so that a document of a newer version never loses any in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
