"""Symbolic calls of Prefect → facts. Prefect is not needed."""
