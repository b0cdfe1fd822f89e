"""Local stand-ins for Slack and Token Flex that speak the real protocols and enforce the documented limits."""
