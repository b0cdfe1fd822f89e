"""The bot: use cases, polling, notifications, settings and the composition root."""
