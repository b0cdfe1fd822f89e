"""The machine's clock as the bot sees it."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest

from bot.runtime.clock import SystemClock


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(hours=-1), timedelta(days=400)])
def test_a_jump_of_the_machines_clock_moves_nothing(monkeypatch: pytest.MonkeyPatch, jump: timedelta) -> None:
    """Somebody sets the clock while the bot runs: its own goes on as before."""

    class Jumped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(UTC) + jump

    clock = SystemClock()
    before = clock.now()
    monkeypatch.setattr("bot.runtime.clock.datetime", Jumped)
    assert timedelta() <= clock.now() - before < timedelta(hours=1)
