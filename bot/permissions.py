"""Who may see and do what with an export; pure rules, asked on the server side of every command and button."""

from storage.models import Export

from .settings import LinkAudience


def may_see(export: Export, person: str, channel: str) -> bool:
    """Return whether this person may hear of the export, asking from this channel.

    A command or a press can only come from a channel that the person is in, so the channel itself is the proof.
    """
    return person == export.requester or channel == export.channel


def may_have_link(export: Export, person: str, channel: str, audience: LinkAudience) -> bool:
    """Return whether this person may have a download link, asking from this channel."""
    if audience is LinkAudience.REQUESTER:
        return person == export.requester
    return may_see(export, person, channel)


def may_delete(export: Export, person: str) -> bool:
    """Return whether this person may delete the export: nobody but who asked for it."""
    return person == export.requester
