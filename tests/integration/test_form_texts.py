"""Texts that people type into the form, and the form itself, whatever stands in it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.actions import MadeFor
from bot.signs import visible
from bot.tokenflex.catalogue import Catalogue, Category, Field, Metric
from bot.tokenflex.models import Contract, ExportRequest
from bot.tokenflex.rules import plain_file_name
from handlers.forms import export_modal
from handlers.forms.export_modal import Choices, Draft, Opened
from handlers.words.slack_text import straight_clause
from sandbox.clock import ScaledClock
from sandbox.slack.changes import Changes
from sandbox.slack.views import OpenView, checked_view
from sandbox.slack.workspace import Workspace
from tests.harness.forms import TITLE, fill, open_form, submissions
from tests.harness.house import CONTRACT, House
from tests.harness.talk import card_of, eventually

MENTION = "<!channel> <@U0SBX00002> @here"
HOSTILE = [
    f"productName = '{MENTION}'",
    "productName = '<https://evil.example|click> *bold* `code` ~x~ > quote'",
    "userName = '🤖👩‍💻 :tada: \u202eadmin'",
    "userName = 'مثال' OR userName = 'דוגמה'",
    f"productName = '{'&<>' * 950}'",
    " OR ".join(f"contractYear = {number}" for number in range(10, 150)),
]


@pytest.mark.parametrize("where", HOSTILE)
async def test_a_hostile_where_clause_is_sent_as_typed_and_shown_as_text(house: House, where: str) -> None:
    """Token Flex gets every character; nobody is notified, nothing becomes a link, no block is refused."""
    seen = submissions(house)
    modal = await open_form(house)
    fill(modal, Columns=["productName"], Only_rows_where=where)
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await eventually(lambda: bool(seen))
    assert seen[0][1]["where"] == where
    ana = house.member("ana")
    await ana.hears("#finance", "export #1 is ready", private=False, timeout=20)
    await ana.presses(card_of(ana), "Details")
    details = await ana.hears("#finance", "Asked for", where[:16], private=True)
    for message in [*ana.sees("#finance"), details]:
        assert message.mentions() <= {"ana"}
        assert message.blocks
        assert not any("evil" in link for link in message.links())
    assert all(call.error is None for call in house.slack.calls)


@pytest.mark.parametrize("name", ["🤖👩‍💻 ~x~ _z_", "& &amp; 'x' `y`", "@here @channel", "تقرير", "x" * 100])
async def test_a_hostile_file_name_is_sent_as_typed_and_shown_as_text(house: House, name: str) -> None:
    """It reaches Token Flex unchanged, notifies nobody, and comes back into the form as it was."""
    house.token_flex.controls.answer_next(400, "POST", "/requests", body={"Code": MENTION, "Message": MENTION})
    seen = submissions(house)
    modal = await open_form(house)
    modal.fill("File name", name)
    await modal.submit()
    await modal.shows("Got it: export #1.")
    await modal.dismiss()
    await eventually(lambda: bool(seen))
    assert seen[0][1]["downloadFileName"] == name
    ana = house.member("ana")
    message = await ana.hears("@tokenflex", "did not accept your request", "<!channel>")
    for each in [message, *ana.sees("#finance")]:
        assert each.mentions() <= {"ana"}
    await ana.presses(message, "Edit and send again")
    assert (await ana.sees_modal(TITLE)).value("File name") == name


CATALOGUE = Catalogue()
CONTRACTS = (Contract(CONTRACT, "Example AG"), Contract("11000099871", "<!channel> 🤖\n" * 20, is_active=False))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(HOSTILE[:4])


def some(names: tuple[Field | Metric | Category, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from([one.name for one in names]), unique=True).map(tuple)


def settled_name(text: str) -> str:
    while plain_file_name(text) != text:
        text = plain_file_name(text)
    return text


WORKSPACE = Workspace(ScaledClock(1.0), Changes())
DRAFTS = st.builds(
    Draft,
    st.builds(
        ExportRequest,
        contract_number=st.sampled_from(["", CONTRACT, "11000099871", "99"])
        | TEXTS.map(str.strip).filter(lambda text: len(text) <= 40),
        usage_categories=some(CATALOGUE.categories),
        fields=some(CATALOGUE.fields),
        metrics=some(CATALOGUE.metrics),
        where=TEXTS.map(lambda text: straight_clause(text).strip()),
        file_name=TEXTS.map(settled_name),
    ),
    channel=st.sampled_from(list(WORKSPACE.channels)),
)


@settings(max_examples=150, deadline=None)
@given(
    DRAFTS,
    st.sampled_from([None, True]),
    st.sampled_from([CONTRACTS, CONTRACTS[:1], ()]),
    st.none() | st.integers(1, 10**6),
)
def test_any_draft_shown_in_slacks_form_reads_back(
    draft: Draft, type_contract: bool | None, contracts: tuple[Contract, ...], again: int | None
) -> None:
    """What the workspace takes, shows and sends back untouched is the same draft, and remembers where it came from."""
    opened = Opened(draft.channel, None if again is None else MadeFor(again, "abc"))
    view = export_modal.build(draft, Choices(contracts, CATALOGUE), type_contract=type_contract, opened=opened)
    here = next(iter(WORKSPACE.channels.values()))
    shown = OpenView("V1", WORKSPACE.user("ana"), checked_view(view), here, "V1", None).as_json()
    number = visible(draft.request.contract_number).strip()  # what nobody can see is no part of it
    assert export_modal.parse(shown) == replace(draft, request=replace(draft.request, contract_number=number))
    assert export_modal.opened_of(shown) == opened


def test_contracts_that_slack_would_not_take_are_not_offered() -> None:
    """A number longer than any field, or none, would cost the whole form; a name with line breaks is one line."""
    odd = (Contract("1" * 200, "Too long"), Contract(CONTRACT, "Two\nlines\t "))
    view = checked_view(export_modal.build(Draft(), Choices(odd, CATALOGUE)))
    element = next(block["element"] for block in view["blocks"] if block["block_id"] == export_modal.CONTRACT)
    assert [option["text"]["text"] for option in element["options"]] == [f"{CONTRACT} · Two lines"]


def test_what_keeps_a_form_from_being_stored_stands_on_a_field_that_every_form_has() -> None:
    """Slack shows an error only on an input block of the view that was submitted."""
    told = export_modal.trouble("Tell them `abc`. " * 200)
    for contracts in (CONTRACTS, ()):
        view = export_modal.build(Draft(), Choices(contracts, CATALOGUE))
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        assert set(told) <= inputs
    assert "`" not in told[export_modal.CHANNEL]
    assert len(told[export_modal.CHANNEL]) <= 600
