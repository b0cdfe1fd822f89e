"""Paying for a call to Token Flex, and making it."""
