"""What the contract suite must know of the YAML toy."""

from __future__ import annotations

from typing import Final

from transload.testing.requirements import TABLE, Requirements

REQUIREMENTS: Final = Requirements(
    project={
        "load.yaml": "job: load\nreads: [s3://lake/raw]\nwrites:\n- s3://lake/orders\n",
        "more/report.yaml": "job: report\nreads:\n- s3://lake/orders\n- rates\nwrites: s3://lake/report\n",
    },
    unknown={"load.yaml": "job: load\nwrites: orders\nowner: ann\n"},
    credentials={"load.yaml": f"job: load {TABLE}\nreads: ['{TABLE}']\nwrites: ['{TABLE}_clean', 'see {TABLE}']\n"},
    addresses={"load.yaml": f"job: load\nreads: ['{TABLE}']\nwrites: ['{TABLE}_clean']\n"},
    writes_python=False,
)
