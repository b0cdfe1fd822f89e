"""What goes with an export that a person deletes, figures and files; and what is said where Slack refuses."""

import pytest

from bot.delivery.kinds import Words, load
from bot.delivery.ways import Way
from bot.exports import removal
from bot.slack.errors import SlackError, SlackRateLimitedError, SlackUnsureError, refusal
from storage import answers, attachments, exports, outbox
from storage.attachments import AttachmentState, Begun
from storage.models import Delivery, DeliveryState, MessageKind
from storage.states import Event
from tests.unit.delivery.refusing import CHANNEL, House


def removed(house: House, *kinds: MessageKind) -> list[Delivery]:
    """Figures that stand in Slack by messages of these kinds, and whose export was deleted since."""
    rows = [house.row(kind, Way.EDIT) for kind in kinds]
    for row in rows:
        outbox.mark_sent(house.db, row)
    exports.move(house.db, 1, Event.DELETE, house.clock.now())
    removal.ours(house.db, exports.get(house.db, 1), house.clock.now())
    return [outbox.get(house.db, row.id) for row in rows]


async def test_figures_are_forgotten_and_each_of_their_messages_is_edited(house: House) -> None:
    """Before anything is asked of Slack; a card is not one of them."""
    house.row(MessageKind.CARD, Way.EDIT)
    rows = removed(house, MessageKind.ANSWER, MessageKind.PRIVATE_ANSWER)
    assert answers.of_export(house.db, 1) == ()
    assert [row.state for row in rows] == [DeliveryState.WAITING] * 2
    for row in rows:
        said = load(house.db, row).message(None, Words())
        assert said.text == "Answer to export #1: its figures were removed with the export."
        assert "Revit" not in str(said)


async def test_files_are_taken_from_slack(house: House) -> None:
    """Those that may be there; what was not begun is not begun any more."""
    now = house.clock.now()
    house.is_ready()
    there = attachments.want(house.db, 1, 1, "csv", now)
    attachments.begun(house.db, there.id, Begun(slack_id="F1", name="year1.csv", size=1), now)
    attachments.uploaded(house.db, there.id, now)
    wanted = attachments.want(house.db, 1, 2, "csv", now)
    removal.ours(house.db, exports.get(house.db, 1), now)
    assert attachments.get(house.db, there.id).state is AttachmentState.DELETING
    assert attachments.get(house.db, wanted.id).state is AttachmentState.DELETED


async def test_what_may_be_edited_is_edited(house: House) -> None:
    """Nothing is deleted, and nobody is told."""
    (row,) = removed(house, MessageKind.ANSWER)
    became = await house.delivers(row)
    assert became is not None
    assert became.state is DeliveryState.SENT
    assert house.slack.said == [(Way.EDIT, CHANNEL)]
    assert house.told(row) == []


@pytest.mark.parametrize("word", ["edit_window_closed", "cant_update_message", "message_not_found", "not_in_channel"])
async def test_what_may_not_be_edited_is_deleted(house: House, word: str) -> None:
    """Then nothing of it is left, and it is not tried again."""
    (row,) = removed(house, MessageKind.ANSWER)
    house.slack.refuses[Way.EDIT] = refusal(word)
    became = await house.delivers(row)
    assert became is not None
    assert became.state is DeliveryState.SENT
    assert house.slack.deleted == [(CHANNEL, f"2.{row.id:06d}")]
    assert house.told(row) == []


async def test_what_is_gone_already_is_no_trouble(house: House) -> None:
    """Somebody else has deleted it."""
    (row,) = removed(house, MessageKind.ANSWER)
    house.slack.refuses[Way.EDIT] = house.slack.keeps = refusal("message_not_found")
    became = await house.delivers(row)
    assert became is not None
    assert became.state is DeliveryState.SENT
    assert house.told(row) == []


@pytest.mark.parametrize(
    ("word", "state"),
    [("edit_window_closed", DeliveryState.SENT), ("not_in_channel", DeliveryState.WAITING)],
)
async def test_what_slack_keeps_is_said_once(house: House, word: str, state: DeliveryState) -> None:
    """To who asked for the export; what may become possible is tried again."""
    (row,) = removed(house, MessageKind.ANSWER)
    house.slack.refuses[Way.EDIT], house.slack.keeps = refusal(word), refusal("cant_delete_message")
    for _ in range(2):
        became = await house.delivers(row)
        assert became is not None
        assert became.state is state
        row = became
    assert house.told(row) == [MessageKind.NOT_REMOVED]
    told = next(each for each in outbox.about(house.db, row.about, 1) if each.kind is MessageKind.NOT_REMOVED)
    said = load(house.db, told).message(None, Words()).text
    assert said == (
        "Slack does not let me take the figures of export #1 out of <#C1>. Whoever may delete messages there can do "
        "it; here they are forgotten."
    )


@pytest.mark.parametrize("error", [SlackRateLimitedError(5, "chat.delete"), SlackUnsureError("lost")])
async def test_a_deletion_of_which_nobody_knows_is_tried_again(house: House, error: SlackError) -> None:
    """Deleting twice does the same as deleting once."""
    (row,) = removed(house, MessageKind.ANSWER)
    house.slack.refuses[Way.EDIT], house.slack.keeps = refusal("edit_window_closed"), error
    became = await house.delivers(row)
    assert became is not None
    assert became.state is DeliveryState.WAITING
    house.slack.keeps = None
    became = await house.delivers(became)
    assert became is not None
    assert became.state is DeliveryState.SENT
    assert house.told(row) == []


async def test_an_answer_that_stands_is_not_deleted(house: House) -> None:
    """Only what is to show nothing any more."""
    row = house.row(MessageKind.ANSWER, Way.EDIT)
    house.slack.refuses[Way.EDIT] = refusal("edit_window_closed")
    await house.delivers(row)
    assert house.slack.deleted == []
