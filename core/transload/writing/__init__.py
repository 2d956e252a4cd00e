"""Python source built from syntax trees, never from glued text; projects written whole or not at all."""
