"""`python -m bot init`: the questions, the checks at the stand-ins, and the file that comes out."""

import asyncio
import os
import pty
import select
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from dotenv import dotenv_values

from bot import settings
from bot.operate.guide import ASKED, IDS, WHERE
from bot.operate.init.wizard import Talk, UnknownSettingError, Wizard
from bot.settings import environment
from bot.slack import manifest
from tests.harness.house import ROOT, House
from tests.harness.process import start_process
from tests.integration.conftest import OpenHouse

CLIENT = ("APS_CLIENT_ID", "APS_CLIENT_SECRET")
GOOD = ("xoxb-sandbox-bot", "xapp-sandbox-app", "sandbox-client", "sandbox-secret")


class Administrator:
    """Answers the questions in turn; what is typed in answer to a secret question is kept apart."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.read: list[str] = []
        self.asked: list[str] = []
        self.asked_secretly: list[str] = []

    def talk(self) -> Talk:
        """How the wizard reaches this person."""
        return Talk(self._ask, self._ask_secret, self.read.append)

    def _ask(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.answers.pop(0)

    def _ask_secret(self, prompt: str) -> str:
        self.asked_secretly.append(prompt)
        return self.answers.pop(0)

    @property
    def said(self) -> str:
        """Everything that the wizard wrote, prompts included."""
        return "\n".join([*self.read, *self.asked, *self.asked_secretly])


@pytest.fixture
async def slack_and_autodesk(new_house: OpenHouse) -> House:
    """Stand-ins without limits of rate, and an `.env` that points at them, with a comment of its owner."""
    house = await new_house(speed=1.0, slack={"rate_profile": "none"})
    urls = ("SLACK_BASE_URL", "TOKENFLEX_BASE_URL", "APS_BASE_URL")
    lines = "".join(f"{name}={house.environment[name]}\n" for name in urls)
    (house.folder / ".env").write_text(f"# ours\n{lines}LOG_LEVEL=DEBUG # loud")
    return house


async def answer(house: House, *answers: str, names: tuple[str, ...] = (), **outside: str) -> tuple[int, Administrator]:
    """Run the wizard in a thread, where it may run loops of its own; return its status and the administrator."""
    person = Administrator(*answers)
    path = house.folder / ".env"
    wizard = Wizard(path, environment.look(path).written, outside, house.clock, person.talk())
    return await asyncio.to_thread(wizard.run, names), person


def env_of(house: House) -> dict[str, str | None]:
    """What the file holds."""
    return dotenv_values(house.folder / ".env", interpolate=False)


async def test_from_nothing_to_a_file_that_works(slack_and_autodesk: House) -> None:
    """Each value is explained, checked at once, and written; other lines stay; only the owner may read the file."""
    status, person = await answer(slack_and_autodesk, *GOOD, "g")
    assert status == 0
    for name in ASKED:
        assert WHERE[name] in person.said
    assert "Workspace “sandbox”" in person.said
    assert "of manifest.yaml." in person.said
    assert "Autodesk accepts client ID and secret" in person.said
    assert "Next: `python -m bot login`" in person.said
    path = slack_and_autodesk.folder / ".env"
    assert path.read_text().startswith("# ours\n")
    assert "LOG_LEVEL=DEBUG # loud\n" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = settings.read({name: value or "" for name, value in env_of(slack_and_autodesk).items()})
    assert read.slack_bot_token == GOOD[0]
    assert len(read.database_key) >= 43
    assert [path.name for path in slack_and_autodesk.folder.iterdir()] == [".env"]


async def test_secrets_are_asked_for_in_secret_and_never_said(slack_and_autodesk: House) -> None:
    """Only the client ID is typed visibly; no secret is in anything that is said, in a second run neither."""
    await answer(slack_and_autodesk, *GOOD, "g")
    made = env_of(slack_and_autodesk)["DATABASE_KEY"] or ""
    _, again = await answer(slack_and_autodesk, "", "", "", "", "")
    first = [prompt.split()[0] for prompt in again.asked_secretly]
    assert first == [name for name in ASKED if name != "APS_CLIENT_ID"]
    for secret in (GOOD[0], GOOD[1], GOOD[3], made):
        assert secret not in again.said


async def test_a_wrong_value_is_asked_for_again(slack_and_autodesk: House) -> None:
    """What the service refuses is not written until a person insists; the sentence says where the right one is."""
    answers = ("xapp-1-A-wrong-kind", "y", "xoxb-unknown", "", *GOOD, "")
    status, person = await answer(slack_and_autodesk, *answers)
    assert status == 0
    assert "another kind of Slack token" in person.said
    assert "(invalid_auth)" in person.said
    assert env_of(slack_and_autodesk)["SLACK_BOT_TOKEN"] == GOOD[0]
    assert "DATABASE_KEY" not in env_of(slack_and_autodesk)


async def test_a_person_may_insist(slack_and_autodesk: House) -> None:
    """A value that does not pass can be kept; the end says that not everything works."""
    status, person = await answer(slack_and_autodesk, "xoxb-unknown", "n", names=("SLACK_BOT_TOKEN",))
    assert status == 1
    assert env_of(slack_and_autodesk)["SLACK_BOT_TOKEN"] == "xoxb-unknown"
    assert "Still missing: SLACK_APP_TOKEN, APS_CLIENT_ID. Still wrong: SLACK_BOT_TOKEN. " in person.said
    assert "Run `python -m bot init SLACK_APP_TOKEN APS_CLIENT_ID SLACK_BOT_TOKEN`." in person.said


@pytest.mark.parametrize(("answers", "kept"), [(("n", ""), True), (("n", "n"), True), (("n", "y"), False)])
async def test_what_was_there_gives_way_only_when_it_is_said(
    slack_and_autodesk: House, answers: tuple[str, ...], kept: bool
) -> None:
    """A value that works is not lost to one that does not, unless somebody says so."""
    await answer(slack_and_autodesk, GOOD[0], names=("SLACK_BOT_TOKEN",))
    status, person = await answer(slack_and_autodesk, "xoxb-unknown", *answers, names=("SLACK_BOT_TOKEN",))
    assert status == 1
    assert env_of(slack_and_autodesk)["SLACK_BOT_TOKEN"] == (GOOD[0] if kept else "xoxb-unknown")
    assert "Write the new SLACK_BOT_TOKEN nevertheless? [y/N]" in person.said


async def test_one_value_is_changed(slack_and_autodesk: House) -> None:
    """A second run with a name asks for that one alone; Enter keeps, a dash removes."""
    await answer(slack_and_autodesk, *GOOD, "g")
    before = env_of(slack_and_autodesk)
    await answer(slack_and_autodesk, "press", names=("LINK_AUDIENCE",))
    await answer(slack_and_autodesk, "", names=("SLACK_APP_TOKEN",))
    assert env_of(slack_and_autodesk) == before | {"LINK_AUDIENCE": "press"}
    _, person = await answer(slack_and_autodesk, "-", names=("DATABASE_KEY",))
    assert env_of(slack_and_autodesk)["DATABASE_KEY"] == ""
    assert "[set; Enter keeps it" in person.said


async def test_a_key_is_never_made_over_another(slack_and_autodesk: House) -> None:
    """Making a second key would make a stored login unreadable."""
    await answer(slack_and_autodesk, "g", names=("DATABASE_KEY",))
    before = env_of(slack_and_autodesk)
    _, person = await answer(slack_and_autodesk, "g", names=("DATABASE_KEY",))
    assert env_of(slack_and_autodesk) == before
    assert "was kept" in person.said


async def test_a_key_after_a_bad_one(slack_and_autodesk: House) -> None:
    """What was typed before and not kept is no key; the sentence about it can be read, and `g` makes one."""
    status, person = await answer(slack_and_autodesk, "short", "", "g", names=("DATABASE_KEY",))
    assert status == 0
    assert "too short to protect anything" in person.said
    assert len(env_of(slack_and_autodesk)["DATABASE_KEY"] or "") == 43
    (slack_and_autodesk.folder / ".env").write_text("DATABASE_KEY=bad\n")
    await answer(slack_and_autodesk, "g", names=("DATABASE_KEY",))
    assert len(env_of(slack_and_autodesk)["DATABASE_KEY"] or "") == 43


@pytest.mark.parametrize(
    "names", [(), ("APS_CLIENT_ID", "APS_CLIENT_SECRET"), ("APS_CLIENT_SECRET",), ("APS_CLIENT_ID",)]
)
async def test_a_wrong_client_id_is_asked_for_again(slack_and_autodesk: House, names: tuple[str, ...]) -> None:
    """Autodesk does not say which of the two is wrong, so both can be entered again."""
    await answer(slack_and_autodesk, *GOOD, "")
    first = {(): ("", "", "sandbox-wrong", ""), ("APS_CLIENT_SECRET",): ("no-such-secret",)}.get(
        names, ("sandbox-wrong", "")[: len(names)]
    )
    status, person = await answer(slack_and_autodesk, *first, "y", *GOOD[2:], *([""] if not names else []), names=names)
    assert status == 0
    assert "copy Client ID and Client Secret again" in person.said
    assert "Enter both again?" in person.said
    assert [env_of(slack_and_autodesk)[name] for name in CLIENT] == [*GOOD[2:]]


async def test_what_is_left_empty_is_named_at_the_end(slack_and_autodesk: House) -> None:
    """Nobody is asked again for what they do not have yet; the end says what is missing, and the command for it."""
    status, person = await answer(slack_and_autodesk, GOOD[0], "", "", "", "g")
    assert status == 1
    assert person.said.count("Skipped; needed later.") == 2
    assert "wrong" not in person.said
    assert person.read[-1] == (
        "Still missing: SLACK_APP_TOKEN, APS_CLIENT_ID. Run `python -m bot init SLACK_APP_TOKEN APS_CLIENT_ID`."
    )
    status, person = await answer(slack_and_autodesk, *GOOD[1:3], names=("SLACK_APP_TOKEN", "APS_CLIENT_ID"))
    assert status == 0
    assert person.read[-1].startswith("Next: ")


@pytest.fixture
async def with_slack(slack_and_autodesk: House) -> House:
    """A house whose `.env` has the bot token, with the scopes that a look-up takes and a user group."""
    slack_and_autodesk.slack.grant(slack_and_autodesk.slack._context.scopes | {"channels:read", "groups:read"})
    slack_and_autodesk.slack.workspace.add_usergroup("licensing", ["ana", "ben"])
    await answer(slack_and_autodesk, GOOD[0], names=("SLACK_BOT_TOKEN",))
    return slack_and_autodesk


@pytest.mark.parametrize(
    ("name", "typed", "kinds"),
    [
        ("ADMINISTRATORS", "@ana", "U"),
        ("ADMINISTRATORS", "ana, @ben,@licensing", "UUS"),
        ("ALLOWED_PEOPLE", "members, @Gus", "mU"),
        ("ALLOWED_PEOPLE", "MEMBERS, @Gus", "MU"),
        ("ALLOWED_CHANNELS", "#finance", "C"),
        ("ALLOWED_CHANNELS", "finance", "C"),
    ],
)
async def test_names_are_looked_up(with_slack: House, name: str, typed: str, kinds: str) -> None:
    """Where a setting takes IDs, `init` takes what people see in Slack, and says what that is."""
    status, person = await answer(with_slack, typed, names=(name,))
    assert status == 0, person.said
    written = (env_of(with_slack)[name] or "").split(",")
    assert "".join(each[0] for each in written) == kinds
    assert f"That is {','.join(written)}." in person.said
    assert f"Slack knows {', '.join(each for each in written if each.lower() != 'members')}." in person.said


@pytest.mark.parametrize(("name", "word"), [("ALLOWED_PEOPLE", "Members"), ("ALLOWED_CHANNELS", "ALL")])
async def test_the_word_for_all_of_them_is_taken_in_any_case(with_slack: House, name: str, word: str) -> None:
    """It is nothing that Slack could be asked for."""
    status, person = await answer(with_slack, word, names=(name,))
    assert status == 0
    assert f"{name}" in person.read[1]
    assert "Set." in person.said


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("<@U0SBX00002|ana>", "U0SBX00002"),
        ("https://sandbox.slack.com/team/U0SBX00002", "U0SBX00002"),
        ("<!subteam^S0SBX1|@licensing>", "S0SBX1"),
    ],
)
async def test_what_is_pasted_from_slack_is_understood(with_slack: House, typed: str, written: str) -> None:
    """A mention and the address of a profile have the ID in them."""
    await answer(with_slack, typed, "n", names=("ADMINISTRATORS",))
    assert env_of(with_slack)["ADMINISTRATORS"] == written


async def test_a_name_that_nobody_has(with_slack: House) -> None:
    """It is said, with where Slack shows IDs, and may be entered again; so is an ID that is nobody's."""
    status, person = await answer(with_slack, "@nobody-here", "y", "U999", "y", "@ana", names=("ADMINISTRATORS",))
    assert status == 0
    assert f"Slack shows me nothing that is called @nobody-here. {IDS}" in person.said
    assert "Slack knows nothing of U999" in person.said


