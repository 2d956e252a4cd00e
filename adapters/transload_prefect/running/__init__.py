"""Modules that run inside Prefect; projects import them, under paths that stay."""
