"""Block Kit's limits as data: what a value may look like, in which place, on which surface."""
