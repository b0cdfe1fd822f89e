"""Everything that knows the Token Flex Usage Data API; nothing here knows Slack or the database."""
