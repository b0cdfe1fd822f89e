"""What the documents say is what the program does: settings, commands, files, packages."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import settings
from bot.cards import actions, answer_controls, refusals, usage_card
from bot.cards.faces import FACES
from bot.cards.names import Names
from bot.cards.query import Query
from bot.cards.usage_card import Glance
from bot.command_line import main
from bot.contracts.usage import usage_of
from bot.errors import PersonNotAllowedError
from bot.operate import settings_page
from bot.questions.periods import Relative
from bot.questions.questions import Question
from bot.questions.starters import AT_ONCE, starters
from bot.tokenflex.catalogue import Catalogue
from bot.tokenflex.models import Contract, ExportRequest
from handlers.forms import alert_modal, question_modal, schedule_modal
from handlers.forms.export_modal import Choices, Draft, build
from handlers.forms.question_modal import Entry, Sketch
from handlers.words import asked, grammar
from scripts import licences, pythons
from scripts.audit import NOT_AUDITED, Audit
from storage.models import Export
from storage.states import ExportState
from tests.harness.house import ROOT
from tests.harness.rows import COUNTED, NOW

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
DEPLOY = ROOT / "docs" / "deploy"


def text_of(name: str) -> str:
    """The text of a file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_page_of_settings_is_that_of_the_code() -> None:
    """`python -m bot settings --markdown > docs/settings.md` was run after the last change."""
    assert text_of("docs/settings.md") == settings_page.as_markdown()


def test_the_table_of_the_readme_is_that_of_the_code() -> None:
    """The README has the same table of settings."""
    assert settings_page.table() in text_of("README.md")


