"""OpenLineage events from definitions and from runs, under one naming convention."""
