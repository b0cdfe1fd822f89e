"""An outbox row becomes a Slack message, once."""
