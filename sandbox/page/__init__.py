"""A chat workspace in the browser, for trying the bot by hand. It stands in for Slack's own client and is not Slack."""
