"""The analytics team's Dagster project."""
