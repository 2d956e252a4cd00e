"""The contract that every adapter keeps, as a suite for the tests of the distribution that brings one. Needs the extra `testing`.

`transload.testing.requirements` is what an adapter declares for it, `transload.testing.contract` what its tests import. docs/new-tool.md
leads through both.
"""
