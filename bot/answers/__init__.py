"""A CSV becomes figures: what is asked of the file, the process that reads it, and what it found as a neutral value."""
