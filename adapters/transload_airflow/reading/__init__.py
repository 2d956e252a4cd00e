"""Projects of Airflow → facts → graph."""
