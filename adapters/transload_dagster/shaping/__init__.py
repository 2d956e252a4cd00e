"""The graph in the shape of Dagster."""
