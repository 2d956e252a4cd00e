"""Python projects read by their syntax: nothing is imported and nothing is run."""
