"""How each state of an export, and each reason to wait, looks to people: the one table of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.cards import actions
from bot.errors import Wish
from storage.states import ExportState, Note

#: True of a full house, and of a plain limit of requests that Autodesk words like one.
NO_ROOM: Final = "Autodesk makes at most 50 exports at once and takes no more for now."
#: What a person can do about a file that Autodesk could not make.
WHAT_HELPS: Final = "Press *Retry*; if it fails again, try a shorter period or fewer fields."
_NOT_YET = ", so there is no file yet. I'll post in its channel when it is ready."
_NO_FILE_ANY_MORE = "; there is nothing to download any more."
_NOT_FAILED = ". Only an export that failed can be retried."
CAN_BE_SENT_AGAIN: Final = "*Edit and send again* on its card opens the form with what you asked for."
#: What the person who asked can do about a request that was refused, where the button is in sight.
SEND_AGAIN: Final = "*Edit and send again* opens the form with what you asked for."
_NO_FILE = f", so there is no file. {CAN_BE_SENT_AGAIN}"
_NO_RETRY = f", so it cannot be retried. {CAN_BE_SENT_AGAIN}"
_NOTHING_TO_RETRY = ", so there is nothing to retry."
_ALREADY = " already."
_NOTHING_TO_GIVE_UP = ", so there is nothing to give up."
_NOTHING_TO_SEND = ", so there is nothing to send again. For a new export type `/tokenflex`."
#: What can be done with the question of an export whatever became of the file, unless Token Flex refused it.
_ASKED_ANEW: Final = (actions.AGAIN, actions.SAVE, actions.SCHEDULE)


@dataclass(frozen=True, slots=True)
class Face:
    """How an export in one state looks; all texts are mrkdwn."""

    word: str  #: as it stands alone
    sentence: str  #: what follows from it; "": Token Flex's own explanation says it
    standing: str  #: words that follow the export's number
    buttons: tuple[str, ...]  #: what can be done; Delete stands in its details alone
    why_not: Mapping[Wish, str]  #: what makes no sense, with what follows `standing`; `{label}` is the export's number

    @property
    def inside(self) -> str:
        """The word as it stands inside a sentence."""
        return self.word[0].lower() + self.word[1:]


_S, _W = ExportState, Wish

FACES: Final[Mapping[ExportState, Face]] = {
    _S.QUEUED: Face(
        "Waiting its turn",
        "Autodesk allows five requests a minute; this one goes out by itself.",
        "is still waiting its turn",
        (actions.DETAILS, actions.DELETE, *_ASKED_ANEW),
        {_W.LINK: _NOT_YET, _W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.SUBMITTING: Face(
        "On its way",
        "I'm asking Autodesk for the file.",
        "is on its way to Autodesk",
        (actions.DETAILS, actions.DELETE, *_ASKED_ANEW),
        {_W.LINK: _NOT_YET, _W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.REQUESTED: Face(
        "In progress",
        "Autodesk is making the file; I'll post here when it is ready.",
        "is still in progress",
        (actions.DETAILS, actions.DELETE, *_ASKED_ANEW),
        {_W.LINK: _NOT_YET, _W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.READY: Face(
        "Ready",
        "Press *Get a fresh link* to download it.",
        "is ready",
        (actions.LINK, actions.DETAILS, actions.DELETE, *_ASKED_ANEW),
        {_W.RETRY: _NOT_FAILED, _W.EDIT: _NOTHING_TO_SEND, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.FAILED: Face(
        "Failed",
        f"Autodesk could not make this file. {WHAT_HELPS}",
        "failed",
        (actions.RETRY, actions.DETAILS, actions.DELETE, *_ASKED_ANEW),
        {
            _W.LINK: ", so there is no file. `/tokenflex retry {label}` tries again.",
            _W.EDIT: _NOTHING_TO_SEND,
            _W.GIVE_UP: _NOTHING_TO_GIVE_UP,
        },
    ),
    _S.REFUSED: Face(
        "Refused by Autodesk",
        "",
        "was refused by Autodesk",
        (actions.EDIT, actions.DETAILS, actions.DELETE),
        {_W.LINK: _NO_FILE, _W.RETRY: _NO_RETRY, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.RETRYING: Face(
        "Being tried again",
        "I'm asking Autodesk once more.",
        "is being tried again",
        (actions.DETAILS, actions.GIVE_UP, actions.DELETE, *_ASKED_ANEW),
        {_W.LINK: _NOT_YET, _W.RETRY: _ALREADY, _W.EDIT: _NOTHING_TO_SEND},
    ),
    _S.DELETING: Face(
        "Being deleted",
        "Autodesk is asked to remove the file.",
        "is being deleted",
        (actions.DETAILS, actions.GIVE_UP, *_ASKED_ANEW),
        {_W.LINK: _NO_FILE_ANY_MORE, _W.RETRY: _NOTHING_TO_RETRY, _W.DELETE: _ALREADY, _W.EDIT: _NOTHING_TO_SEND},
    ),
    _S.DELETED: Face(
        "Deleted",
        "There is nothing to download any more.",
        "was deleted",
        _ASKED_ANEW,
        {
            _W.LINK: _NO_FILE_ANY_MORE,
            _W.RETRY: _NOTHING_TO_RETRY,
            _W.DELETE: _ALREADY,
            _W.EDIT: _NOTHING_TO_SEND,
            _W.GIVE_UP: _NOTHING_TO_GIVE_UP,
        },
    ),
    _S.VANISHED: Face(
        "No longer at Autodesk",
        "It may have been deleted there, or be too old. *Get a fresh link* looks whether it is there after all.",
        "is no longer at Autodesk",
        (actions.EDIT, actions.LINK, actions.DETAILS, actions.DELETE, *_ASKED_ANEW),
        {_W.RETRY: _NO_RETRY, _W.GIVE_UP: _NOTHING_TO_GIVE_UP},
    ),
    _S.ABANDONED: Face(
        "Given up",
        "That was before anybody knew whether Autodesk had it. I look for it there for a day after, and delete it if "
        "it appears.",
        "was given up",
        (actions.DETAILS, *_ASKED_ANEW),
        {
            _W.LINK: _NO_FILE_ANY_MORE,
            _W.RETRY: _NOTHING_TO_RETRY,
            _W.DELETE: _ALREADY,
            _W.EDIT: _NOTHING_TO_SEND,
            _W.GIVE_UP: _ALREADY,
        },
    ),
}

#: What people call states who look for exports, beside their own names.
STATE_WORDS: Final[Mapping[str, tuple[ExportState, ...]]] = {
    **{state.value: (state,) for state in ExportState},
    "waiting": (_S.QUEUED,),
    "running": (_S.QUEUED, _S.SUBMITTING, _S.REQUESTED, _S.RETRYING),
    "done": (_S.READY,),
    "finished": (_S.READY,),
    "error": (_S.FAILED,),
    "rejected": (_S.REFUSED,),
    "gone": (_S.VANISHED, _S.DELETED),
}

#: Why an export waits.
NOTES: Final[Mapping[Note, str]] = {
    Note.NONE: "",
    Note.RATE: "Autodesk takes no more requests from us for the moment. I'll keep trying.",
    Note.SLOTS: f"{NO_ROOM} This one goes out as soon as it does.",
    Note.LOGIN: "Autodesk does not accept our login. An administrator has to see to that; this then goes on by itself.",
    Note.PERMISSION: "Autodesk does not let our account do that. An administrator has to see to it; I'll keep trying.",
    Note.UNREACHABLE: "Autodesk cannot be reached at the moment. I'll keep trying.",
    Note.FAILING: "Autodesk answers with an error of its own, or not in time. I'll keep trying.",
    Note.BEHIND: "Autodesk did not answer to another request for a file of this name. Until it is known whether "
    "that one arrived, the two could be confused, so this one waits.",
    Note.NOT_DELETED: "Autodesk did not delete it, however often I asked; Delete, in *Details*, tries again.",
    Note.UNANSWERED: "Autodesk did not answer. I'm checking whether it has the request, so that nothing is made twice.",
}
