"""What people of other organisations may see: every kind of message, every setting, all that Slack says of it."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from itertools import pairwise, product
from typing import Any

import pytest

from bot.cards import export_card
from bot.cards.blocks import Message
from bot.delivery.dispatcher import _ASKED_AT_MOST
from bot.delivery.kinds import KINDS, URGENT
from bot.exports.links import Links, Shown
from bot.people.permissions import Posting, Rules
from bot.settings import LinkAudience, SharedChannels
from bot.slack.channels import Sharing
from bot.slack.errors import ScopeMissingError, SlackBrokenError
from bot.slack.remembered import KEPT
from bot.tokenflex.models import DownloadLink
from storage import outbox
from storage.models import About, DeliveryState, Export, MessageKind, NewDelivery, SentMessage
from storage.states import ExportState
from tests.harness.moved_clock import MovedClock
from tests.harness.people import admitted
from tests.harness.rows import known
from tests.unit.delivery.shared import (
    ALONE,
    CHANNEL,
    LINK,
    NAME,
    PERSON,
    REQUEST,
    RESPONSES,
    SHARED,
    TS,
    WHERE,
    House,
    Slack,
    refuses,
)

#: Who the messages of a channel go to, and the words that give away what they must not.
SECRETS: Mapping[str, str] = {
    "where": "maria",
    "name": NAME,
    "link": LINK,
    "tokens": "43,210",
    "figures": "1,234.5",
    "schedule": "Maria's tokens",
    "told": "74,100",
    "alert": "75 %",
}
_K, _R, _P = MessageKind, SharedChannels, Posting
#: What each kind of message shows where nobody else reads, asked for a link; a new kind needs a row.
SHOWS: Mapping[MessageKind, set[str]] = {
    _K.CARD: {"where", "name", "link"},
    _K.RESULT: {"name", "link"},
    _K.REPORT: {"name", "link"},
    _K.SCHEDULE: {"schedule"},
    _K.PRIVATE_SCHEDULE: {"schedule"},
    _K.EXPIRY: {"name"},
    _K.PRIVATE_LINK: {"name", "link"},
    _K.PRIVATE_RESULT: {"name"},
    _K.REFUSAL: {"where"},
    _K.CHANNEL_TROUBLE: set(),
    _K.POST_IN_DOUBT: set(),
    _K.LONG_WAIT: set(),
    _K.NOT_DELETED: set(),
    _K.NOT_REMOVED: set(),
    _K.LOGIN_LOST: set(),
    _K.PACE_REFUSED: set(),
    _K.ANSWER: {"figures"},
    _K.PRIVATE_ANSWER: {"figures"},
    _K.NO_FILE: set(),
    _K.PRIVATE_NO_FILE: set(),
    _K.USAGE: {"tokens"},
    _K.USAGE_TROUBLE: set(),
    _K.ALERT: {"told", "alert"},
    _K.PRIVATE_ALERT: {"told", "alert"},
    _K.ALERT_FIGURES: {"tokens"},
    _K.PRIVATE_ALERT_FIGURES: {"tokens"},
    _K.ALERT_PAUSED: {"alert"},
    _K.PRIVATE_ALERT_PAUSED: {"alert"},
}
#: What tells privately what may not be posted, where it is not the trouble with the channel.
TOLD = {
    _K.RESULT: _K.PRIVATE_RESULT,
    _K.REPORT: _K.PRIVATE_RESULT,
    _K.SCHEDULE: _K.PRIVATE_SCHEDULE,
    _K.ANSWER: _K.PRIVATE_ANSWER,
    _K.NO_FILE: _K.PRIVATE_NO_FILE,
    _K.USAGE: _K.USAGE_TROUBLE,
    _K.ALERT: _K.PRIVATE_ALERT,
    _K.ALERT_FIGURES: _K.PRIVATE_ALERT_FIGURES,
    _K.ALERT_PAUSED: _K.PRIVATE_ALERT_PAUSED,
}
#: The settings that there are; only the default can be without being set.
SETTINGS = ((_R.PRIVATE, False), (_R.PRIVATE, True), (_R.REFUSE, True), (_R.ALLOW, True))
#: What may be posted, for each of `SETTINGS`.
TABLE: Mapping[Sharing, tuple[Posting, Posting, Posting, Posting]] = {
    Sharing.ALONE: (_P.ALL, _P.ALL, _P.ALL, _P.ALL),
    Sharing.PENDING: (_P.DISCREET, _P.DISCREET, _P.NOTHING, _P.ALL),
    Sharing.SHARED: (_P.DISCREET, _P.DISCREET, _P.NOTHING, _P.ALL),
    Sharing.HIDDEN: (_P.DISCREET, _P.DISCREET, _P.NOTHING, _P.ALL),
    Sharing.UNTOLD: (_P.ALL, _P.DISCREET, _P.NOTHING, _P.ALL),
}


@pytest.fixture
async def house() -> AsyncIterator[Callable[..., House]]:
    """Build houses."""
    built: list[House] = []

    def _build(responds: Callable[[], Any], rule: SharedChannels = _R.PRIVATE, *, is_set: bool = False) -> House:
        built.append(House(Slack(responds), Rules(shared_channels=rule, shared_channels_are_set=is_set)))
        return built[-1]

    yield _build
    for each in built:
        await each.database.close()


def seen(message: Message) -> set[str]:
    """What a message gives away, in its text or anywhere in its blocks."""
    whole = message.text + json.dumps(message.blocks)
    return {secret for secret, word in SECRETS.items() if word in whole}


def test_the_tables_are_whole() -> None:
    """Every kind, every answer of Slack's and every value of the setting has its place."""
    assert set(SHOWS) == set(MessageKind)
    assert set(TABLE) == set(RESPONSES) == set(Sharing)
    assert {rule for rule, _ in SETTINGS} == set(SharedChannels)
    assert (Rules().shared_channels, Rules().shared_channels_are_set) == SETTINGS[0]


