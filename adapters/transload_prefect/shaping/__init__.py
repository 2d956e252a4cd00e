"""The graph in the shape of Prefect."""
