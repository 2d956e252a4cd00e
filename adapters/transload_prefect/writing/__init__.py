"""The keywords, names and partitions of a graph, which the writers of source and of objects share."""
