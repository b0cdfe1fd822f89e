"""How each state of an export, and each reason to wait, looks to people: the one table of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.cards import actions
from bot.errors import Wish
from storage.states import ExportState, Note

_NOT_YET = ", so there is no file yet. I will say so in its channel when it is done."
_NO_FILE_ANY_MORE = "; there is nothing to download any more."
_NOT_FAILED = ". Only an export that failed can be retried."
CAN_BE_SENT_AGAIN = "*Edit and send again* on its card opens the form with what you asked for."
_NO_FILE = f", so there is no file. {CAN_BE_SENT_AGAIN}"
_NO_RETRY = f", so it cannot be retried. {CAN_BE_SENT_AGAIN}"
_NOTHING_TO_RETRY = ", so there is nothing to retry."
_ALREADY = " already."
_NOTHING_TO_GIVE_UP = ", so there is nothing to give up."
_NOTHING_TO_SEND = ", so there is nothing to send again. `/tokenflex` opens the form for a new export."


@dataclass(frozen=True, slots=True)
class Face:
    """How an export in one state looks; all texts are mrkdwn."""

    word: str  #: as it stands alone
    sentence: str  #: what follows from it; "": Token Flex's own explanation says it
    standing: str  #: words that follow the export's number
    buttons: tuple[str, ...]
    why_not: Mapping[Wish, str]  #: what makes no sense, with what follows `standing`; `{label}` is the export's number

    @property
    def inside(self) -> str:
        """The word as it stands inside a sentence."""
        return self.word[0].lower() + self.word[1:]


_S, _W = ExportState, Wish

FACES: Final[Mapping[ExportState, Face]] = {
    _S.QUEUED: Face(
        "Queued",
        "I submit it as soon as a call to Token Flex is free.",
        "is not submitted yet",
        (actions.DETAILS, actions.DELETE),
        {_W.LINK: _NOT_YET, _W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.SUBMITTING: Face(
        "Being submitted",
        "It is on its way to Token Flex.",
        "is just being submitted",
        (actions.DETAILS, actions.DELETE),
        {_W.LINK: _NOT_YET, _W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.REQUESTED: Face(
        "Requested",
        "Token Flex is preparing the file. I will say so here when it is done.",
        "is still being prepared",
        (actions.DETAILS, actions.DELETE),
        {_W.LINK: _NOT_YET, _W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.READY: Face(
        "Ready",
        "The file can be downloaded.",
        "is ready",
        (actions.LINK, actions.DETAILS, actions.DELETE),
        {_W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.FAILED: Face(
        "Failed",
        "Token Flex could not make the file. *Retry* asks for it again.",
        "failed",
        (actions.RETRY, actions.DETAILS, actions.DELETE),
        {
            _W.LINK: ", so there is no file. `/tokenflex retry {label}` asks for it again.",
            _W.EDIT: _NOTHING_TO_SEND,
            _W.GIVE_UP: _NOTHING_TO_GIVE_UP,
        },
    ),
    _S.REFUSED: Face(
        "Refused by Token Flex",
        "",
        "was refused by Token Flex",
        (actions.EDIT, actions.DETAILS, actions.DELETE),
        {_W.LINK: _NO_FILE, _W.RETRY: _NO_RETRY, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.RETRYING: Face(
        "Being retried",
        "I ask Token Flex again as soon as a call is free.",
        "is being tried again",
        (actions.DETAILS, actions.GIVE_UP, actions.DELETE),
        {_W.LINK: _NOT_YET, _W.RETRY: _ALREADY, _W.EDIT: _NOTHING_TO_SEND},
    ),
    _S.DELETING: Face(
        "Being deleted",
        "I remove it at Token Flex as soon as a call is free.",
        "is being deleted",
        (actions.DETAILS, actions.GIVE_UP),
        {_W.LINK: _NO_FILE_ANY_MORE, _W.RETRY: _NOTHING_TO_RETRY, _W.DELETE: _ALREADY, _W.EDIT: _NOTHING_TO_SEND},
    ),
    _S.DELETED: Face(
        "Deleted",
        "There is nothing to download any more.",
        "was deleted",
        (),
        {
            _W.LINK: _NO_FILE_ANY_MORE,
            _W.RETRY: _NOTHING_TO_RETRY,
            _W.DELETE: _ALREADY,
            _W.EDIT: _NOTHING_TO_SEND,
            _W.GIVE_UP: _NOTHING_TO_GIVE_UP,
        },
    ),
    _S.VANISHED: Face(
        "No longer at Token Flex",
        "It may have been deleted there, or have become too old. *Edit and send again* asks for the same once more, "
        "*Get a fresh link* looks whether it is there after all.",
        "is no longer at Token Flex",
        (actions.EDIT, actions.LINK, actions.DETAILS),
        {_W.RETRY: _NO_RETRY, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.ABANDONED: Face(
        "Given up",
        "That was before anybody knew whether Token Flex had taken it. I look for it there for a day after, and delete "
        "it if it appears.",
        "was given up",
        (actions.DETAILS,),
        {
            _W.LINK: _NO_FILE_ANY_MORE,
            _W.RETRY: _NOTHING_TO_RETRY,
            _W.DELETE: _ALREADY,
            _W.EDIT: _NOTHING_TO_SEND,
            _W.GIVE_UP: _ALREADY,
        },
    ),
}

#: Why an export waits.
NOTES: Final[Mapping[Note, str]] = {
    Note.NONE: "",
    Note.RATE: "It waits: Token Flex takes no more calls from us for the moment. I keep trying.",
    Note.SLOTS: "It waits for a place: Token Flex works on 50 exports at once and all places are taken.",
    Note.LOGIN: "It waits: Autodesk does not accept our login. An administrator has to sign in again or check the "
    "credentials; it then goes on by itself.",
    Note.PERMISSION: "It waits: Token Flex does not permit that with our login. An administrator has to look at the "
    "log; I keep trying.",
    Note.UNREACHABLE: "It waits: Token Flex cannot be reached at the moment. I keep trying.",
    Note.FAILING: "It waits: Token Flex answers with an error of its own, or not in time. I keep trying.",
    Note.BEHIND: "It waits: Token Flex did not answer to another request for a file of this name, and as long as "
    "nobody knows whether that one arrived, the two could be confused.",
    Note.NOT_DELETED: "It could not be deleted: Token Flex refused that each time. The file is still there.",
    Note.UNANSWERED: "Token Flex did not answer. I am checking whether the request arrived before I send it again.",
}