async def test_a_name_that_two_have(with_slack: House) -> None:
    """Which of them is meant only a person knows."""
    for account in ("ben", "carla"):
        with_slack.slack.workspace.user(account).name = "sam"
    _, person = await answer(with_slack, "@sam", "n", names=("ADMINISTRATORS",))
    assert "@sam is the name of U" in person.said
    assert "type the ID that you mean" in person.said


async def test_without_the_scope_it_says_where_the_id_is(with_slack: House) -> None:
    """An app that may not look for names says how a person finds the ID."""
    with_slack.slack.grant({"chat:write"})
    for name, typed in (("ALLOWED_CHANNELS", "#finance"), ("ADMINISTRATORS", "@ana")):
        _, person = await answer(with_slack, typed, "n", names=(name,))
        assert f"(missing_scope), so {typed} cannot be looked up. {IDS}" in person.said


async def test_what_the_environment_holds_is_not_asked_for(slack_and_autodesk: House) -> None:
    """A value of the environment would win over the file, so it is only checked."""
    status, person = await answer(slack_and_autodesk, names=("SLACK_BOT_TOKEN",), SLACK_BOT_TOKEN=GOOD[0])
    assert status == 0
    assert "is set in the environment, which wins" in person.said
    assert "SLACK_BOT_TOKEN" not in env_of(slack_and_autodesk)


