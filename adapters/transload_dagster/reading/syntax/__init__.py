"""Symbolic calls of Dagster → facts. Dagster is not needed."""
