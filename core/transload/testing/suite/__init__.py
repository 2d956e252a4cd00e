"""The tests of the suite, by what they are about. `transload.testing.contract` gathers them."""
