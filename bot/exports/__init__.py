"""Asking for exports and following them to their end."""
