"""Values of the model ↔ the words of Dagster, both directions; Dagster is not needed."""
