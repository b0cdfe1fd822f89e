"""Every message about an export, in every state: what Slack takes, what it notifies, and what it says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.cards import actions, export_card, export_list, notices, replies
from bot.cards.blocks import Message
from bot.cards.export_list import Listed, Turn
from bot.cards.faces import FACES
from bot.cards.notices import Closing
from bot.cards.text import code_within, escape
from bot.cards.waiting import InLine
from bot.tokenflex.models import DownloadLink, ExportRequest
from storage.models import Export, mark_of
from storage.states import Event, ExportState, Note, next_state

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
S = ExportState

#: The longest of everything that a person can type, and what could do harm in a channel.
LONG = ExportRequest(
    contract_number="1" * 20,
    fields=tuple(f"customField{n}" for n in range(1, 11)) * 4,
    metrics=("tokensConsumed", "usageHours"),
    usage_categories=("MANUAL_ADJUSTMENT", "MANUAL_CONSUMPTION"),
    where="productName = '" + "<&>" * 1300 + "'",
    file_name="&" * 100,
)
HOSTILE = ExportRequest(
    contract_number="12345",
    fields=("productName", "<!channel>"),
    metrics=("`@here`",),
    usage_categories=("<@U0SBX00002>",),
    where="productName = '<!channel> `code` *bold*' and userName = '@everyone\n> quote'",
    file_name="<!here> `x` <@U0SBX00002> @channel https://evil.example",
)
ORIGIN = "command:7"
PLAIN = ExportRequest("12345", ("productName",), ("tokensConsumed",), (), "contractYear=1", "year1")
REQUESTS = {"plain": PLAIN, "long": LONG, "hostile": HOSTILE}
LINKS = {
    "no link": None,
    "link": DownloadLink("https://download.example/a.csv?key=1?signature=2", NOW),
    "long link": DownloadLink("https://download.example/" + "s" * 1475, NOW),
}


def export(state: ExportState, request: ExportRequest = PLAIN, **more: Any) -> Export:
    told = f"Something is wrong.\n{'<!channel> `' * 30}" if state is S.REFUSED else ""
    known: dict[str, Any] = {
        "request_key": "2026-11-24T12:30:00#7be9d6ac-a077-42e9-8fc0-d276c38eab35",
        "requested_at": NOW,
        "finished_at": NOW,
        "upstream_status": "Requested",
        "explanation": told,
        "announcement": 1,
    }
    return Export(42, state, request, "U0SBX00002", "C0SBX00006", NOW, NOW, origin=ORIGIN, **(known | more))


def every_message() -> Iterator[tuple[str, Message]]:
    """Yield each message that there is about an export, in each state, with each text and link."""
    for state in S:
        for name, request in REQUESTS.items():
            one = export(state, request)
            for kind, message in about(one):
                yield f"{kind}, {state.value}, {name}", message
        for note in Note:
            yield f"card that waits, {state.value}, {note}", export_card.card(export(state, note=note))
        replaced = export(state, replaced_by=43)
        yield f"card sent again, {state.value}", export_card.card(replaced)
        yield f"refusal sent again, {state.value}", export_card.refusal(replaced)


def about(one: Export) -> Iterator[tuple[str, Message]]:
    for name, shown in LINKS.items():
        yield f"card with {name}", export_card.card(one, shown)
        yield f"announcement with {name}", export_card.announcement(one, 1, shown)
        if shown is not None:
            yield f"private {name}", export_card.private_link(one, shown)
            yield f"{name} that is there", replies.link_is_there(one, shown)
    yield "older announcement", export_card.announcement(replace(one, announcement=2), 1, None)
    yield "expired private link", export_card.private_link(one, None)
    yield "waiting for a link", replies.waiting_for_link(one.number)
    yield "refusal", export_card.refusal(one)
    yield "details", export_card.details(one)
    yield "details in line", export_card.details(one, InLine(3, 300.0, True))
    yield "question", replies.confirm_deletion(one)
    yield "deletion", replies.deleted(one)
    yield (
        "list",
        export_list.listing(Listed(tuple(replace(one, number=n) for n in range(60, 40, -1)), older=Turn(before=41))),
    )
    yield "doubt", notices.post_in_doubt(one)
    for closing in Closing:
        yield f"trouble {closing}", notices.channel_trouble(one, closing, "tokenflex")
    yield "acceptance", replies.accepted(one, InLine(11, 130.0, False), ("It may <surprise> you.",))
    yield "acceptance in a full house", replies.accepted(one, InLine(0, 0.0, True))


MESSAGES = [
    *every_message(),
    ("empty list", export_list.listing(Listed(()))),
    ("empty list of words", export_list.listing(Listed((), ("<!channel>", "`x`")))),
    ("list of nobody", export_list.listing(Listed((), ("@bob",), ("@bob",)))),
    ("mistake", replies.mistake(("I don't know “<!channel>”; did you mean fields=?", "x" * 200))),
    ("many mistakes", replies.mistake(tuple(f"<&> {n} " + "&" * 150 for n in range(40)))),
]


@pytest.fixture(
    params=[
        "card",
        "announcement",
        "older",
        "private",
        "link",
        "expired",
        "waiting",
        "refusal",
        "details",
        "question",
        "deletion",
        "list",
        "doubt",
        "trouble",
        "acceptance",
        "empty",
        "mistake",
        "many",
        "long",
    ]
)
def messages(request: pytest.FixtureRequest) -> list[Message]:
    """The messages of one kind."""
    found = [message for name, message in MESSAGES if name.startswith(request.param)]
    assert found
    return found


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every JSON object, the outer ones first."""
    if isinstance(value, Mapping):
        yield value
        yield from chain.from_iterable(map(objects, value.values()))
    elif isinstance(value, list):
        yield from chain.from_iterable(map(objects, value))


