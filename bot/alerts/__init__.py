"""Thresholds on usage: when an alert begins, is told, is put off and is over."""
