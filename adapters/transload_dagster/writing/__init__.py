"""The definitions that both writers write, before they are source or objects."""
