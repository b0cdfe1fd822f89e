"""A local Slack workspace: Web API, Socket Mode and response URLs as Slack speaks them, and its people."""
