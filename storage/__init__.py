"""SQLite through sqlite-utils: records in, records out."""
