"""`make demo-script`: the real bot against both stand-ins, as a conversation in the terminal.

A member asks how many tokens are left and then chooses a question. The bot announces its file and answers in the
thread, the first link expires, the member presses "Get a fresh link", and the CSV is downloaded.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

import aiohttp
from yarl import URL

from sandbox.demo_house import DemoHouse
from sandbox.slack.changes import Change
from sandbox.slack.member import Member
from sandbox.slack.messages import Message
from sandbox.terminal import Terminal, as_read
from sandbox.tokenflex.settings import EXAMPLE_CONTRACT, SandboxSettings
from sandbox.tokenflex.ways import add_ways

CHANNEL = "#finance"
COMMAND = "/tokenflex"
QUESTION = "Use by product and version"
PERIOD = "Last 90 days"
HURRY = 5.0  #: times as fast, while Autodesk makes the file
LINK_LIFE = 12.0  #: seconds; the real one lives one to five minutes
PATIENCE = 75.0
ROWS = 6


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
        await self._type(ana, f"{COMMAND} usage {EXAMPLE_CONTRACT}")
        await ana.hears(CHANNEL, "tokens of contract year", timeout=PATIENCE)
        await self._type(ana, COMMAND)
        await self._choose(ana)
        self.house.run_at(HURRY)
        result = await ana.hears(CHANNEL, "is ready", "Download", timeout=PATIENCE)
        self.house.run_at(1.0)
        await ana.hears(CHANNEL, "Answer to export #1", timeout=PATIENCE)
        await ana.waits(lambda: not result.links(), timeout=PATIENCE)
        self._terminal.note(f"The link has lived its {LINK_LIFE:.0f} seconds and is gone from the message.")
        self._terminal.says("ana", "presses", "[ Get a fresh link ]", "person")
        await ana.presses(result, "Get a fresh link")
        await ana.waits(lambda: bool(result.links()), timeout=PATIENCE)
        await self._download(result.links()[0])
        self._summary(ana)

    async def _type(self, ana: Member, line: str) -> None:
        self._terminal.says("ana", f"types in {CHANNEL}", line, "person")
        await ana.types(CHANNEL, line)

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
        self._terminal.says("tokenflex", f"{verb} {privately}".strip(), as_read(message), "bot")


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
