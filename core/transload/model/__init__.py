"""The neutral model: what the three tools say, in one vocabulary."""
