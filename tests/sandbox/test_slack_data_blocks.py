"""Tables and charts in messages: every limit with a pointer, nowhere but in messages, and refused on demand."""

import copy
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.rules.blocks import message_faults
from sandbox.slack.server import SlackSandbox
from tests.harness.talk import eventually
from tests.sandbox.slack_support import channel_id, modal, refusal, running, section


def text(content: str = "x") -> dict[str, Any]:
    return {"type": "raw_text", "text": content}


def number(value: float, **more: Any) -> dict[str, Any]:
    return {"type": "raw_number", "value": value, **more}


def rich(**element: str) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


RICH = rich(type="text", text="x")
HEADER = [text("Product"), text("Tokens")]


def data_table(*rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"type": "data_table", "caption": "Tokens by product", "rows": [HEADER, *rows], **more}


def table(*rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"type": "table", "rows": list(rows), **more}


def chart(kind: str = "bar", categories: int = 2, series: int = 1, **more: Any) -> dict[str, Any]:
    labels = [f"2026-{n}" for n in range(categories)]
    data = [{"label": label, "value": 1.5} for label in labels]
    drawn = {
        "type": kind,
        "series": [{"name": f"S{n}", "data": copy.deepcopy(data)} for n in range(series)],
        "axis_config": {"categories": labels},
    }
    return {"type": "data_visualization", "title": "Tokens by month", "chart": drawn, **more}


def pie(*values: float) -> dict[str, Any]:
    segments = [{"label": f"P{n}", "value": value} for n, value in enumerate(values)]
    return {"type": "data_visualization", "title": "Share", "chart": {"type": "pie", "segments": segments}}


