"""What the contract suite must know of the adapter."""

from __future__ import annotations

from typing import Final

from transload.testing.requirements import TABLE, Requirements

_LOAD: Final = """\
id: load_orders
namespace: company.data
description: Loads what came in the night.
labels:
  team: sales
inputs:
- id: day
  type: STRING
  defaults: today
concurrency:
  limit: 1
variables:
  bucket: raw
tasks:
- id: download
  type: io.kestra.plugin.core.http.Download
  uri: https://example.com/orders.csv
  timeout: PT10M
  retry:
    type: constant
    interval: PT15M
    maxAttempts: 5
  assets:
    outputs:
    - id: raw.orders
      type: io.kestra.plugin.ee.assets.Table
      displayName: Raw orders
      metadata:
        model_layer: staging
- id: build
  type: io.kestra.plugin.core.log.Log
  message: "{{ inputs.day }}"
  assets:
    inputs:
    - id: raw.orders
    outputs:
    - id: analytics.orders_daily
      type: dataset
      description: One row per order.
triggers:
- id: every_night
  type: io.kestra.plugin.core.trigger.Schedule
  cron: 0 5 * * *
  timezone: Europe/Berlin
"""

_REPORT: Final = """\
id: report
namespace: company.data
tasks:
- id: write
  type: io.kestra.plugin.core.log.Log
  message: done
  assets:
    inputs:
    - id: analytics.orders_daily
    outputs:
    - id: report
      type: dataset
triggers:
- id: after_load
  type: io.kestra.plugin.core.trigger.Flow
  preconditions:
    id: flows
    flows:
    - namespace: company.data
      flowId: load_orders
      states: [SUCCESS]
- id: hourly
  type: io.kestra.plugin.core.trigger.Schedule
  cron: '@hourly'
  disabled: true
  recoverMissedSchedules: LAST
"""

_CREDENTIALS: Final = f"""\
id: load
namespace: company.data
description: reads {TABLE}
labels:
  "{TABLE}": "{TABLE}"
inputs:
- id: dsn
  type: STRING
  defaults: "{TABLE}"
variables:
  dsn: {{deep: ["{TABLE}"]}}
tasks:
- id: load
  type: io.kestra.plugin.core.log.Log
  description: reads {TABLE}
  message: "{TABLE}"
  assets:
    inputs:
    - id: "{TABLE}"
    outputs:
    - id: orders
      type: "{TABLE}"
      displayName: "{TABLE}"
      description: of {TABLE}
      metadata: {{"{TABLE}": "{TABLE}"}}
triggers:
- id: nightly
  type: io.kestra.plugin.core.trigger.Schedule
  cron: 0 5 * * *
  description: reads {TABLE}
  inputs:
    dsn: "{TABLE}"
- id: after
  type: io.kestra.plugin.core.trigger.Flow
  preconditions: {{id: "{TABLE}"}}
"""

REQUIREMENTS: Final = Requirements(
    project={"load.yaml": _LOAD, "more/report.yml": _REPORT},
    unknown={"load.yaml": _LOAD.replace("- id: raw.orders\n      type", "- type", 1)},
    credentials={"load.yaml": _CREDENTIALS},
    writes_python=False,
)
