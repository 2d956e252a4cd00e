"""Code that runs inside Airflow: the modules that projects import, under paths that stay."""
