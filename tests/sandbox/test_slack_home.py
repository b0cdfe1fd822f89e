"""The app's Home tab, menus that ask the app, dates, and forms that change while they are filled."""

import asyncio
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.errors import NotSeenError, SlackFault
from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import (
    HandClock,
    actions,
    button,
    channel_id,
    client_of,
    field,
    modal,
    option,
    plain,
    refusal,
    running,
    section,
    workspace,
)

SEARCH = {"type": "external_select", "action_id": "find", "placeholder": plain("Person"), "min_query_length": 2}
NAMES = ["Anna", "Anton", "Berta"]


def home(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "home", "blocks": list(blocks), **more}


def offering(app: AsyncApp, action_id: str = "find") -> list[dict[str, Any]]:
    """Let the app answer searches by prefix; return the list of what it was asked."""
    asked: list[dict[str, Any]] = []

    @app.options(action_id)
    async def options(ack: Any, payload: dict[str, Any]) -> None:
        asked.append(payload)
        await ack(options=[option(name) for name in NAMES if name.startswith(payload["value"])])

    return asked


async def test_a_home_tab_is_published_and_seen(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """For each person their own, replaced by what is published later, under the same id and a new hash."""
    ana = slack.member("ana")
    assert ana.home is None
    first = (await client.views_publish(user_id=ana.id, view=home(section("one"))))["view"]
    shown = await ana.sees_home("one")
    second = (await client.views_publish(user_id=ana.id, view=home(section("two"), private_metadata="page 2")))["view"]
    assert await ana.sees_home("two") is shown
    assert (first["id"], first["type"]) == (second["id"], "home")
    assert first["hash"] != second["hash"]
    assert second["private_metadata"] == "page 2"
    assert slack.member("ben").home is None
    with pytest.raises(NotSeenError):
        await ana.sees_home("one", timeout=0.01)


async def test_a_stale_hash_is_a_conflict(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """With the hash of what stands there, or with none, it is published."""
    ana = slack.member("ana").id
    assert await refusal(client.views_publish(user_id=ana, view=home(section("x")), hash="1")) == "hash_conflict"
    first = (await client.views_publish(user_id=ana, view=home(section("one"))))["view"]["hash"]
    assert (await client.views_publish(user_id=ana, view=home(section("two")), hash=first))["ok"]
    assert await refusal(client.views_publish(user_id=ana, view=home(section("x")), hash=first)) == "hash_conflict"
    assert (await client.views_publish(user_id=ana, view=home(section("three"))))["ok"]


@pytest.mark.parametrize(
    ("view", "pointer"),
    [
        (home(), "/view/blocks"),
        (home(*[section("x")] * 101), "/view/blocks"),
        (home(section("x"), title=plain("Home")), "/view"),
        (home(section("x"), submit=plain("Send")), "/view"),
        (home(section("x"), clear_on_close=True), "/view"),
        (home({"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}), "/view/blocks/0/type"),
        (home({"type": "markdown", "text": "x"}), "/view/blocks/0/type"),
        (home(field("N", {"type": "number_input", "is_decimal_allowed": True}, "n")), "/view/blocks/0/element/type"),
        (home(section("x"), private_metadata="x" * 3001), "/view/private_metadata"),
        (modal(section("x")), "/view/type"),
    ],
)
async def test_home_views_have_their_own_limits(
    client: AsyncWebClient, slack: SlackSandbox, view: Any, pointer: str
) -> None:
    """A hundred blocks, no buttons of a form, and not every block and field."""
    with pytest.raises(SlackApiError) as caught:
        await client.views_publish(user_id=slack.member("ana").id, view=view)
    assert caught.value.response["error"] == "invalid_arguments"
    assert any(f"json-pointer:{pointer}]" in each for each in caught.value.response["response_metadata"]["messages"])
    assert slack.member("ana").home is None


async def test_what_fits_exactly_is_taken(client: AsyncWebClient, slack: SlackSandbox) -> None:
    """A hundred blocks; an input without a submit button; 250 kB and not a kilobyte more."""
    ana = slack.member("ana").id
    assert (await client.views_publish(user_id=ana, view=home(*[section("x")] * 100)))["ok"]
    assert (await client.views_publish(user_id=ana, view=home(field("T", {"type": "plain_text_input"}, "t"))))["ok"]
    large = home(*[section("x" * 2900) for _ in range(90)])
    assert await refusal(client.views_publish(user_id=ana, view=large)) == "view_too_large"
    assert (await client.views_publish(user_id=ana, view=home(*[section("x" * 2600) for _ in range(90)])))["ok"]


async def test_a_home_tab_needs_to_be_switched_on(clock: HandClock, session: Any) -> None:
    """Without it nothing is published or opened; and it is published for people only."""
    async with workspace(clock, home_tab=False) as slack:
        client = client_of(slack, session)
        ana = slack.member("ana")
        assert await refusal(client.views_publish(user_id=ana.id, view=home(section("x")))) == "not_enabled"
        bot = slack.workspace.bot.id
        assert await refusal(client.views_publish(user_id=bot, view=home(section("x")))) == "invalid_arguments"
        with pytest.raises(AssertionError, match="no Home"):
            ana.opens_app()


async def test_publishing_at_every_opening(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """The event shows what is published already."""
    slack.events.subscribed = frozenset({"app_home_opened"})
    seen: list[int] = []

    @app.event("app_home_opened")
    async def opened(event: dict[str, Any]) -> None:
        seen.append(len(event["view"]["blocks"]) if "view" in event else 0)
        await client.views_publish(user_id=event["user"], view=home(*[section(f"opening {len(seen)}")] * len(seen)))

    async with running(app, slack):
        ana = slack.member("ana")
        for count in (1, 2):
            ana.opens_app()
            await ana.sees_home(f"opening {count}")
    assert seen == [0, 1]


async def test_acts_on_the_home_tab(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """Buttons and overflow menus by what stands beside them; the trigger opens a form, the hash publishes anew."""
    overflow = {"type": "overflow", "action_id": "more", "options": [option("Rename"), option("Delete")]}
    rows = [section(f"row {n}", accessory=button("Open", "open", value=str(n))) for n in (1, 2)]
    menus = [section(f"entry {n}", accessory=overflow) for n in (1, 2)]
    heard: list[Any] = []

    @app.action("open")
    async def opens(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        heard.append(body["actions"][0]["value"])
        assert body["container"]["view_id"] == body["view"]["id"]
        await client.views_open(trigger_id=body["trigger_id"], view=modal(section("opened")))

    @app.action("more")
    async def more(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        heard.append(body["actions"][0]["selected_option"]["value"])
        await client.views_publish(user_id=body["user"]["id"], view=home(section("gone")), hash=body["view"]["hash"])

    async with running(app, slack):
        ana = slack.member("ana")
        await client.views_publish(user_id=ana.id, view=home(*rows, *menus))
        shown = await ana.sees_home("row 2")
        await shown.presses("Open", beside="row 2")
        await ana.sees_modal("opened")
        await shown.chooses("entry 1", "Delete")
        await shown.shows("gone")
        with pytest.raises(AssertionError, match="no overflow"):
            await shown.chooses("entry 1", "Delete")
    assert heard == ["2", "Delete"]


async def test_fields_on_the_home_tab_dispatch(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """A filter that is changed tells the app, with the state of every field."""
    picker = {"type": "datepicker", "action_id": "day", "placeholder": plain("From"), "initial_date": "2026-01-31"}
    heard: list[dict[str, Any]] = []

    @app.action("day")
    async def day(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        heard.append(body)

    async with running(app, slack):
        ana = slack.member("ana")
        await client.views_publish(user_id=ana.id, view=home(actions(picker)))
        shown = await ana.sees_home()
        assert (shown.labels(), shown.value("From")) == (["From"], "2026-01-31")
        shown.fill("From", "2026-02-28")
        await shown.settled()
    assert heard[0]["actions"][0]["selected_date"] == "2026-02-28"
    assert "2026-02-28" in str(heard[0]["view"]["state"]["values"])


async def test_a_global_shortcut(clock: HandClock, session: Any) -> None:
    """Found by its name; its trigger opens a form, and it tells neither a channel nor a response URL."""
    async with workspace(clock, shortcuts={"New export": "new"}) as slack:
        client = client_of(slack, session)
        app = AsyncApp(client=client)
        heard: list[dict[str, Any]] = []

        @app.shortcut("new")
        async def new(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            heard.append(body)
            await client.views_open(trigger_id=body["trigger_id"], view=modal(section("opened")))

        async with running(app, slack):
            ana = slack.member("ana")
            assert (await ana.uses("New export")).error is None
            await ana.sees_modal("opened")
            with pytest.raises(AssertionError, match="New export"):
                await ana.uses("Another")
            slack.grant({"chat:write"})
            with pytest.raises(AssertionError, match="no shortcut"):
                await ana.uses("New export")
    assert [(body["type"], body["callback_id"], body["user"]["id"]) for body in heard] == [("shortcut", "new", ana.id)]
    assert not {"channel", "response_url", "container"} & heard[0].keys()


async def test_a_search_in_a_message(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """The app is asked with the message around; what it offers can be chosen."""
    asked = offering(app)
    chosen: list[Any] = []

    @app.action("find")
    async def find(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        chosen.append(body["actions"][0]["selected_option"]["text"]["text"])

    async with running(app, slack):
        blocks = [section("who?", accessory=SEARCH)]
        await client.chat_postMessage(channel=channel_id(slack, "#finance"), text="who?", blocks=blocks)
        ana = slack.member("ana")
        message = await ana.hears("#finance", "who?")
        assert await ana.searches(message, "Person", "A") == []
        assert await ana.searches(message, "Person", "An") == ["Anna", "Anton"]
        await ana.chooses(message, "Person", "Anton")
        with pytest.raises(AssertionError, match="does not offer"):
            await ana.chooses(message, "Person", "Berta")
    assert chosen == ["Anton"]
    assert [(each["value"], each["message"]["ts"], each["container"]["type"]) for each in asked] == [
        ("An", message.ts, "message")
    ]


async def test_several_from_a_search_in_a_form(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """What one search brought can be chosen while another brings other options, and what was chosen stays."""
    offering(app, "v")
    sent: list[Any] = []

    @app.command("/x")
    async def command(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        menu = {"type": "multi_external_select", "min_query_length": 1, "max_selected_items": 2}
        await client.views_open(trigger_id=body["trigger_id"], view=modal(field("People", menu, "p")))

    @app.view("form")
    async def submitted(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        sent.append([each["value"] for each in body["view"]["state"]["values"]["p"]["v"]["selected_options"]])

    async with running(app, slack):
        ana = slack.member("ana")
        await ana.types("#finance", "/x")
        form = await ana.sees_modal("People")
        assert await form.search("People", "B") == ["Berta"]
        assert await form.search("People", "An") == ["Anna", "Anton"]
        form.fill("People", ["Berta"])
        assert await form.search("People", "An") == ["Anna", "Anton"]
        form.fill("People", ["Berta", "Anna"])
        with pytest.raises(AssertionError, match="No more than 2"):
            form.fill("People", ["Berta", "Anna", "Anton"])
        await form.submit()
    assert sent == [["Berta", "Anna"]]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"options": [option(str(n)) for n in range(101)]}, "invalid_options"),
        ({"options": [option("x" * 76)]}, "invalid_options"),
        ({}, "invalid_options"),
        ({"option_groups": [{"label": plain("G"), "options": [option("a")]}] * 101}, "invalid_options"),
        (None, "operation_timeout"),
    ],
)
async def test_what_a_menu_cannot_show(
    slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient, answer: dict[str, Any] | None, error: str
) -> None:
    """More than a hundred options, too long ones, none at all, or no answer in time."""
    slack.sockets.ack_seconds = 0.2

    @app.options("find")
    async def options(ack: Any) -> None:
        await (asyncio.sleep(0.3) if answer is None else ack(answer))

    async with running(app, slack):
        ana = slack.member("ana")
        await client.views_publish(user_id=ana.id, view=home(section("Who?", accessory=SEARCH)))
        shown = await ana.sees_home("Who?")
        with pytest.raises(SlackFault, match=error):
            await shown.search("Who?", "An")


async def test_a_hundred_options_are_shown(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """That many and no more."""

    @app.options("find")
    async def options(ack: Any) -> None:
        await ack(options=[option(str(n)) for n in range(100)])

    async with running(app, slack):
        ana = slack.member("ana")
        await client.views_publish(user_id=ana.id, view=home(section("Who?", accessory=SEARCH)))
        assert len(await (await ana.sees_home("Who?")).search("Who?", "An")) == 100


@pytest.mark.parametrize("wrong", ["31.01.2026", "2026-02-30", "2026-1-31", "tomorrow"])
async def test_only_a_date_can_be_picked(slack: SlackSandbox, client: AsyncWebClient, wrong: str) -> None:
    """Nobody can type into a calendar."""
    ana = slack.member("ana")
    picker = {"type": "datepicker"}
    await client.views_publish(user_id=ana.id, view=home(field("Day", picker, "d")))
    shown = await ana.sees_home("Day")
    with pytest.raises(AssertionError, match="cannot be picked"):
        shown.fill("Day", wrong)
    shown.fill("Day", "2026-01-31")
    assert shown.value("Day") == "2026-01-31"
    shown.fill("Day", None)
    assert shown.value("Day") is None


async def test_a_form_changes_while_it_is_filled(slack: SlackSandbox, app: AsyncApp, client: AsyncWebClient) -> None:
    """A choice dispatches; the update by its hash adds a field and keeps what was entered; a stale hash does not."""
    kind = field(
        "Kind", {"type": "static_select", "options": [option("Days"), option("Months")]}, "k", dispatch_action=True
    )
    name = field("Name", {"type": "plain_text_input"}, "n", optional=True)
    hashes: list[str] = []

    @app.command("/x")
    async def command(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal(kind, name))

    @app.action("v")
    async def chosen(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        hashes.append(body["view"]["hash"])
        day = field("Day", {"type": "datepicker"}, "d")
        await client.views_update(view_id=body["view"]["id"], hash=hashes[-1], view=modal(kind, name, day))

    async with running(app, slack):
        ana = slack.member("ana")
        await ana.types("#finance", "/x")
        form = await ana.sees_modal("Kind")
        form.fill("Name", "mine")
        form.fill("Kind", "Days")
        await form.settled()
        await form.shows("Day")
        assert (form.labels(), form.value("Name"), form.value("Kind")) == (["Kind", "Name", "Day"], "mine", "Days")
        form.fill("Day", "2026-11-29")
        stale = client.views_update(view_id=form.view.id, hash=hashes[0], view=modal(kind))
        assert await refusal(stale) == "hash_conflict"
        published = await client.views_publish(user_id=ana.id, view=home(section("x")))
        wrong = client.views_update(view_id=published["view"]["id"], view=modal(kind))
        assert await refusal(wrong) == "invalid_arguments"
        assert (await client.views_update(view_id=published["view"]["id"], view=home(section("y"))))["ok"]
        await ana.sees_home("y")
