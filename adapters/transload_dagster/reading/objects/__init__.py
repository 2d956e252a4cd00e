"""Objects of Dagster → facts. Only the loader imports what is here."""
