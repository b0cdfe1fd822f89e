"""Block Kit messages as pure functions: data in, blocks out."""
