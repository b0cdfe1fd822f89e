"""People who were let in, for tests that begin behind the gate."""

from bot.people.asker import Asker


def admitted(person: str, channel: str) -> Asker:
    """Return somebody as `Access.admit` does; no other test makes one."""
    return Asker(person, channel)
