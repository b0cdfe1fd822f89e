"""`python -m bot` as a process: what an administrator reads when the start does not work, and when it does."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.harness.house import ROOT, House
from tests.harness.process import BotProcess, start_process, until
from tests.integration.conftest import OpenHouse

StartBot = Callable[..., Awaitable[BotProcess]]


@pytest.fixture
async def slow_house(new_house: OpenHouse) -> House:
    """Both stand-ins in real time, as the bot's own clock runs."""
    return await new_house(speed=1.0, token_flex={"durations": (0.5, 1.0)})


@pytest.fixture
async def start(slow_house: House) -> AsyncIterator[StartBot]:
    """Start bots that are stopped after the test."""
    started: list[BotProcess] = []

    async def _start(*words: str, **variables: str) -> BotProcess:
        process = await start_process(
            slow_house.folder,
            *(words or ("run",)),
            environment=slow_house.environment | variables,
            name=f"bot{len(started)}",
        )
        started.append(process)
        return process

    yield _start
    for process in started:
        await process.stop()


async def test_missing_settings_are_said_in_one_sentence_each(tmp_path: Path) -> None:
    """Without any setting the bot names the three that it needs, what asks for them, and exits with 2."""
    bot = await start_process(tmp_path, "run", environment={})
    assert await bot.ends() == 2
    *missing, way_on = bot.lines
    assert [line.split()[0] for line in missing] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "APS_CLIENT_ID"]
    assert all(line.endswith(".") and " is missing: " in line for line in missing)
    assert way_on.startswith(f"`{sys.executable} -m bot init` asks for what is missing")
    assert bot.out == ""


async def test_settings_come_from_the_env_file_of_the_folder(tmp_path: Path) -> None:
    """`.env` beside the start counts, and what is wrong in it is said like anything else."""
    (tmp_path / ".env").write_text(
        "SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xoxb-2\nAPS_CLIENT_ID='a'\nLOG_LEVEL=loud\n"
    )
    bot = await start_process(tmp_path, "run", environment={})
    assert await bot.ends() == 2
    assert len(bot.lines) == 2
    assert bot.lines[0].startswith("SLACK_APP_TOKEN holds another kind of Slack token")
    assert bot.lines[1] == "LOG_LEVEL is “loud”; it has to be one of DEBUG, INFO, WARNING, ERROR."


async def test_what_does_not_count_is_said(tmp_path: Path) -> None:
    """A quotation mark that is not closed, a misspelt name in the file and one outside end the start, all at once."""
    (tmp_path / ".env").write_text('SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN="xapp-1\nLINK_AUDIENSE=requester\n')
    outside = {"APS_CLIENT_ID": "id", "ALLOWED_PEPLE": "U1"}
    for command in ("run", "login", "backup x.db", "init --non-interactive"):
        bot = await start_process(tmp_path, *command.split(), environment=outside)
        assert await bot.ends() == 2
        assert bot.lines[0].startswith("SLACK_APP_TOKEN has a quotation mark that is not closed in line 2 of .env; ")
        assert bot.lines[1:] == [
            "LINK_AUDIENSE is not a setting; did you mean LINK_AUDIENCE? It stands in line 3 of .env.",
            "ALLOWED_PEPLE is not a setting; did you mean ALLOWED_PEOPLE?",
        ]
    doctor = await start_process(tmp_path, "doctor", environment=outside)
    assert await doctor.ends() == 1
    assert doctor.out.count("✗ wrong") == 4  # and everybody may read the file
    assert "did you mean LINK_AUDIENCE?" in doctor.out


async def test_windows_is_told_where_it_runs(tmp_path: Path) -> None:
    """One sentence instead of a traceback about what Windows lacks."""
    code = "import runpy, sys; sys.platform = 'win32'; runpy.run_module('bot', run_name='__main__')"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().splitlines() == [
        "The bot does not run on Windows itself; run it there in WSL or in a container, see docs/install.md."
    ]


async def test_help_names_the_commands(tmp_path: Path) -> None:
    """`--help` works without settings and lists every command; no command at all is a mistake."""
    bot = await start_process(tmp_path, "--help", environment={})
    assert await bot.ends() == 0
    assert all(word in bot.out for word in ("run", "login", "logout"))
    bot = await start_process(tmp_path, environment={})
    assert await bot.ends() == 2
    assert "Traceback" not in bot.err


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "Slack does not accept SLACK_BOT_TOKEN (invalid_auth): copy the bot token"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "Slack does not accept SLACK_APP_TOKEN (invalid_auth): make an app-level"),
    ],
)
async def test_a_wrong_slack_token_ends_the_start(start: StartBot, variables: dict[str, str], sentence: str) -> None:
    """The start does not hang on a wrong token: it says which one and ends with 2."""
    bot = await start(**variables)
    assert await bot.ends() == 2
    assert bot.lines[-1].startswith(sentence)
    assert "Traceback" not in bot.err
    assert "Unclosed" not in bot.err


async def test_socket_mode_switched_off_ends_the_start(slow_house: House, start: StartBot) -> None:
    """`link_disabled` is said in words that name the switch."""
    slow_house.slack.controls.fail_next("apps.connections.open", "link_disabled")
    bot = await start()
    assert await bot.ends() == 2
    assert bot.lines[-1] == "Socket Mode is switched off for the Slack app: switch it on in the app's settings."


