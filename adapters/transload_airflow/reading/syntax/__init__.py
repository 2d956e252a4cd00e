"""Symbolic calls of Airflow → facts. Airflow is not needed."""
