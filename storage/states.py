"""An export's life as data: which event leads from which state to which.

`docs/architecture.md` draws the same table; a test compares the two.
"""

from enum import StrEnum


class ExportState(StrEnum):
    """Where an export stands, as we know it."""

    QUEUED = "queued"  #: accepted and stored; waits for a call or for one of the outstanding places
    SUBMITTING = "submitting"  #: the POST is about to go out, or its answer was not seen
    REQUESTED = "requested"  #: Token Flex works on it (`Requested`, or a status that we do not know)
    READY = "ready"  #: the file is there (`Download`)
    FAILED = "failed"  #: Token Flex could not make the file (`Error`)
    REFUSED = "refused"  #: Token Flex would not take the request
    RETRYING = "retrying"  #: a person pressed Retry; the call is still to be made
    DELETING = "deleting"  #: a person deleted it; the call is still to be made
    DELETED = "deleted"  #: gone, as a person wished
    VANISHED = "vanished"  #: Token Flex no longer shows it
    ABANDONED = "abandoned"  #: a person gave it up while nobody knew whether Token Flex had it; it is looked for


class Event(StrEnum):
    """What moves an export."""

    TAKE = "take"  #: a call and a place are free: the POST goes out
    NOT_TAKEN = "not taken"  #: the POST certainly had no effect; it waits again
    TAKEN = "taken"  #: Token Flex answered with a request key, or the list showed one
    REFUSE = "refuse"  #: Token Flex refused the request
    FINISH = "finish"  #: upstream status `Download`
    FAIL = "fail"  #: upstream status `Error`
    RETRY = "retry"  #: a person pressed Retry
    DELETE = "delete"  #: a person deleted it
    GONE = "gone"  #: the deletion is done
    VANISH = "vanish"  #: lists of its contract do not show it any more
    KEEP_READY = "keep ready"  #: what was wished is given up, or could not be done: it is ready as before
    KEEP_FAILED = "keep failed"  #: the same for one that had failed
    KEEP_OPEN = "keep open"  #: the same for one that Token Flex was working on


class Note(StrEnum):
    """Why an export waits; `bot.cards` has the sentence for each."""

    NONE = ""
    RATE = "rate"  #: Token Flex takes no more calls for the moment
    SLOTS = "places"  #: all of the outstanding slots are taken (the stored word is that of the first version)
    LOGIN = "login"  #: Autodesk does not accept the login
    PERMISSION = "permission"  #: the login may not do that
    UNREACHABLE = "unreachable"  #: Token Flex cannot be reached
    UNANSWERED = "unanswered"  #: a POST had no answer; lists will tell
    FAILING = "failing"  #: Token Flex answers with an error of its own, or not in time
    BEHIND = "behind"  #: nobody knows yet whether another of the same file name has arrived
    NOT_DELETED = "not deleted"  #: it waits for nothing: a deletion was refused, and the file is still there


_S, _E = ExportState, Event

#: A person deleted it: what is ours of it is gone already, whatever becomes of the deletion at Token Flex.
REMOVED = frozenset({_S.DELETING, _S.DELETED, _S.ABANDONED})

TRANSITIONS: dict[tuple[ExportState, Event], ExportState] = {
    (_S.QUEUED, _E.TAKE): _S.SUBMITTING,
    (_S.QUEUED, _E.DELETE): _S.DELETED,
    (_S.SUBMITTING, _E.NOT_TAKEN): _S.QUEUED,
    (_S.SUBMITTING, _E.TAKEN): _S.REQUESTED,
    (_S.SUBMITTING, _E.REFUSE): _S.REFUSED,
    (_S.SUBMITTING, _E.DELETE): _S.ABANDONED,
    (_S.ABANDONED, _E.TAKEN): _S.DELETING,
    (_S.ABANDONED, _E.NOT_TAKEN): _S.DELETED,
    (_S.ABANDONED, _E.REFUSE): _S.DELETED,
    (_S.REQUESTED, _E.FINISH): _S.READY,
    (_S.REQUESTED, _E.FAIL): _S.FAILED,
    (_S.REQUESTED, _E.DELETE): _S.DELETING,
    (_S.REQUESTED, _E.GONE): _S.DELETED,
    (_S.REQUESTED, _E.VANISH): _S.VANISHED,
    (_S.READY, _E.DELETE): _S.DELETING,
    (_S.READY, _E.GONE): _S.DELETED,
    (_S.READY, _E.VANISH): _S.VANISHED,
    (_S.FAILED, _E.RETRY): _S.RETRYING,
    (_S.FAILED, _E.TAKEN): _S.REQUESTED,
    (_S.FAILED, _E.FINISH): _S.READY,
    (_S.FAILED, _E.DELETE): _S.DELETING,
    (_S.FAILED, _E.GONE): _S.DELETED,
    (_S.FAILED, _E.VANISH): _S.VANISHED,
    (_S.RETRYING, _E.TAKEN): _S.REQUESTED,
    (_S.RETRYING, _E.FAIL): _S.FAILED,
    (_S.RETRYING, _E.FINISH): _S.READY,
    (_S.RETRYING, _E.VANISH): _S.VANISHED,
    (_S.RETRYING, _E.REFUSE): _S.FAILED,
    (_S.RETRYING, _E.DELETE): _S.DELETING,
    (_S.RETRYING, _E.KEEP_FAILED): _S.FAILED,
    (_S.DELETING, _E.GONE): _S.DELETED,
    (_S.DELETING, _E.KEEP_READY): _S.READY,
    (_S.DELETING, _E.KEEP_FAILED): _S.FAILED,
    (_S.DELETING, _E.KEEP_OPEN): _S.REQUESTED,
    (_S.REFUSED, _E.DELETE): _S.DELETED,
    (_S.VANISHED, _E.DELETE): _S.DELETING,
    (_S.VANISHED, _E.TAKEN): _S.REQUESTED,
    (_S.VANISHED, _E.FINISH): _S.READY,
    (_S.VANISHED, _E.FAIL): _S.FAILED,
}


def next_state(state: ExportState, event: Event) -> ExportState | None:
    """Return the state that the event leads to, or None where the event means nothing in this state."""
    return TRANSITIONS.get((state, event))