@pytest.mark.parametrize("sharing", Sharing, ids=lambda sharing: sharing.name)
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("standing", [False, True])
async def test_what_may_be_seen(
    house: Callable[..., House],
    kind: MessageKind,
    setting: tuple[SharedChannels, bool],
    sharing: Sharing,
    *,
    standing: bool,
) -> None:
    """A message to a person shows all; one to a channel what the table says, as it is posted and as it is edited."""
    rule, is_set = setting
    expected = TABLE[sharing][SETTINGS.index(setting)]
    private = kind is not _K.EXPIRY and KINDS[kind].is_private
    for responds in RESPONSES[sharing]:
        built = house(responds, rule, is_set=is_set)
        became = await built.delivers(built.row(kind, standing=standing and not private))
        if expected is Posting.NOTHING and not private and kind is not _K.EXPIRY and not standing:
            assert built.slack.said == []
            assert (became.state, became.last_error) == (DeliveryState.WAITING, "shared")
            told = TOLD.get(kind, _K.CHANNEL_TROUBLE)
            assert [each.kind for each, _ in outbox.due(built.db, built.clock.now(), URGENT)] == [told]
            continue
        ((recipient, message),) = built.slack.said
        assert recipient == (PERSON if private else CHANNEL)
        assert seen(message) == (SHOWS[kind] if private or expected is Posting.ALL else set())
        assert message.text
        assert became.state is DeliveryState.SENT


@pytest.mark.parametrize("state", ExportState)
async def test_no_state_gives_the_data_away(state: ExportState) -> None:
    """Also not by Token Flex's own words for what it did not accept, which repeat what was asked for."""
    export = Export(
        1, state, REQUEST, PERSON, CHANNEL, MovedClock().now(), MovedClock().now(), announcement=1,
        explanation=f"That did not work.\nunknown name in {WHERE} of {NAME}", upstream_file_name=f"{NAME}.csv",
    )  # fmt: skip
    link = DownloadLink(LINK, MovedClock().now())
    assert seen(export_card.card(export, link, discreet=True)) == set()
    assert seen(export_card.announcement(export, 1, link, discreet=True)) == set()
    assert f"<@{PERSON}>" in json.dumps(export_card.card(export, discreet=True).blocks)


@pytest.mark.parametrize(("setting", "sharing"), list(product(SETTINGS, Sharing)), ids=str)
async def test_where_the_link_of_a_press_is_shown(
    house: Callable[..., House], setting: tuple[SharedChannels, bool], sharing: Sharing
) -> None:
    """In the message for all, or for the eyes of who presses."""
    rule, is_set = setting
    for responds in RESPONSES[sharing]:
        built = house(responds, rule, is_set=is_set)
        await built.delivers(built.row(_K.RESULT, standing=True))
        links = Links(built.database, built.fresh, built.showings, built.clock, LinkAudience.CHANNEL, built.access)
        shown = await links.show(1, admitted(PERSON, CHANNEL), lambda: pytest.fail("nobody waits"), TS)
        for_all = TABLE[sharing][SETTINGS.index(setting)] is Posting.ALL
        assert shown.where is (Shown.THERE_ALREADY if for_all else Shown.PRIVATELY)


