"""`.env` and the environment: what is written there counts or ends the start; nothing is passed over in silence."""

import re
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, assume, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot import settings
from bot.operate.checks import host
from bot.settings import LinkAudience, SettingsError, SharedChannels, environment
from bot.settings.environment import Found
from tests.unit.settings.test_settings import GOOD, KEY

#: A right value for every setting; a setting without one fails a test below.
RIGHT = {
    **GOOD,
    "APS_CLIENT_SECRET": "client-secret-1",
    "APS_REFRESH_TOKEN": "R" * 42,
    "SLACK_BASE_URL": "https://slack.example/api/",
    "TOKENFLEX_BASE_URL": "https://tokenflex.example/v1",
    "APS_BASE_URL": "https://aps.example/v2",
    "PROXY": "http://proxy.example:3128",
    "CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt",
    "DATABASE_PATH": "data/other.db",
    "DATABASE_KEY": KEY,
    "LINK_AUDIENCE": "requester",
    "ANSWER_DETAIL": "link",
    "PERSONAL_FIELDS": "customField1",
    "ATTACH_FILES": "csv",
    "DOWNLOAD_HOSTS": "files.example.com",
    "ANSWER_MAX_MB": "50",
    "KEEP_ANSWERS": "30",
    "CALL_PACE": "bucket",
    "ALLOWED_PEOPLE": "U1,S2",
    "ALLOWED_CONTRACTS": "110000123456,RomeoAgree-0",
    "ALLOWED_CHANNELS": "C1,C2",
    "SHARED_CHANNELS": "refuse",
    "ADMINISTRATORS": "U1",
    "TOKENFLEX_EXTRA_FIELDS": "hubRegion",
    "TOKENFLEX_EXTRA_METRICS": "cloudCredits",
    "LOG_LEVEL": "DEBUG",
    "LOG_FORMAT": "json",
}
NAMES = sorted(settings.NAMES)


