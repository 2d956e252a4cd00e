"""Running instances of the tools: their asset events in one neutral form, and the store that keeps them."""
