"""When Prefect fires: its evaluators, pure models that the tool itself judges in the tests."""
