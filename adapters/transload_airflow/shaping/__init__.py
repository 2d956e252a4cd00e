"""The graph in the shape of Airflow."""
