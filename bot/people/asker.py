"""Who acts: taken from the envelope of Slack, which is authenticated, and from nothing else."""

from dataclasses import dataclass

from storage.audit import Source

__all__ = ["Asker", "Sender", "Source"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent something, from which channel and by what; whether they may use the bot is not known yet."""

    person: str
    channel: str
    source: Source = Source.COMMAND
    team: str = ""  #: the organisation of the person, where the envelope says it
    org_wide: bool = False  #: whether the envelope is of an installation in a whole Enterprise organisation


@dataclass(frozen=True, slots=True)
class Asker(Sender):
    """A sender who was let in: `Access.admit` alone makes one, and every use case takes one."""
