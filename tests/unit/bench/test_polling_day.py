"""The bench's stand-ins have the shapes of the real parts: in a short day each message is handed over once."""

import pytest

from bench import polling_house
from bench.cases import Case, day
from bench.polling_house import live_through
from bench.stand_ins import SlackOnPaper
from bot.cards.blocks import Message
from bot.slack.posts import Posted


class _Counted(SlackOnPaper):
    edits = 0

    async def edit(self, posted: Posted, message: Message) -> Posted:
        type(self).edits += 1
        return await super().edit(posted, message)


def test_a_day_of_the_bench_is_lived_through_without_a_message_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _Counted.edits = 0
    monkeypatch.setattr(polling_house, "SlackOnPaper", _Counted)
    outcome = live_through(day(Case("three exports", 3, 1, 60.0), seed=1))
    assert len(outcome.noticed) == len(outcome.posted) == 3
    assert _Counted.edits <= 12  # each card is edited when it is submitted and when it is ready, each link taken out
