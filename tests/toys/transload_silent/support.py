"""Everything is held."""

from __future__ import annotations

from transload.adapter import BOOKKEEPING, NATIVE, Support
from transload.model.assets import Asset
from transload.model.jobs import Flow, Job

SUPPORT = Support(
    asset=dict.fromkeys(Asset.model_fields.keys() - BOOKKEEPING, NATIVE),
    job=dict.fromkeys(Job.model_fields.keys() - BOOKKEEPING, NATIVE),
    flow=dict.fromkeys(Flow.model_fields.keys() - BOOKKEEPING, NATIVE),
)
