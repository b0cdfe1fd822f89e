"""`make demo-script`: the real bot against both stand-ins, as a conversation in the terminal.

A member chooses a question, the bot announces it, the first link expires, the member presses "Get a fresh link",
and the CSV is downloaded.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from yarl import URL

from sandbox.demo_house import DemoHouse
from sandbox.slack.changes import Change
from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from sandbox.tokenflex.settings import SandboxSettings
from sandbox.tokenflex.ways import add_ways

CHANNEL = "#finance"
COMMAND = "/tokenflex"
QUESTION = "Use by product and version"
PERIOD = "Last 90 days"
LINK_LIFE = 12.0  #: seconds; the real one lives one to five minutes
PATIENCE = 75.0
ROWS = 6

_COLORS = {"person": "\033[1;36m", "bot": "\033[1;32m", "note": "\033[2m", "end": "\033[0m"}


class Terminal:
    """Shows the conversation as it happens."""

    def __init__(self) -> None:
        self._colored = sys.stdout.isatty() and "NO_COLOR" not in os.environ  # noqa: TID251 - not the bot's settings
        self._started = time.monotonic()

    def says(self, who: str, where: str, text: str, kind: str) -> None:
        """Print what somebody wrote."""
        body = "\n".join(f"        {line}" for line in text.splitlines() if line.strip())
        print(f"{self._stamp()} {self._paint(who, kind)} {self._paint(where, 'note')}\n{body}", flush=True)

    def note(self, text: str) -> None:
        """Print what happens outside Slack."""
        print(f"{self._stamp()} {self._paint(text, 'note')}", flush=True)

    def _stamp(self) -> str:
        return self._paint(f"{time.monotonic() - self._started:5.1f}s", "note")

    def _paint(self, text: str, kind: str) -> str:
        return f"{_COLORS[kind]}{text}{_COLORS['end']}" if self._colored else text


class Demo:
    """One member who talks with the bot, and a terminal that shows it."""

    def __init__(self, terminal: Terminal, folder: Path, *, recorded: bool) -> None:
        self._terminal = terminal
        settings = SandboxSettings(durations=(4.0, 7.0), link_life=LINK_LIFE, recorded=recorded)
        self.house = DemoHouse(folder, settings)
        self._slack, self._token_flex = self.house.slack, self.house.token_flex

    async def start(self) -> None:
        """Start everything."""
        self._slack.controls.subscribe(self._show)
        await self.house.start()
        self._terminal.note(f"Slack stands in at {self._slack.api_url}, Token Flex at {self._token_flex.base_url}")
        self._terminal.note("The bot is connected over Socket Mode.")
        async with asyncio.timeout(PATIENCE):  # it knows its contracts a moment later, and the form is shorter then
            while not self._was_listed():  # noqa: ASYNC110 - the stand-in tells nobody
                await asyncio.sleep(0.1)

    def _was_listed(self) -> bool:
        return any(call.path.endswith("/contract") and call.status for call in self._token_flex.calls)

    async def converse(self) -> None:
        """Have the conversation from the command to the CSV."""
        ana = self._slack.member("ana")
        self._terminal.says("ana", f"types in {CHANNEL}", COMMAND, "person")
        await ana.types(CHANNEL, COMMAND)
        await self._choose(ana)
        result = await ana.hears(CHANNEL, "is ready", "Download", timeout=PATIENCE)
        await ana.waits(lambda: not result.links(), timeout=PATIENCE)
        self._terminal.note(f"The link has lived its {LINK_LIFE:.0f} seconds and is gone from the message.")
        self._terminal.says("ana", "presses", "[ Get a fresh link ]", "person")
        await ana.presses(result, "Get a fresh link")
        await ana.waits(lambda: bool(result.links()), timeout=PATIENCE)
        await self._download(result.links()[0])
        self._summary(ana)

    async def _choose(self, ana: Member) -> None:
        """Fill in the form that opens, and send it."""
        form = await ana.sees_modal()
        for label, chosen in {"What do you want to know?": QUESTION, "Period": PERIOD}.items():
            form.fill(label, chosen)
            await form.settled()
            await form.shows(chosen)  # drawn anew, with the sentence that says what it will be
        filled = [f"{label} {value}" for label in form.labels() if (value := form.value(label))]
        self._terminal.says("ana", f"fills in “{form.title}”", "\n".join(filled), "person")
        await form.submit()

    async def _download(self, link: str) -> None:
        async with aiohttp.ClientSession() as session, session.get(URL(link, encoded=True)) as answer:
            answer.raise_for_status()
            text = (await answer.read()).decode("utf-8-sig")
        lines = text.splitlines()
        self._terminal.says("ana", f"downloads {len(lines) - 1} rows", "\n".join([*lines[: ROWS + 1], "…"]), "person")

    def _summary(self, ana: Member) -> None:
        calls = self._token_flex.calls
        refused = sum(1 for call in calls if call.status == 429)
        self._terminal.note(
            f"{len(calls)} calls to Token Flex, {refused} refused for their rate; {ana.name} saw "
            f"{len(ana.errors)} errors. Done."
        )

    def _show(self, change: Change) -> None:
        if change.kind not in {"message_posted", "message_edited"} or not isinstance(change.subject, Message):
            return
        message = change.subject
        if message.author != "tokenflex":
            return
        privately = f"only {message.ephemeral_for} sees it" if message.ephemeral_for else f"in {message.channel}"
        verb = "edits" if change.kind == "message_edited" else "in a thread," if message.thread_ts else ""
        self._terminal.says("tokenflex", f"{verb} {privately}".strip(), _as_read(message), "bot")


def _as_read(message: Message) -> str:
    """Return the text of the blocks once, and the buttons in one line below it."""
    labels = message.buttons()
    hidden = {*labels, message.text}
    lines = [line for line in message.visible_text().splitlines() if line.strip() not in hidden]
    return "\n".join([*dict.fromkeys(lines), " ".join(f"[ {label} ]" for label in labels)])


async def _run(*, recorded: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="tokenflex-demo-") as folder:
        demo = Demo(Terminal(), Path(folder), recorded=recorded)
        try:
            await demo.start()
            await demo.converse()
        finally:
            await demo.house.stop()


def main() -> None:
    """Run the conversation."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo_script", description=__doc__)
    add_ways(parser)
    try:
        asyncio.run(_run(recorded=parser.parse_args().recorded))
    except KeyboardInterrupt:
        print("stopped")


if __name__ == "__main__":
    main()
