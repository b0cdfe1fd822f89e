"""The app's Home tab as a person sees it."""

from sandbox.slack.surface import Surface


class Home(Surface):
    """What was published for a person; it stays the same object while more is published."""
