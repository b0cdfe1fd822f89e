"""What is chosen last in a form stands there in the end, in whatever order its redraws are ready."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.errors import ViewOvertakenError
from bot.slack.views import Views
from handlers.forms.redraws import Redraws


class _Slack:
    """A form at Slack: a change names the hash that it knows, or none."""

    def __init__(self) -> None:
        self.shown, self.hash = "as it opened", 0
        self.is_open = True

    async def update(self, view: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
        await asyncio.sleep(0)
        if not self.is_open:
            raise ViewOvertakenError("not_found")
        if view.get("hash") not in {None, str(self.hash)}:
            raise ViewOvertakenError("hash_conflict")
        self.shown, self.hash = str(shown["said"]), self.hash + 1


def redraws_of(slack: _Slack) -> Redraws:
    return Redraws(cast("Views", slack))


@given(st.permutations(range(4)), st.integers(0, 3))
def test_the_newest_choice_is_what_stands_there(ready: list[int], seen_late: int) -> None:
    """Four choices, of which the later ones may have seen what the first has drawn, or not."""

    async def live() -> None:
        slack = _Slack()
        redraws = redraws_of(slack)
        gates = [asyncio.Event() for _ in range(4)]

        async def choose(index: int) -> None:
            view = {"id": "V1", "hash": str(slack.hash) if index > seen_late else "0"}
            with redraws.newest(view) as put:
                await gates[index].wait()
                await put({"said": f"choice {index}"})

        choices = [asyncio.create_task(choose(index)) for index in range(4)]
        await asyncio.sleep(0)
        for index in ready:
            gates[index].set()
            await choices[index]
        assert slack.shown == "choice 3"
        assert redraws._newest == {}

    asyncio.run(live())


async def test_a_form_that_is_being_sent_is_not_drawn_over() -> None:
    """Its answer is what the person waits for; a redraw that comes late is dropped."""
    slack = _Slack()
    redraws = redraws_of(slack)
    with redraws.newest({"id": "V1", "hash": "0"}) as put:
        with redraws.newest({"id": "V1", "hash": "0"}):
            await slack.update({"id": "V1"}, {"said": "Got it"})
        await put({"said": "the form"})
    assert slack.shown == "Got it"


@pytest.mark.parametrize("fails", [False, True])
async def test_a_form_that_was_closed_is_left_alone(fails: bool) -> None:
    """Nothing is raised, and nothing is kept of it, also where drawing failed."""
    slack = _Slack()
    slack.is_open = False
    redraws = redraws_of(slack)
    with suppress(RuntimeError), redraws.newest({"id": "V1", "hash": "0"}) as put:
        if fails:
            raise RuntimeError
        await put({"said": "the form"})
    assert slack.shown == "as it opened"
    assert redraws._newest == {}
