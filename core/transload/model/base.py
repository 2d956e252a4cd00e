"""What every record of the model has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Record(BaseModel):
    """An immutable value.

    Unknown fields are refused, so that a document of a newer version never loses any in silence; so are NaN and infinity, which
    JSON does not have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Tagged(Record):
    """One of several kinds of record, told apart by `kind`, which is written even where defaults are left out."""

    @model_serializer(mode="wrap")
    def _with_kind(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": getattr(self, "kind"), **fields(self)}  # noqa: B009 - each kind declares its own literal