AROUND: dict[str, str] = {}  #: the environment that the module under test sees


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what a test puts there."""
    AROUND.clear()
    monkeypatch.setattr(environment, "os", SimpleNamespace(environ=AROUND))


def found(folder: Path, text: str) -> Found:
    """What there is with this `.env`."""
    (folder / ".env").write_text(text)
    return environment.look(folder / ".env")


def test_there_is_a_right_value_for_every_setting() -> None:
    """The tables below are complete: each setting has a row."""
    assert set(RIGHT) == settings.NAMES


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """`.env` fills what the environment does not have."""
    AROUND.update({"APS_CLIENT_ID": "environment"})
    there = found(tmp_path, 'SLACK_BOT_TOKEN="from file"\nAPS_CLIENT_ID=file\nexport LOG_LEVEL=DEBUG # louder\n')
    assert there.problems == ()
    assert there.variables == {"SLACK_BOT_TOKEN": "from file", "APS_CLIENT_ID": "environment", "LOG_LEVEL": "DEBUG"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_variable_does_not_hide_the_file(tmp_path: Path, name: str, blank: str) -> None:
    """A container that passes a variable on which its host lacks passes on an empty one."""
    AROUND.update({name: blank})
    assert found(tmp_path, f"{name}={RIGHT[name]}\n").variables == {name: RIGHT[name]}


# Quotation marks and lines that cannot be read


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mark", ["'", '"'])
@pytest.mark.parametrize("after", ["", "\n", "\nNO_COLOR=1\n", "\nNO_COLOR='1'\n", '\nNO_COLOR="1"\n', "\n# it's\n"])
def test_a_quotation_mark_that_is_not_closed(tmp_path: Path, name: str, mark: str, after: str) -> None:
    """Whatever follows: the line and the variable are named, so that nothing that was restricted is open."""
    problems = found(tmp_path, f"# ours\nTZ=UTC\n{name}={mark}{RIGHT[name]}{after}").problems
    where = f"line 3 of {tmp_path}/.env"
    assert problems[0] == f"{name} has a quotation mark that is not closed in {where}; close it there, or take it away."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('ALLOWED_PEOPLE="U1" U2', "ALLOWED_PEOPLE has something behind its closing quotation mark in line 1 of"),
        ("\n\nALLOWED_PEOPLE", "ALLOWED_PEOPLE has no = behind it in line 3 of"),
        ("ALLOWED_PEOPLE: U1", "ALLOWED_PEOPLE has no = behind it in line 1 of"),
        ("ALLOWED_PEOPLE U1", "ALLOWED_PEOPLE has no = behind it in line 1 of"),
        ("export ALLOWED_PEOPLE", "ALLOWED_PEOPLE has no = behind it in line 1 of"),
        ("=U1", "Line 1 of"),
        ("LOG_LEVEL=INFO\n;comment", "Line 2 of"),
        ("LOG_LEVEL=INFO\n// comment", "Line 2 of"),
        ("ALLOWED_PEOPLE=U1\nALLOWED_PEOPLE=", "ALLOWED_PEOPLE stands in lines 1 and 2 of"),
        ("DATABASE_KEY=abcdefghALLOWED_PEOPLE=U1", "DATABASE_KEY has ALLOWED_PEOPLE= in its value in line 1 of"),
    ],
)
def test_a_line_that_cannot_be_read(tmp_path: Path, text: str, problem: str) -> None:
    """Each has a sentence of its own that says where."""
    (said,) = found(tmp_path, text).problems
    assert said.startswith(problem)
    assert said.endswith(".")


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    """Docker makes one where a file is missing that is to be mounted; no right to read it would help."""
    (tmp_path / ".env").mkdir()
    (said,) = environment.look(tmp_path / ".env").problems
    assert said == f"{tmp_path}/.env is a folder; put a text file with the settings in its place."
    assert host.check_env_file(tmp_path / ".env").mend == ""


def test_the_same_twice_is_no_problem(tmp_path: Path) -> None:
    """Only a contradiction is."""
    assert found(tmp_path, "LOG_LEVEL=INFO\nLOG_LEVEL=INFO\n").problems == ()


RESTRICTED = {name: RIGHT[name] for name in RIGHT if name.startswith(("ALLOWED_", "SHARED_", "LINK_"))}
WHOLE = "\n".join(f"{name}={value}" for name, value in {**GOOD, "DATABASE_KEY": KEY, **RESTRICTED}.items()) + "\n"


def is_open(read: settings.Settings) -> bool:
    """Whether one of the restrictions of `WHOLE` is gone."""
    lists = (read.allowed_people, read.allowed_contracts, read.allowed_channels)
    is_kept = read.link_audience is LinkAudience.REQUESTER and read.shared_channels is SharedChannels.REFUSE
    return any({"members", "all"} & set(names) for names in lists) or not is_kept


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, len(WHOLE)),
    st.integers(0, 3),
    st.text(st.characters(exclude_characters="#", exclude_categories=["Cs"]), max_size=2) | st.sampled_from("\"'=\\\n"),
)
@example(WHOLE.index("\nALLOWED_PEOPLE"), 1, "")
@example(WHOLE.index("!\nLINK_AUDIENCE"), 3, "")
@example(WHOLE.index("\nLINK_AUDIENCE"), 3, "")
@example(WHOLE.index("\nSHARED_CHANNELS"), 3, "")
@example(WHOLE.index("ALLOWED_PEOPLE=") + len("ALLOWED_PEOPLE="), 0, '"')
def test_no_slip_in_the_file_opens_what_is_restricted(tmp_path: Path, at: int, gone: int, put: str) -> None:
    """A few characters lost or put in, anywhere: the restrictions hold, or the start ends with a sentence."""
    (tmp_path / ".env").write_text(WHOLE[:at] + put + WHOLE[at + gone :], encoding="utf-8", newline="")
    there = environment.look(tmp_path / ".env")
    read = None
    with suppress(SettingsError):
        read = settings.read(there.variables, there.problems)
    assert read is None or not is_open(read)


def test_secrets_in_the_file_are_taken_literally(tmp_path: Path) -> None:
    """A key with `${…}` in it is that key, not the value of a variable."""
    there = found(tmp_path, "DATABASE_KEY='a${HOME}b$c\"d'\n")
    assert there == Found({"DATABASE_KEY": 'a${HOME}b$c"d'}, {})


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    """Without `.env` only the environment counts."""
    AROUND.update({"LANG": "C"})
    assert environment.look(tmp_path / ".env") == Found({}, {"LANG": "C"})


@pytest.mark.parametrize("content", [b"LOG_LEVEL=\xff\xfe\n", "LOG_LEVEL=INFO".encode("utf-16")])
def test_a_file_that_is_no_text_is_said(tmp_path: Path, content: bytes) -> None:
    """A broken `.env` ends the start with a sentence, not with a traceback."""
    (tmp_path / ".env").write_bytes(content)
    (problem,) = environment.look(tmp_path / ".env").problems
    assert "cannot be read: it is not a text file in UTF-8." in problem


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read any, so the right is taken away by hand."""
    (tmp_path / ".env").touch()

    def _refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", _refused)
    (problem,) = environment.look(tmp_path / ".env").problems
    assert problem == f"{tmp_path}/.env cannot be read (Permission denied); check its rights."


