"""What both writers write, before it is source or objects."""
