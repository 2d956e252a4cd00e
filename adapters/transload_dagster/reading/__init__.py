"""Projects of Dagster → facts → graph."""