async def test_a_name_that_is_no_setting(slack_and_autodesk: House) -> None:
    """A slip of the pen is said before anything is asked."""
    with pytest.raises(UnknownSettingError, match="SLACK_BOT_TOKE: no such setting"):
        await answer(slack_and_autodesk, names=("SLACK_BOT_TOKE",))


async def test_missing_scopes_are_found_at_once(slack_and_autodesk: House) -> None:
    """The scopes of the token are compared with the manifest while the administrator is on that page."""
    slack_and_autodesk.slack.grant({"chat:write"})
    status, person = await answer(slack_and_autodesk, GOOD[0], "n", names=("SLACK_BOT_TOKEN",))
    assert status == 1
    assert "lacks app_mentions:read, channels:history, channels:read, commands" in person.said


async def test_checking_only(slack_and_autodesk: House) -> None:
    """`--non-interactive` asks nothing and writes nothing: exit status 0 when all is well, 1 when not."""
    environment = slack_and_autodesk.environment
    before = (slack_and_autodesk.folder / ".env").read_bytes()
    words = ("init", "--non-interactive")
    good = await start_process(slack_and_autodesk.folder, *words, environment=environment, name="good")
    assert await good.ends() == 0
    bad = await start_process(
        slack_and_autodesk.folder, *words, environment=environment | {"APS_CLIENT_SECRET": "no"}, name="bad"
    )
    assert await bad.ends() == 1
    assert "✗ wrong    Autodesk app" in bad.out
    assert (slack_and_autodesk.folder / ".env").read_bytes() == before