def texts(message: Message) -> list[Mapping[str, Any]]:
    return [each for each in objects(message.blocks) if each.get("type") in {"mrkdwn", "plain_text"}]


def buttons(message: Message) -> list[Mapping[str, Any]]:
    return [each for each in objects(message.blocks) if each.get("type") == "button"]


def said(message: Message) -> str:
    return "\n".join(text["text"] for text in texts(message))


def test_slack_takes_every_message(messages: list[Message]) -> None:
    """Slack's own models find nothing wrong; counts and lengths that they do not check are within the limits."""
    for message in messages:
        assert 1 <= len(message.blocks) <= 50
        for block in message.blocks:
            parsed = Block.parse(block)
            assert parsed is not None
            parsed.validate_json()
            assert len(block.get("fields", ())) <= 10
            assert len(block.get("elements", ())) <= (25 if block["type"] == "actions" else 10)
            for held in block.get("fields", ()):
                assert 1 <= len(held["text"]) <= 2000
        assert all(1 <= len(text["text"]) <= 3000 for text in texts(message))


def test_top_level_text_says_something_and_is_not_too_long(messages: list[Message]) -> None:
    """Notifications and screen readers get a sentence, and an edit with it is not refused for its length."""
    for message in messages:
        assert 1 <= len(message.text) <= 4000
        assert message.text.endswith((".", "?", "`", ")")), message.text
        assert "download.example" not in message.text


def test_ids_are_unique(messages: list[Message]) -> None:
    """No block id comes twice in a message, no action id twice in a block; all are within 255 characters."""
    for message in messages:
        blocks = [block["block_id"] for block in message.blocks]
        assert len(blocks) == len(set(blocks))
        assert all(0 < len(one) <= 255 for one in blocks)
        for block in message.blocks:
            held = [each["action_id"] for each in block.get("elements", ()) if "action_id" in each]
            assert len(held) == len(set(held))
            assert all(0 < len(one) <= 255 for one in held)


def test_nothing_is_looked_for_in_foreign_text(messages: list[Message]) -> None:
    """Every mrkdwn object is verbatim, so that bare words such as @here and addresses stay plain."""
    for message in messages:
        assert all(text["verbatim"] is True for text in texts(message) if text["type"] == "mrkdwn")


def test_nobody_is_notified_but_the_requester(messages: list[Message]) -> None:
    """No name, clause or upstream text can call a channel or another person."""
    for message in messages:
        for text in (message.text, said(message)):
            assert "<!channel" not in text
            assert "<!here" not in text
            assert "<!everyone" not in text
            assert {part[:10] for part in text.split("<@")[1:]} <= {"U0SBX00002"}


def test_buttons_can_be_pressed_and_read_aloud(messages: list[Message]) -> None:
    """Labels and spoken labels are within 75 characters, the value names the export, deleting asks first."""
    for message in messages:
        for button in buttons(message):
            assert 1 <= len(button["text"]["text"]) <= 75
            assert 1 <= len(button["accessibility_label"]) <= 75
            assert button["accessibility_label"].startswith(button["text"]["text"])
            number = re.search(r"#(\d+)", button["accessibility_label"])
            value = f"{number[1]}.{mark_of(ORIGIN)}" if number else str(Turn(before=41))
            assert button["value"] == value
            assert button.get("style") in {None, "primary", "danger"}
            confirm = button.get("confirm")
            assert (button["action_id"] == actions.DELETE) == (button.get("style") == "danger")
            if confirm is not None:
                assert len(confirm["title"]["text"]) <= 100
                assert len(confirm["text"]["text"]) <= 300
                assert max(len(confirm["confirm"]["text"]), len(confirm["deny"]["text"])) <= 30


def test_deleting_always_asks_first() -> None:
    """A Delete button has a dialog, but for the one that is the answer to a question."""
    for name, message in MESSAGES:
        asks = [
            button.get("confirm") is not None for button in buttons(message) if button["action_id"] == "export.delete"
        ]
        assert all(asks) != name.startswith("question") or not asks


