"""The bench's stand-ins have the shapes of the real parts: in a short day each message is handed over once."""

import pytest

from bench import polling_house
from bench.cases import Case, day
from bench.polling_house import World, live_through
from bench.stand_ins import SlackOnPaper, TokenFlexOnPaper
from bot.cards.blocks import Message
from bot.settings import CallPace
from bot.slack.posts import Posted
from bot.tokenflex.models import ExportRequest, UpstreamExport


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


def test_a_refused_pace_loses_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty at once by the pace `bucket`, where the limit is read strictly: each is made and announced once."""
    made: list[str] = []
    submit = TokenFlexOnPaper.submit

    def _submit(token_flex: TokenFlexOnPaper, request: ExportRequest) -> UpstreamExport:
        record = submit(token_flex, request)
        made.append(request.file_name)
        return record

    monkeypatch.setattr(TokenFlexOnPaper, "submit", _submit)
    monkeypatch.setattr(polling_house, "SlackOnPaper", _Counted)
    outcome = live_through(day(Case("twenty at once", 20, 2, 2.0), seed=1), world=World(CallPace.BUCKET, "B"))
    assert 1 <= outcome.refused["B"] <= 12
    assert len(made) == len(set(made)) == len(outcome.posted) == 20
