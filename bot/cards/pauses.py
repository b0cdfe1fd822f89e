"""Why schedules and alerts are paused, and what lets one go on: one set of reasons, which is stored, for both."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Paused(StrEnum):
    """Why a schedule or an alert is paused. The database has these words."""

    PERSON = "person"  #: somebody has said so
    FAILING = "failing"
    OWNER = "owner"  #: may not use the bot any more
    CONTRACT = "contract"  #: may not be exported any more
    CHANNEL = "channel"  #: may have no exports any more
    CLOSED = "closed"  #: takes no messages of ours
    RULE = "rule"  #: nobody understands any more when it runs, or what it watches for
    FIGURES = "figures"  #: of files, which it needs, are not read any more
    PEOPLE = "people"  #: what it watches names people since the settings say so


#: Each as a part of a sentence in plain text, for who looks after the bot.
WHY_PAUSED: Final[Mapping[Paused, str]] = {
    Paused.PERSON: "by a person",
    Paused.FAILING: "after three failures in a row",
    Paused.OWNER: "because its owner may not use the bot any more",
    Paused.CONTRACT: "because its contract is not allowed any more",
    Paused.CHANNEL: "because exports are not allowed in its channel any more",
    Paused.CLOSED: "because its channel takes no messages of the bot",
    Paused.RULE: "because nobody understands it any more",
    Paused.FIGURES: "because the bot is set up to read no figures of files any more",
    Paused.PEOPLE: "because what it is about names people now",
}
#: What lets one go on; where nothing stands, *Resume* does.
_GOES_ON: Final[Mapping[Paused, str]] = {
    Paused.OWNER: "*Take over* lets it go on, for whoever may export there.",
    Paused.CONTRACT: "Once it may be, *Take over* lets it go on.",
    Paused.CHANNEL: "Once they may be, *Take over* lets it go on; *Edit* gives it another channel.",
    Paused.CLOSED: "Once I can, *Take over* lets it go on; *Edit* gives it another channel.",
    Paused.RULE: "*Edit* it, and it goes on.",
    Paused.FIGURES: "Once that has changed, *Resume* lets it go on.",
    Paused.PEOPLE: "*Edit* it, and it goes on.",
}
#: Reasons that an edit alone mends.
_EDITED: Final = frozenset({Paused.RULE, Paused.PEOPLE})
#: Reasons that somebody else may be free of, or that only people in the channel can mend.
TAKES_OVER: Final = frozenset({Paused.OWNER, Paused.CONTRACT, Paused.CHANNEL, Paused.CLOSED})


def button_of(why: str, resume: str, take_over: str) -> list[str]:
    """Return the button that lets go on what is paused, "" where it is not; none where it has to be edited."""
    if not why or why in _EDITED:
        return []
    return [take_over if why in TAKES_OVER else resume]


def how(why: str) -> str:
    """Return what lets go on what is paused, as a sentence."""
    return _GOES_ON.get(Paused(why), "*Resume* lets it go on.")
