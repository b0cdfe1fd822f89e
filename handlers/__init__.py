"""Slack listeners: acknowledge, parse, call one use case, show a view."""
