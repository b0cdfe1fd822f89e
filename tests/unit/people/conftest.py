"""What tests of who may are given."""

import pytest

from bot.slack.api import SlackApi
from bot.slack.members import Members
from tests.harness.accounts import TEAM, Clock, Slack


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(slack: Slack, clock: Clock) -> Members:
    return Members(SlackApi(slack, clock), TEAM, clock)  # type: ignore[arg-type]
