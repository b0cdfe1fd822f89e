"""The guided questions of `init`."""