async def test_a_token_without_the_scope_ends_the_start(slow_house: House, start: StartBot) -> None:
    """An app token without connections:write is a wrong token, and the sentence names the scope."""
    slow_house.slack.controls.fail_next("apps.connections.open", "missing_scope")
    bot = await start()
    assert await bot.ends() == 2
    assert "scope connections:write" in bot.lines[-1]


async def test_slack_being_out_is_waited_out(slow_house: House, start: StartBot) -> None:
    """Errors, web pages and dropped connections of Slack at the start are tried again until it works."""
    controls = slow_house.slack.controls
    controls.fail_next("auth.test", status=503, html=True)
    controls.drop_answer_next("auth.test")
    controls.fail_next("apps.connections.open", status=500, html=True)
    controls.fail_next("apps.connections.open", "internal_error")
    bot = await start()
    await slow_house.slack.connected(timeout=30)
    await bot.says('"connected"')
    assert await bot.stop() == 0
    assert bot.err.count("trying again") == 4
    assert "Traceback" not in bot.err


async def test_slack_that_is_not_there_is_waited_for(slow_house: House, start: StartBot) -> None:
    """A bot that starts before the network does connects when it is there."""
    address = slow_house.slack.api_url
    port = int(address.split(":")[2].split("/")[0])
    await slow_house.slack.stop()
    bot = await start(SLACK_BASE_URL=address)
    await bot.says("Slack cannot be reached; trying again")
    await slow_house.slack.start(port)
    await slow_house.slack.connected(timeout=30)


async def test_an_address_that_is_not_slacks_is_said(slow_house: House, start: StartBot) -> None:
    """Waiting would not help, and the log says where to look; a network may also be in the way for a while."""
    bot = await start(SLACK_BASE_URL=slow_house.slack.api_url.removesuffix("api/"))
    await bot.says("what answers is not Slack: look at SLACK_BASE_URL; trying again")
    assert await bot.stop() == 0


async def test_a_stop_while_slack_is_out_is_clean(slow_house: House, start: StartBot) -> None:
    """SIGTERM during the wait for Slack ends the process with 0 and nothing left open."""
    slow_house.slack.controls.fail_next("apps.connections.open", "internal_error", count=50)
    bot = await start()
    await bot.says("trying again")
    assert await bot.stop() == 0
    assert "Unclosed" not in bot.err
    assert "never retrieved" not in bot.err
    assert "pending" not in bot.err


async def test_a_second_bot_is_refused(slow_house: House, start: StartBot) -> None:
    """Two bots on one database would do everything twice: the second one ends, the first goes on."""
    first = await start()
    await slow_house.slack.connected()
    second = await start()
    assert await second.ends() == 2
    assert second.lines[-1].startswith("Another bot is running with this database")
    assert first.process.returncode is None


async def test_a_start_right_after_a_kill_works(slow_house: House, start: StartBot) -> None:
    """The lock of a killed bot is free at once."""
    first = await start()
    await slow_house.slack.connected()
    first.process.kill()
    await first.ends()
    await slow_house.slack.changes.until(lambda: not slow_house.slack.sockets.connections or None, 20)
    await start()
    await slow_house.slack.connected(timeout=30)


async def test_bolts_own_variables_change_nothing(slow_house: House, start: StartBot) -> None:
    """SLACK_CLIENT_ID and SLACK_CLIENT_SECRET would make Bolt use OAuth; the bot answers with its own token."""
    bot = await start(SLACK_CLIENT_ID="1.2", SLACK_CLIENT_SECRET="not-ours", SLACK_SIGNING_SECRET="x")
    await slow_house.slack.connected(timeout=30)
    ana = slow_house.member("ana")
    await ana.types("#finance", "/tokenflex help")
    await ana.hears("#finance", "/tokenflex export", private=True)
    assert not (slow_house.folder / ".bolt-app-installation").exists()
    assert "WARNING" not in bot.err.upper()


async def test_proxies_are_not_used_for_stand_ins_on_this_machine(slow_house: House, start: StartBot) -> None:
    """With proxies in the environment that lead nowhere, loopback addresses are reached directly by all libraries."""
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "all_proxy"), nowhere)
    bot = await start(**proxies)
    await slow_house.slack.connected(timeout=30)
    await until(lambda: bool(slow_house.token_flex.calls))
    assert await bot.stop() == 0
    assert "Traceback" not in bot.err


async def test_nothing_is_left_open_at_exit(slow_house: House, start: StartBot) -> None:
    """A whole run ends without a word about unclosed sessions or forgotten tasks, in Python's development mode too."""
    bot = await start_process(
        slow_house.folder, "run", environment=slow_house.environment, options=("-X", "dev"), name="dev"
    )
    await slow_house.slack.connected(timeout=30)
    ana = slow_house.member("ana")
    await ana.types("#finance", "/tokenflex list")
    await ana.hears("#finance", "no exports", private=True)
    assert await bot.stop() == 0
    for words in ("Unclosed", "unclosed", "never retrieved", "was destroyed", "never awaited", "Traceback"):
        assert words not in bot.err, bot.err