# Names


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """A setting, and its name with one or two letters lost, put in or changed."""
    name = draw(st.sampled_from(NAMES))
    letters = [*name]
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(letters) - 1))
        letters[at : at + draw(st.integers(0, 1))] = draw(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", max_size=1))
    typed = "".join(letters)
    assume(typed and typed not in settings.NAMES)
    return name, typed


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(slips())
def test_a_slip_in_a_name_is_told(tmp_path: Path, slip: tuple[str, str]) -> None:
    """In the file as in the environment, with the name that was meant."""
    _, typed = slip
    (in_file,) = found(tmp_path, f"{typed}=x\n").problems
    assert re.fullmatch(
        rf"{typed} is not a setting; did you mean \w+\? It stands in line 1 of {tmp_path}/\.env\.", in_file
    )
    AROUND[typed] = "x"
    (tmp_path / ".env").unlink()
    (outside,) = environment.look(tmp_path / ".env").problems
    del AROUND[typed]
    assert re.fullmatch(rf"{typed} is not a setting; did you mean \w+\?", outside)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("LINK_AUDIENSE", "LINK_AUDIENCE"),
        ("ALLOWED_PEPLE", "ALLOWED_PEOPLE"),
        ("allowed_people", "ALLOWED_PEOPLE"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("ALLOWED_CHANEL", "ALLOWED_CHANNELS"),
        ("DATABASEPATH", "DATABASE_PATH"),
    ],
)
def test_the_name_that_was_meant(tmp_path: Path, typed: str, meant: str) -> None:
    """It is the nearest one."""
    AROUND[typed] = ""
    assert environment.look(tmp_path / ".env").problems == (f"{typed} is not a setting; did you mean {meant}?",)


@pytest.mark.parametrize("name", ["SLACK_SIGNING_SECRET", "FOO", "ALLOWED_GROUPS_OF_PEOPLE"])
def test_any_unknown_name_in_the_file_is_told(tmp_path: Path, name: str) -> None:
    """Also one that nothing of ours is near to; in the environment it belongs to somebody else."""
    (problem,) = found(tmp_path, f"TZ=UTC\n{name}=x\n").problems
    assert problem.startswith(f"{name} is not a setting; ")
    assert problem.endswith(f"It stands in line 2 of {tmp_path}/.env.")
    (tmp_path / ".env").unlink()
    AROUND[name] = "x"
    assert environment.look(tmp_path / ".env").problems == ()


@pytest.mark.parametrize(
    "name",
    [
        "NO_COLOR", "TZ", "LANG", "LC_ALL", "PYTHONUNBUFFERED", "COMPOSE_PROJECT_NAME", "DOCKER_HOST", "UID", "PGID",
        "HTTPS_PROXY", "https_proxy", "NO_PROXY", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    ],
)  # fmt: skip
def test_names_of_others_may_stand_there(tmp_path: Path, name: str) -> None:
    """A file that a container or a shell reads as well has names that are theirs."""
    there = found(tmp_path, f"{name}=x\n")
    assert (there.problems, there.written) == ((), {name: "x"})
    AROUND[name] = "x"
    assert environment.look(tmp_path / ".env").problems == ()


def test_libraries_find_nothing_of_their_own() -> None:
    """What Bolt and slack_sdk read by themselves is gone after the settings were read; the rest stays."""
    bolt = ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_SIGNING_SECRET")
    AROUND.update(dict.fromkeys((*bolt, "HTTPS_PROXY", "http_proxy", "TZ"), "x"))
    environment.keep_from_libraries()
    assert dict(AROUND) == {"TZ": "x"}
