"""What is known of a server's clock: learned from its answers, and learned anew when a clock has jumped."""

from datetime import timedelta

import pytest

from bot.runtime.server_time import ServerTime
from tests.harness.moved_clock import MovedClock


def observe(server: ServerTime, clock: MovedClock, *seconds: float) -> None:
    """Let answers arrive from a clock that is so far ahead of ours."""
    for ahead in seconds:
        server.observe(clock.now() + timedelta(seconds=ahead - 0.5))


def test_nothing_is_known_before_the_server_has_spoken() -> None:
    """Until then its clock is taken to show what ours shows."""
    clock = MovedClock()
    server = ServerTime(clock)
    assert (server.difference, server.known_difference, server.known_now) == (0.0, None, None)
    observe(server, clock, 90)
    assert server.known_now == clock.now() + timedelta(seconds=90)


def test_answers_that_took_long_do_not_move_it() -> None:
    """The middle of several counts."""
    clock = MovedClock()
    server = ServerTime(clock)
    observe(server, clock, 90, 90.2, 84, 90.1)
    assert server.difference == pytest.approx(90.05)


@pytest.mark.parametrize("jump", [3600, -720])
def test_a_jump_is_believed_at_once(jump: float) -> None:
    """The machine was suspended, so that its clock stood still, or the server's clock was set."""
    clock = MovedClock()
    server = ServerTime(clock)
    observe(server, clock, *[0.0] * 9, jump)
    assert server.difference == pytest.approx(jump)
