"""The joined graph to look at: Mermaid, DOT, or one HTML page that needs nothing but a browser."""
