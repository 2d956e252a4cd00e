"""Identity ↔ names."""

from transload_ticker.naming import Names

_NAMES = Names("silent")
assign, asset_id, job_name, flow_name = _NAMES.assign, _NAMES.asset_id, _NAMES.job_name, _NAMES.flow_name
