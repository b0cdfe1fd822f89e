"""The files of exports: fetched for a moment, read in turn, and put into threads where the settings want that."""