def changed(block: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of the block with another value at a path of keys and places; None takes the key out."""
    block = copy.deepcopy(block)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    part: Any = block
    for key in way:
        part = part[key]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return block


ROW = [text("Revit"), number(1204.5, text="1,204.5")]
GOOD = [
    [data_table(ROW, page_size=10, row_header_column_index=0)],
    [data_table(*[ROW] * 100, page_size=100)],
    [changed(data_table(), "rows", [[text()] * 20] * 2)],
    [data_table([RICH, rich(type="emoji", name="tada")])],
    [table(*[[text()] * 20] * 25)],
    [table(*[[text()]] * 100, column_settings=[None, {"align": "right", "is_wrapped": True}])],
    [table([text("x" * 10_000)])],
    [chart(categories=20, series=6)],
    [changed(chart(), "chart/series/0/data/0/value", -3)],
    [chart(kind, title="x" * 50) for kind in ("line", "area")],
    [changed(chart(), "chart/axis_config/x_label", "x" * 50)],
    [pie(1, 2.5, 3, 4, 5, 6), chart(), data_table(ROW)],
]
BAD = [
    ([data_table()], "/blocks/0/rows"),
    ([data_table(*[ROW] * 101)], "/blocks/0/rows"),
    ([changed(data_table(), "rows", [[text()] * 21] * 2)], "/blocks/0/rows/0"),
    ([data_table([text()])], "/blocks/0/rows/1"),
    ([changed(data_table(ROW), "rows/0/0", RICH)], "/blocks/0/rows/0/0/type"),
    ([changed(data_table(ROW), "caption", None)], "/blocks/0"),
    ([data_table(ROW, page_size=101)], "/blocks/0/page_size"),
    ([data_table(ROW, page_size=0)], "/blocks/0/page_size"),
    ([data_table(ROW, row_header_column_index=2)], "/blocks/0/row_header_column_index"),
    ([data_table(ROW, column_settings=[])], "/blocks/0"),
    ([data_table([text(""), text()])], "/blocks/0/rows/1/0/text"),
    ([data_table([text(), number(float("nan"))])], "/blocks/0/rows/1/1/value"),
    ([data_table([text(), {"type": "raw_number", "text": "1"}])], "/blocks/0/rows/1/1"),
    ([data_table([text(), {"type": "mrkdwn", "text": "x"}])], "/blocks/0/rows/1/1/type"),
    ([data_table([text(), number(10**400)])], "/blocks/0/rows/1/1/value"),
    ([data_table([rich(type="text", text=""), text()])], "/blocks/0/rows/1/0/elements"),
    ([table([rich(type="link", url="x" * 10_001)])], "/blocks/0/rows"),
    ([data_table([text("x" * 9_990), text("x" * 10)])], "/blocks/0/rows"),
    ([table(*[[text()]] * 101)], "/blocks/0/rows"),
    ([table([text()] * 21)], "/blocks/0/rows/0"),
    ([table([text("")])], "/blocks/0/rows/0/0/text"),
    ([table([text("x" * 10_001)])], "/blocks/0/rows"),
    ([chart(title="x" * 51)], "/blocks/0/title"),
    ([changed(chart(), "title", None)], "/blocks/0"),
    ([chart("column")], "/blocks/0/chart/type"),
    ([chart(categories=21)], "/blocks/0/chart/axis_config/categories"),
    ([chart(series=7)], "/blocks/0/chart/series"),
    ([chart(series=0)], "/blocks/0/chart/series"),
    ([changed(chart(), "chart/series/0/name", "x" * 21)], "/blocks/0/chart/series/0/name"),
    ([changed(chart(series=2), "chart/series/1/name", "S0")], "/blocks/0/chart/series"),
    ([changed(chart(), "chart/axis_config/categories/1", "2026-0")], "/blocks/0/chart/axis_config/categories"),
    ([changed(chart(), "chart/axis_config/y_label", "x" * 51)], "/blocks/0/chart/axis_config/y_label"),
    ([changed(chart(), "chart/series/0/data/1/label", "other")], "/blocks/0/chart/series/0/data"),
    ([changed(chart(), "chart/series/0/data/1", None)], "/blocks/0/chart/series/0/data"),
    ([changed(chart(), "chart/series/0/data/1/value", "1")], "/blocks/0/chart/series/0/data/1/value"),
    ([changed(chart(), "chart/series/0/data/1/value", float("inf"))], "/blocks/0/chart/series/0/data/1/value"),
    ([pie(1, 0)], "/blocks/0/chart/segments/1/value"),
    ([pie(*[1] * 7)], "/blocks/0/chart/segments"),
    ([pie()], "/blocks/0/chart/segments"),
    ([changed(pie(1), "chart/segments/0/label", "x" * 21)], "/blocks/0/chart/segments/0/label"),
    ([chart(), pie(1), chart()], "/blocks/2"),
]


@pytest.mark.parametrize("blocks", GOOD)
def test_data_at_its_limits_passes(blocks: list[Any]) -> None:
    """What the documentation allows is allowed."""
    assert message_faults(blocks) == ([], "")


@pytest.mark.parametrize(("blocks", "pointer"), BAD)
def test_data_beyond_its_limits_is_refused(blocks: list[Any], pointer: str) -> None:
    """The whole message, with a pointer to the place."""
    faults, error = message_faults([section("sound"), *blocks])
    _, _, place, *rest = pointer.split("/")
    moved = "/".join(["", "blocks", str(int(place) + 1), *rest])
    assert error == "invalid_blocks"
    assert any(fault.endswith(f"[json-pointer:{moved}]") for fault in faults), faults


@pytest.mark.parametrize("blocks", [[data_table(ROW), table(ROW)], [data_table(ROW), data_table(ROW)]])
def test_one_table_of_either_kind(blocks: list[Any]) -> None:
    """The second has the error code of tables."""
    faults, error = message_faults(blocks)
    assert error == "invalid_attachments"
    assert "only_one_table_allowed" in faults[0]


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(string.ascii_letters, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "rows", "chart", "series", "data", "label", "name", "segments", "axis_config", "categories"]
            ),
            inner | st.sampled_from(["raw_text", "raw_number", "bar", "pie"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(
    kind=st.sampled_from(["table", "data_table", "data_visualization"]),
    keys=st.dictionaries(st.sampled_from(["rows", "chart", "caption", "title"]), json),
)
def test_any_data_is_judged(kind: str, keys: dict[str, Any]) -> None:
    """Whatever comes, there is a verdict."""
    assert isinstance(message_faults([{"type": kind, **keys}])[0], list)


@pytest.mark.parametrize("block", [data_table(ROW), table(ROW), chart()])
async def test_data_stands_in_messages_only(slack: SlackSandbox, client: AsyncWebClient, block: dict[str, Any]) -> None:
    """Posted, edited and read by people; refused on the Home tab and in forms."""
    finance, ana = channel_id(slack, "#finance"), slack.member("ana")
    posted = await client.chat_postMessage(channel=finance, text="x", blocks=[block])
    shown = (await ana.hears("#finance", "x")).visible_text()
    assert ("2026-1: 1.5" if block["type"] == "data_visualization" else "1,204.5") in shown
    edited = await client.chat_update(channel=finance, ts=str(posted["ts"]), text="y", blocks=[section("s"), block])
    assert edited["ok"]
    view = {"type": "home", "blocks": [block]}
    assert await refusal(client.views_publish(user_id=ana.id, view=view)) == "invalid_arguments"
    trigger = slack.triggers.give(ana.id, None)
    assert await refusal(client.views_open(trigger_id=trigger, view=modal(block))) == "invalid_arguments"


async def test_captions_and_numbers_are_read(slack: SlackSandbox, client: AsyncWebClient) -> None:
    """A caption, a number without a text of its own, axes and series."""
    blocks = [data_table([text("Maya"), number(17)]), changed(chart(), "chart/axis_config/x_label", "Month")]
    await client.chat_postMessage(channel=channel_id(slack, "#finance"), text="x", blocks=blocks)
    message = await slack.member("ana").hears("#finance", "Tokens by product", "Maya", "17", "Tokens by month", "Month")
    assert "S0" in message.visible_text()


async def test_native_blocks_are_refused_on_demand(slack: SlackSandbox, client: AsyncWebClient, app: AsyncApp) -> None:
    """However they are sent; the same answer without them passes."""
    slack.workspace.refused_blocks = frozenset({"data_table", "data_visualization"})
    finance, ana = channel_id(slack, "#finance"), slack.member("ana")
    for block in (data_table(ROW), chart()):
        post = client.chat_postMessage(channel=finance, text="x", blocks=[block])
        assert await refusal(post) == "invalid_blocks"
        private = client.chat_postEphemeral(channel=finance, user=ana.id, text="x", blocks=[block])
        assert await refusal(private) == "invalid_blocks"
    assert (await client.chat_postMessage(channel=finance, text="x", blocks=[table(ROW)]))["ok"]
    posted = await client.chat_postMessage(channel=finance, text="x", blocks=[section("x")])
    edit = client.chat_update(channel=finance, ts=str(posted["ts"]), text="x", blocks=[chart()])
    assert await refusal(edit) == "invalid_blocks"

    @app.command("/x")
    async def command(ack: Any, respond: Any) -> None:
        await ack(text="x", blocks=[chart()])
        assert (await respond(text="x", blocks=[chart()])).status_code == 400

    async with running(app, slack):
        assert (await ana.types("#finance", "/x")).error == "invalid_command_response"
        await eventually(lambda: slack.calls[-1].method == "response_url")
    assert slack.calls[-1].error == "invalid_blocks"