def test_each_state_offers_what_makes_sense_in_it() -> None:
    """The buttons of a card by state: nothing that could only be refused."""
    shown = {state: [b["text"]["text"] for b in buttons(export_card.card(export(state)))] for state in S}
    anew = ["Run again", "Save as template", "Schedule"]
    assert shown == {
        S.QUEUED: ["Details", *anew],
        S.SUBMITTING: ["Details", *anew],
        S.REQUESTED: ["Details", *anew],
        S.READY: ["Get a fresh link", "Details", *anew],
        S.FAILED: ["Retry", "Details", *anew],
        S.REFUSED: ["Edit and send again", "Details"],
        S.RETRYING: ["Details", "Give up", *anew],
        S.DELETING: ["Details", "Give up", *anew],
        S.DELETED: [*anew],
        S.VANISHED: ["Edit and send again", "Get a fresh link", "Details", *anew],
        S.ABANDONED: ["Details", *anew],
    }


@pytest.mark.parametrize("state", S)
def test_what_can_be_deleted_is_deleted_in_its_details_alone(state: ExportState) -> None:
    """Where there is a Delete, there is the way to it on the card."""
    asked = export(state)
    in_details = [button["action_id"] for button in buttons(export_card.details(asked))]
    in_channel = [
        button["action_id"]
        for message in (export_card.card(asked), export_card.announcement(asked, asked.announcement, None))
        for button in buttons(message)
    ]
    assert (actions.DELETE in in_details) == (next_state(state, Event.DELETE) is not None)
    assert actions.DELETE not in in_channel
    assert actions.DELETE not in in_details or actions.DETAILS in in_channel


def test_an_export_that_was_sent_again_is_not_offered_again() -> None:
    """The old card and the old refusal name the new number and lose the button."""
    for message in (export_card.card, export_card.refusal):
        built = message(export(S.REFUSED, replaced_by=43))
        assert "It was sent again as #43." in said(built)
        assert "Edit and send again" not in [button["text"]["text"] for button in buttons(built)]


def test_a_card_says_its_state_in_words() -> None:
    """No meaning hangs on a colour or a sign: the state stands there, and names keep their capitals."""
    for state, face in FACES.items():
        card = export_card.card(export(state))
        assert f"*{face.word}" in said(card)
        assert face.inside in card.text
    assert "refused by Autodesk" in export_card.card(export(S.REFUSED)).text


def test_an_unknown_status_is_shown_as_it_is() -> None:
    """What Autodesk says and we do not know stands on the card, escaped."""
    card = said(export_card.card(export(S.REQUESTED, upstream_status="Archiving <!channel>")))
    assert "Autodesk says `Archiving &lt;!channel&gt;`" in card


def test_an_older_announcement_stays_true() -> None:
    """An announcement that is not the last one says what happened then, without a button, a link or a mention."""
    for state in S:
        old = export_card.announcement(export(state, announcement=2), 1, LINKS["link"])
        assert old.text == "Export #42 failed and was tried again; see its card."
        assert not buttons(old)
    assert export_card.announcement(export(S.DELETED), 1, None).text == "Export #42 was deleted."


def test_links_are_whole_and_have_an_end() -> None:
    """A long signed address arrives unchanged, beside the time until which it works."""
    shown = LINKS["long link"]
    assert shown is not None
    for message in (
        export_card.card(export(S.READY), shown),
        export_card.announcement(export(S.READY), 1, shown),
        export_card.private_link(export(S.READY), shown),
    ):
        assert f"<{shown.reveal()}|Download year1.csv>" in said(message)
        assert "This link works until <!date^" in said(message)


def test_one_export_is_not_called_exports() -> None:
    """The list counts as people do."""
    assert export_list.listing(Listed((export(S.READY),))).text == "One export: #42 ready."
    assert export_list.listing(Listed((export(S.READY), export(S.FAILED)))).text.startswith("2 exports: ")


def test_a_direct_message_is_called_one() -> None:
    """A direct message has no name that Slack could show, and nobody can be invited to one."""
    one = replace(export(S.QUEUED), channel="D0SBX00009")
    assert "<#D0SBX" not in said(replies.accepted(one, InLine(0, 0.0, False)))
    assert "<#" not in replies.accepted_in_form(one, InLine(0, 0.0, False))
    trouble = said(notices.channel_trouble(one, Closing.ABSENT, "tokenflex"))
    assert "the direct message" in trouble
    assert "/invite" not in trouble


def test_the_invitation_can_be_copied() -> None:
    """The line that mends a missing membership stands there as it has to be typed."""
    assert "`/invite @tokenflex`" in said(notices.channel_trouble(export(S.READY), Closing.ABSENT, "tokenflex"))


@given(st.text(), st.integers(min_value=10, max_value=2000))
def test_code_is_cut_as_slack_counts(text: str, limit: int) -> None:
    """Whatever is shown as code is within the limit, a code span, and never ends in half an entity."""
    shown = code_within(text, limit)
    assert len(shown) <= limit
    assert shown.startswith("`")
    assert shown.endswith("`")
    assert "`" not in shown[1:-1]
    assert escape(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).replace("\u00ad", "") == (
        shown.replace("\u00ad", "")
    )
