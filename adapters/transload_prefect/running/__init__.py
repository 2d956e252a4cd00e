"""What runs inside Prefect: the modules that projects import, under paths that stay."""