def test_every_setting_is_shown_in_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The list for the terminal and the table have every setting, with its default."""
    assert main(["settings"]) == 0
    listed = capsys.readouterr().out
    for setting in settings.SETTINGS:
        assert f"{setting.name}  (" in listed
        assert f"| `{setting.name}` |" in settings_page.table()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_documents_exist(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each `python -m bot WORD` is a command, with the options that stand beside it."""
    for word, rest in re.findall(r"python -m bot ([a-z]+)([^\n`]*)", path.read_text(encoding="utf-8")):
        with pytest.raises(SystemExit) as left:
            main([word, "--help"])
        assert left.value.code == 0, word
        shown = capsys.readouterr().out
        for option in re.findall(r"--[a-z-]+", rest.partition("#")[0]):
            assert option in shown, (word, option)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_of_documents_exist(path: Path) -> None:
    """Each `make TARGET` is one of the Makefile's."""
    targets = set(re.findall(r"^([\w./-]+|\$\(\w+\)):", text_of("Makefile"), re.MULTILINE)) | {".venv/.installed"}
    for target in re.findall(r"(?:^|`)make ([a-z./-]+)", path.read_text(encoding="utf-8"), re.MULTILINE):
        assert target.rstrip(".") in targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_project_lead_somewhere(path: Path) -> None:
    """Files that a document links to are there."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_tests_of_documents_exist(path: Path) -> None:
    """A promise that names a test is kept by one: files and functions are there."""
    files = [*(ROOT / "tests").rglob("*.py")]
    functions = re.findall(r"def (test_\w+)", "\n".join(each.read_text(encoding="utf-8") for each in files))
    there = {*(each.stem for each in files), *functions}
    assert set(re.findall(r"\btest_\w+", path.read_text(encoding="utf-8"))) <= there


def test_the_page_of_questions_names_what_there_is() -> None:
    """Every question of the form has its row, every period its name, and each command there is understood."""
    page = text_of("docs/questions.md")
    names = Names(Catalogue())
    for title in AT_ONCE.values():
        assert f"**{title}**" in " ".join(page.split()), title
    for starter in starters(names):
        title = "Charge-back by …" if starter.key.startswith("charge-back") else starter.title
        assert f"**{title}**" in page, starter.title
    said = " ".join(page.split())
    for period in Relative:
        assert f"**{period.label}**" in said, period
    commands = re.findall(r"`/tokenflex ([^`]+)`", page)
    assert commands
    for typed in commands:
        command = grammar.parse(typed, Catalogue(), [Contract("110000123456")])
        is_plain = isinstance(command, asked.Unknown) and not command.likely
        assert not isinstance(command, asked.Mistake | asked.Unknown) or is_plain, typed


def test_the_page_of_questions_names_what_is_seen() -> None:
    """What is printed bold there, to be pressed or looked for, stands in a form, on a button or in an answer."""
    names, draft = Names(Catalogue()), Draft(ExportRequest("1"))
    contracts = Choices((Contract("1"), Contract("2")))
    entries = [Entry(f"starter.{each.key}", each.title, each.question, "Questions") for each in starters(names)]
    short = question_modal.build(Sketch(period=question_modal.RANGE), entries, contracts, "x")
    usage = usage_card.glance(Glance("11", usage_of(COUNTED)), in_channel=True)
    questions_at_once = [Entry(key, title, Question(), "Questions", at_once=True) for key, title in AT_ONCE.items()]
    at_once = question_modal.build(Sketch(next(iter(AT_ONCE))), questions_at_once, contracts, "x")
    refused = refusals.sentence(PersonNotAllowedError(members=True, whom=()))
    ready = Export(1, ExportState.READY, ExportRequest("1", ("productName",)), "U1", "C1", NOW, NOW)
    under = answer_controls.controls(ready, Query(), names)
    watched = alert_modal.form(alert_modal.Sketch(), contracts, ("productName",))
    scheduled = schedule_modal.form(schedule_modal.Sketch(), schedule_modal.Kept(), "x", (), contracts)
    seen = " ".join(
        [
            json.dumps(
                [under, watched, scheduled, short, at_once, usage.blocks, build(draft, contracts)], ensure_ascii=False
            ),
            *actions._LABELS.values(),
            refused,
            "Home",
            "New export",
        ]
    )
    page, wondered = (" ".join(part.split()) for part in text_of("docs/questions.md").split("## What else you may"))
    bold = [*re.findall(r"\*\*(.+?)\*\*", page), *re.findall(r'\*\*"(.+?)"\*\*', wondered)]
    assert len(bold) > 20
    assert [each for each in bold if each.removesuffix("…").strip() not in seen] == []


def test_settings_of_documents_exist() -> None:
    """A variable that is named in the guide of the installation is a setting."""
    for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text_of("docs/install.md")):
        assert name in settings.NAMES | {"HTTPS_PROXY"}


def test_what_the_guide_says_of_a_card_stands_on_it() -> None:
    """The words of the states, and the button of the form, are those that people see."""
    paragraph = next(each for each in text_of("docs/install.md").split("\n\n") if "A card appears" in each)
    button, *words = re.findall(r"\*([^*]+)\*", " ".join(paragraph.split()))[-4:]
    assert button == build(Draft(), Choices())["submit"]["text"]
    assert words == [FACES[state].word for state in (ExportState.QUEUED, ExportState.REQUESTED, ExportState.READY)]


def test_the_licences_are_those_of_the_pinned_packages() -> None:
    """`make licences` was run after the last change of the requirements."""
    listed = re.findall(r"^\| ([\w.-]+) \| ([^|]+) \|", text_of("docs/licences.md"), re.MULTILINE)[1:]
    assert [name for name, _ in listed] == licences.packages()
    assert all(said.strip() not in {"", "not said"} for _, said in listed)


def test_every_requirement_has_a_hash() -> None:
    """Nothing is installed that was not seen when the requirements were resolved."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        pinned = re.findall(r"^[\w.-]+==\S+.*?(?=^\S|\Z)", text_of(name), re.MULTILINE | re.DOTALL)
        assert pinned
        assert all("--hash=sha256:" in block for block in pinned)


# Supply chain


