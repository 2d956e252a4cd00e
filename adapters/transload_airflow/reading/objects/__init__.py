"""Objects of Airflow → facts. Only the loader imports what is here."""
