"""The suite: what the tests of an adapter import, and all that they need.

```python
from transload.testing.contract import *  # noqa: F403
from transload_kestra import adapter

ADAPTERS = (adapter,)
```

Each test is tried on each of `ADAPTERS` that has the modules it is about; the others are skipped, with the reason. `TRANSLOAD_EFFORT`
times the usual number of examples are tried.
"""

import sys

import pytest

# So that a failed assertion of the suite shows its values. pytest does it for modules that are imported afterwards, and warns of others.
pytest.register_assert_rewrite(*{"transload.testing.laws", "transload.testing.suite"}.difference(sys.modules))

from transload.testing.subjects import pytest_generate_tests  # noqa: E402
from transload.testing.suite import credentials, graphs, large, leaving, lies, partitions, reading  # noqa: E402

TESTS = {
    name: test
    for module in (graphs, partitions, large, lies, reading, credentials, leaving)
    for name, test in vars(module).items()
    if name.startswith("test_")
}
"""The tests of the suite, by name."""

globals().update(TESTS)

__all__ = ["pytest_generate_tests", *TESTS]  # noqa: PLE0604 - the names of the tests are computed
