"""Objects of Prefect → facts. Only the loader imports what is here."""
