"""Values of the model ↔ the words of Prefect, both directions; Prefect is not needed."""