async def test_without_a_terminal_it_does_not_ask(tmp_path: Path) -> None:
    """Questions that nobody can answer are not asked; the way for scripts is named."""
    process = await start_process(tmp_path, "init", environment={})
    assert await process.ends() == 2
    assert "--non-interactive" in process.err


def test_a_terminal_shows_no_secret(tmp_path: Path) -> None:
    """On a real terminal nothing of a secret that is typed comes back."""
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "bot", "init", "DATABASE_KEY"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment, start_new_session=True
    )
    os.close(theirs)
    shown = _until(ours, b"Enter leaves it so]: ")
    os.write(ours, b"canary-of-a-key-1234\n")
    shown += _rest(ours)
    assert process.wait(timeout=20) == 0
    os.close(ours)
    assert b"canary" not in shown
    assert dotenv_values(tmp_path / ".env")["DATABASE_KEY"] == "canary-of-a-key-1234"


def _until(terminal: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        assert select.select([terminal], [], [], 20)[0], shown
        shown += os.read(terminal, 4096)
    return shown


def _rest(terminal: int) -> bytes:
    shown = b""
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            return shown
        if not read:
            return shown
        shown += read


def test_the_link_carries_the_manifest() -> None:
    """The address of Slack's page holds the whole manifest, and is as short as browsers take it."""
    address = urlsplit(manifest.creation_link())
    query = parse_qs(address.query)
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://api.slack.com/apps"
    assert query["new_app"] == ["1"]
    assert yaml.safe_load(query["manifest_yaml"][0]) == yaml.safe_load((ROOT / "manifest.yaml").read_text())
    assert len(manifest.creation_link()) < 8000


def test_the_scopes_are_those_of_the_manifest() -> None:
    """Reading the list without a YAML library finds what a YAML library finds."""
    read = yaml.safe_load((ROOT / "manifest.yaml").read_text())
    scopes = read["oauth_config"]["scopes"]
    assert manifest.bot_scopes() == set(scopes["bot"])
    assert manifest.optional_scopes() == set(scopes["bot_optional"])
