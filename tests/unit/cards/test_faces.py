"""The one table of faces: complete, and in step with what can be done in each state."""

import pytest

from bot.cards import actions
from bot.cards.faces import FACES, NOTES
from bot.errors import Wish
from bot.exports.fresh_links import HAS_LINK
from storage.states import Event, ExportState, Note, next_state

S = ExportState
#: They show something or open a form, whatever the state.
ALWAYS = {actions.DETAILS, actions.AGAIN, actions.SAVE, actions.SCHEDULE}


def makes_sense(wish: Wish, state: ExportState) -> bool:
    """Whether the rules let somebody do that with an export in this state."""
    return {
        Wish.LINK: state in HAS_LINK,
        Wish.RETRY: next_state(state, Event.RETRY) is not None,
        Wish.DELETE: next_state(state, Event.DELETE) is not None,
        Wish.EDIT: state in {S.REFUSED, S.VANISHED},
        Wish.GIVE_UP: next_state(state, Event.KEEP_FAILED) is not None,
    }[wish]


def test_every_state_and_every_note_has_a_face() -> None:
    """None is left out, and whatever waits says why."""
    assert set(FACES) == set(ExportState)
    assert set(NOTES) == set(Note)
    for state, face in FACES.items():
        assert face.word
        assert face.standing
        assert (face.sentence == "") == (state is S.REFUSED)  # there Token Flex's own explanation stands
    assert [note for note, sentence in NOTES.items() if not sentence] == [Note.NONE]


@pytest.mark.parametrize("wish", [each for each in Wish if each is not Wish.ANSWER])  # refused as a link is
@pytest.mark.parametrize("state", ExportState)
def test_what_makes_no_sense_says_why(state: ExportState, wish: Wish) -> None:
    """A reason is there exactly where the rules refuse; a new state or a new rule cannot be forgotten."""
    assert (wish in FACES[state].why_not) != makes_sense(wish, state)


@pytest.mark.parametrize("state", ExportState)
def test_no_button_could_only_be_refused(state: ExportState) -> None:
    """What a card offers makes sense in its state."""
    wishes = {
        actions.LINK: Wish.LINK,
        actions.RETRY: Wish.RETRY,
        actions.DELETE: Wish.DELETE,
        actions.EDIT: Wish.EDIT,
        actions.GIVE_UP: Wish.GIVE_UP,
    }
    for action in FACES[state].buttons:
        assert action in ALWAYS or makes_sense(wishes[action], state)


@pytest.mark.parametrize("state", ExportState)
def test_every_question_can_be_asked_anew(state: ExportState) -> None:
    """Whatever became of the file; what Token Flex refused is edited first."""
    anew = {actions.AGAIN, actions.SAVE, actions.SCHEDULE}
    assert anew & set(FACES[state].buttons) == (set() if state is S.REFUSED else anew)
