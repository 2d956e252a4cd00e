"""Wait policies: when enough of the upstream keys of a roll-up are there (Airflow 3.3, `WaitForAll` and `MinimumCount`)."""

from __future__ import annotations

from collections.abc import Collection

from transload.errors import PartitionError
from transload.model.partitions import WaitPolicy


def complete(policy: WaitPolicy, wanted: Collection[str], there: Collection[str]) -> bool:
    """Whether those of the `wanted` keys that are `there` suffice. Raises `PartitionError` for a minimum of 0."""
    expected = frozenset(wanted)
    return len(expected.intersection(there)) >= _least(policy, len(expected))


def reachable(policy: WaitPolicy, wanted: Collection[str]) -> bool:
    """Whether all of the `wanted` keys would suffice. Raises `PartitionError` for a minimum of 0."""
    return complete(policy, wanted, wanted)


def _least(policy: WaitPolicy, expected: int) -> int:
    if policy.minimum == 0:
        raise PartitionError("A minimum of 0 keys waits for nothing.", hint="Set at least 1, or -1 for all but one.")
    if policy.minimum is None:
        return expected
    return policy.minimum if policy.minimum > 0 else max(0, expected + policy.minimum)
