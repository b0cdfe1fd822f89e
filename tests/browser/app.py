"""What the app posts in the browser tests, beside what the bot itself says."""

from typing import Any

import aiohttp

from tests.harness.house import House


async def post(house: House, *blocks: dict[str, Any], text: str = "said by the app", **more: Any) -> dict[str, Any]:
    """Post to #finance as the app does."""
    body = {"channel": house.slack.workspace.channel("#finance").id, "text": text, "blocks": list(blocks), **more}
    headers = {"Authorization": f"Bearer {house.slack.bot_token}"}
    url = f"{house.slack.api_url}chat.postMessage"
    async with aiohttp.ClientSession(headers=headers) as session, session.post(url, json=body) as answer:
        return dict(await answer.json())


def section(text: str, *, verbatim: bool = True) -> dict[str, Any]:
    """Return a paragraph of mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": verbatim}}
