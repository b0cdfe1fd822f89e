"""Who acts: taken from the envelope of Slack, which is authenticated, and from nothing else."""

from dataclasses import dataclass

from storage.audit import Source

__all__ = ["Asker", "Source"]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, from which channel and by what."""

    person: str
    channel: str
    source: Source = Source.COMMAND
    team: str = ""  #: the organisation of the person, where the envelope says it
