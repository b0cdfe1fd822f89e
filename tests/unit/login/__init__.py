"""Unit tests of the login, and of what Autodesk refuses."""
