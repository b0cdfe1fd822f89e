"""What `doctor` and `init` look at, one file for each group."""
