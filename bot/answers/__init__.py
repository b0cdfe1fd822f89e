"""What the data say, in Slack itself."""
