"""The DAGs that both writers write, before they are source or objects."""
