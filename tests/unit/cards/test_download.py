"""Links of every length: in a sentence, as a button, as plain text for one person, and never half or not at all."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cards import download, export_card
from bot.cards.blocks import SECTION_LIMIT, URL_LIMIT, Message
from bot.tokenflex.models import DownloadLink
from storage.states import ExportState
from tests.unit.cards.test_cards import export

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LENGTHS = (60, 690, 1800, 2700, 2900, 2999, 3000, 3001, 3500, 29_000)


def link_of(length: int) -> DownloadLink:
    """Return a link of that many characters, with the signs that signed addresses have."""
    start = "https://bucket.s3.amazonaws.com/a.csv?AWSAccessKeyId=A&Signature=b%2Fc&x="
    return DownloadLink(start + "t" * (length - len(start)), NOW)


def shows(message: Message, link: DownloadLink) -> bool:
    """Say whether a person can open the whole link from this message."""
    urls: list[str] = [message.text]
    for block in message.blocks:
        texts: list[Any] = [block.get("text"), *block.get("fields", ())]
        urls += [text["text"] for text in texts if text]
        urls += [element.get("url", "") for element in block.get("elements", ())]
    return any(link.reveal() in url for url in urls)


@pytest.mark.parametrize("length", LENGTHS)
def test_what_is_shown_can_be_opened_and_is_within_slacks_limits(length: int) -> None:
    """Whoever gets “Here is a fresh link” gets one; a block never holds more than Slack takes of it."""
    link, ready = link_of(length), export(ExportState.READY)
    messages = [export_card.private_link(ready, link)]
    if download.fits_blocks(link):
        messages += [export_card.card(ready, link), export_card.announcement(ready, ready.announcement, link)]
    for message in messages:
        assert shows(message, link)
        for block in message.blocks:
            assert len((block.get("text") or {"text": ""})["text"]) <= SECTION_LIMIT
            assert all(len(element.get("url", "")) <= URL_LIMIT for element in block.get("elements", ()))


@pytest.mark.parametrize("length", LENGTHS)
def test_the_notification_of_a_message_for_many_never_holds_it(length: int) -> None:
    """`text` goes to phones; only a reply for one person may have the link there."""
    link, ready = link_of(length), export(ExportState.READY)
    if download.fits_blocks(link):
        assert link.reveal() not in export_card.card(ready, link).text
        assert link.reveal() not in export_card.announcement(ready, ready.announcement, link).text


def test_a_link_that_nothing_can_show_is_known_as_such() -> None:
    """Longer than a message, or no address of the web: it is not announced as one."""
    assert not download.can_be_opened(link_of(40_000))
    assert not download.can_be_opened(DownloadLink("javascript:alert(1)", NOW))
