"""The baseline: a Bolt app that acknowledges `/tokenflex` and does nothing else. `python -m bench.bare_bolt URL`."""

import asyncio
import sys

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.server import SlackSandbox


async def _authorize() -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=None, team_id="T", bot_id="B", bot_user_id="U", bot_token=SlackSandbox.bot_token
    )


async def _main(base_url: str) -> None:
    client = AsyncWebClient(token=SlackSandbox.bot_token, base_url=base_url)
    app = AsyncApp(client=client, authorize=_authorize)

    @app.command("/tokenflex")
    async def _acknowledge(ack: AsyncAck) -> None:
        await ack()

    handler = AsyncSocketModeHandler(app, SlackSandbox.app_token, ping_interval=5.0)
    await handler.start_async()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
