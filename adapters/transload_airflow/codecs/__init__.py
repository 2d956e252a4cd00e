"""Values of the model ↔ the words of Airflow, both directions; Airflow is not needed."""
