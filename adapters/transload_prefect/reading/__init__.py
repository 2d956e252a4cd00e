"""Projects of Prefect → facts → graph."""