async def test_a_channel_is_asked_for_once_in_some_minutes(house: Callable[..., House]) -> None:
    """And what it has become since is found then: nothing more is shown, and what stands there is drawn again."""
    built = house(ALONE)
    card, result = built.row(_K.CARD), built.row(_K.RESULT)
    for row in (card, result):
        assert (await built.delivers(row)).state is DeliveryState.SENT
    assert [seen(message) for _, message in built.slack.said] == [SHOWS[_K.CARD], SHOWS[_K.RESULT]]
    assert built.slack.asked == 1
    built.slack.responds = SHARED
    await built.clock.advance(KEPT.total_seconds())
    built.slack.said.clear()
    outbox.put(built.db, card, built.clock.now())
    await built.delivers(known(built.db, card.subject))
    assert built.slack.asked == 2
    again = known(built.db, result.subject)
    assert (again.state, again.due_at, again.shows_link) == (DeliveryState.WAITING, built.clock.now(), False)
    await built.delivers(again)
    assert [seen(message) for _, message in built.slack.said] == [set(), set()]
    assert all(outbox.message(built.db, row.id).is_discreet for row in (card, result))  # type: ignore[union-attr]
    await built.delivers(built.row(_K.CARD))
    assert known(built.db, result.subject).state is DeliveryState.SENT  # once is enough


async def test_what_stands_there_with_a_link_is_drawn_again_first(house: Callable[..., House]) -> None:
    """The others follow with pauses, so that what is new is not kept waiting."""
    built = house(SHARED)
    rows = []
    for number in range(4):
        row = NewDelivery(subject=f"{number}", kind=_K.CARD, about=About.EXPORT, about_id=1, recipient=CHANNEL)
        rows.append(outbox.get(built.db, outbox.put(built.db, row, built.clock.now())))
        ends = built.clock.now() if number == 1 else None
        outbox.keep_message(built.db, SentMessage(rows[-1].id, CHANNEL, f"{number}.0", ends))
        outbox.mark_sent(built.db, rows[-1])
    outbox.draw_again(built.db, CHANNEL, built.clock.now())
    due = sorted((known(built.db, row.subject) for row in rows), key=lambda row: row.due_at)
    assert [row.subject for row in due] == ["1", "3", "2", "0"]
    pauses = [later.due_at - earlier.due_at for earlier, later in pairwise(due)]
    assert min(pauses) > timedelta(seconds=1.1)


@pytest.mark.parametrize("kind", [_K.CARD, _K.RESULT])
async def test_an_outage_shows_nothing(house: Callable[..., House], kind: MessageKind) -> None:
    """A message waits for Slack's word a few times; then it goes out and shows nothing of the data."""
    built = house(refuses(SlackBrokenError("HTTP 500")))
    row = built.row(kind)
    for _ in range(_ASKED_AT_MOST):
        row = await built.delivers(row)
        assert (row.state, built.slack.said) == (DeliveryState.WAITING, [])
    row = await built.delivers(row)
    assert row.state is DeliveryState.SENT
    assert [seen(message) for _, message in built.slack.said] == [set()]


async def test_a_link_that_has_ended_is_taken_out_in_an_outage_too(house: Callable[..., House]) -> None:
    """At once, and without the rest."""
    built = house(refuses(SlackBrokenError("HTTP 500")))
    await built.delivers(built.row(_K.EXPIRY))
    assert [seen(message) for _, message in built.slack.said] == [set()]


async def test_a_message_in_doubt_stays_in_doubt_in_an_outage(house: Callable[..., House]) -> None:
    """It may stand in Slack, so that it has to be looked for again before it is posted."""
    built = house(refuses(SlackBrokenError("HTTP 500")))
    row = built.row(_K.CARD, standing=True)
    built.db.execute("UPDATE outbox SET state = 'sending'")
    assert (await built.delivers(outbox.get(built.db, row.id))).state is DeliveryState.SENDING


async def test_what_slack_has_told_is_not_untold(house: Callable[..., House]) -> None:
    """A scope that is taken away later opens nothing."""
    built = house(SHARED)
    await built.delivers(built.row(_K.CARD))
    built.slack.responds = refuses(ScopeMissingError("missing_scope"))
    await built.clock.advance(timedelta(days=1).total_seconds())
    row = built.row(_K.RESULT)
    while row.state is not DeliveryState.SENT:
        row = await built.delivers(row)
    assert [seen(message) for _, message in built.slack.said] == [set(), set()]


@pytest.mark.parametrize("place", ["D1", "U1", "W1"])
async def test_nobody_else_reads_what_one_person_gets(house: Callable[..., House], place: str) -> None:
    """A direct message is not asked for."""
    built = house(SHARED, _R.REFUSE, is_set=True)
    assert await built.access.posting(place) is Posting.ALL
    await built.access.check_channel(place)
    assert built.slack.asked == 0


async def test_where_all_is_allowed_slack_is_not_asked(house: Callable[..., House]) -> None:
    """The method costs calls and scopes."""
    built = house(SHARED, _R.ALLOW, is_set=True)
    await built.delivers(built.row(_K.CARD))
    assert built.slack.asked == 0