def test_an_audit_of_nothing_is_no_success() -> None:
    """Where no advisories were reached, the sentence says so, and the exit status is not 0."""
    skipped = {"dependencies": [{"name": "a", "skip_reason": "Dependency not found"}]}
    reports: tuple[dict[str, Any], ...] = (skipped, {"dependencies": []})
    for report in reports:
        audit = Audit.from_json(report)
        assert audit.status == NOT_AUDITED
        assert audit.summary().startswith("NOT AUDITED")


def test_an_audit_counts_what_was_looked_at() -> None:
    """Weaknesses are named with the version that mends them; packages passed over are not taken for sound."""
    sound = {"name": "a", "version": "1", "vulns": []}
    weak = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
    assert Audit.from_json({"dependencies": [sound]}).status == 0
    found = Audit.from_json({"dependencies": [sound, weak]})
    assert (found.status, found.weaknesses) == (1, ("b 2: PYSEC-1 (mended in 3)",))
    half = Audit.from_json({"dependencies": [sound, {"name": "c", "skip_reason": "?"}]})
    assert half.status == NOT_AUDITED
    assert "1 could NOT be looked at" in half.summary()


def test_supported_pythons_begin_with_the_one_that_is_required() -> None:
    """The versions that are tried are those that pyproject.toml lets in, and the code is checked for the oldest."""
    assert f'requires-python = ">={pythons.SUPPORTED[0]}"' in text_of("pyproject.toml")
    assert f'python_version = "{pythons.SUPPORTED[0]}"' in text_of("pyproject.toml")


# Deployment


def directives() -> dict[str, list[str]]:
    """The directives of the unit."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", (DEPLOY / "tokenflex-slack.service").read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_the_unit_is_hardened() -> None:
    """Not root, no capabilities, nothing to write but its state, a stop that leaves time for a clean end."""
    unit = directives()
    assert unit["User"] == ["tokenflex"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert unit["NoNewPrivileges"] == unit["PrivateTmp"] == unit["ProtectHome"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["StateDirectory"] == ["tokenflex-slack"]
    assert "ReadWritePaths" not in unit
    assert unit["ExecStart"] == ["/opt/tokenflex-slack/.venv/bin/python -m bot run"]
    assert int(unit["TimeoutStopSec"][0].rstrip("s")) >= 15


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds nothing, and rates what the unit could do as low."""
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("there is no systemd-analyze here")
    unit = tmp_path / "tokenflex-slack.service"
    text = (DEPLOY / "tokenflex-slack.service").read_text()
    unit.write_text(text.replace("/opt/tokenflex-slack/.venv/bin/python", "/bin/true"))
    verified = subprocess.run([analyse, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        [analyse, "security", "--offline=true", str(unit)], capture_output=True, text=True, check=False
    )
    if "Overall exposure level" in rated.stdout:
        assert float(rated.stdout.rsplit(": ", 1)[1].split()[0]) < 2.0


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]


def test_the_image_is_small_and_not_root() -> None:
    """Two stages, packages by their hashes, only what the bot needs, one volume, signals reach the bot itself."""
    found = instructions()
    assert [name for name, _ in found].count("FROM") == 2
    assert ("USER", "10001:10001") in found
    assert ("VOLUME", "/state") in found
    assert ("ENTRYPOINT", '["python", "-m", "bot"]') in found
    assert any("--require-hashes" in rest for name, rest in found if name == "RUN")
    copied = {word for name, rest in found if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]}
    assert copied == {"requirements.txt", "bot", "handlers", "storage", "manifest.yaml", "LICENSE"}
    assert all((ROOT / path).exists() for path in copied)
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    assert ignored[0] == "*"
    assert {path.removeprefix("!") for path in ignored if path.startswith("!")} == copied


def test_the_container_can_write_to_its_volume_only() -> None:
    """Read-only root, no capabilities, no port."""
    bot = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["bot"]
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert bot["volumes"] == ["state:/state"]
    assert "ports" not in bot
    assert (DEPLOY / bot["build"]["context"]).resolve() == ROOT
    assert (ROOT / bot["build"]["dockerfile"]).is_file()
    assert bot["environment"]["DATABASE_PATH"].startswith("/state/")
