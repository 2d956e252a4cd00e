"""The contract that every adapter of transload keeps, on Kestra's."""

from transload_kestra import adapter

from transload.testing.contract import *  # noqa: F403

ADAPTERS = (adapter,)
