"""What tests of modals share: a bot that opens one and answers what is submitted."""

from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.member import Member
from sandbox.slack.modal import Modal
from sandbox.slack.server import SlackSandbox
from tests.sandbox.slack_support import option

TEXT = {"type": "plain_text_input"}
MONTHS = [option("January", "1"), option("May", "5")]


class Form:
    """A bot whose command opens a view, and which answers submissions with what the test says."""

    def __init__(self, app: AsyncApp, view: dict[str, Any]) -> None:
        self.view = view
        self.answer: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []
        self.acted: list[dict[str, Any]] = []
        app.command("/tokenflex")(self.open)
        app.view("form")(self.submitted)
        app.view_closed("form")(self.closed)
        app.action("v")(self.pressed)

    async def open(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=self.view)

    async def submitted(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        await ack(**self.answer)

    async def closed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.bodies.append(body)
        await ack()

    async def pressed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        self.acted.append(body)
        await ack()

    def values(self) -> dict[str, Any]:
        return {block: next(iter(held.values())) for block, held in self.bodies[-1]["view"]["state"]["values"].items()}


async def shown(slack: SlackSandbox, channel: str = "#finance", who: str = "ana") -> Modal:
    await slack.member(who).types(channel, "/tokenflex")
    return await slack.member(who).sees_modal()


def top(person: Member) -> Modal:
    """Return the view that lies on top of somebody's stack."""
    assert person.modal is not None
    return person.modal
