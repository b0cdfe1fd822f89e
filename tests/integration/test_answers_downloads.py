"""Files that do not come as they should, in a whole bot: each has its sentence under the link, or comes later."""

import pytest

from bot.cards.figures import FAULTS, Fault
from sandbox.tokenflex.spoilt import Way
from tests.harness.house import CONTRACT
from tests.harness.talk import QUICK, SPEED, OpenHouse, calls, knows_contracts

ENGINE = 30  #: seconds that a machine at work may take to start the engine
#: What is read of a file that goes wrong once; None: its figures, sooner or later.
SAID = {
    Way.ELSEWHERE: Fault.HOST,
    Way.INSIDE: Fault.HOST,
    Way.PAGE: Fault.PAGE,
    Way.BOMB: Fault.TOO_LARGE,
    Way.STOPS: None,
    Way.ENDED: None,
}


@pytest.mark.parametrize("hosts", ["", "download.autodesk.com,s3"])
async def test_what_people_read_of_files_that_go_wrong(new_house: OpenHouse, hosts: str) -> None:
    """The link is there all the same, nothing of the file is left; hosts that nobody named are not asked."""
    links = {"link_life": 300.0}  # none ends before it is shown, however busy the machine is
    house = await new_house(speed=SPEED / 2 if hosts else SPEED, token_flex={**QUICK, **links})
    await house.start_bot(ANSWER_MAX_MB="1", DOWNLOAD_HOSTS=hosts)
    await knows_contracts(house)
    ana = house.member("ana")
    for number, (way, fault) in enumerate(SAID.items(), start=1):
        house.token_flex.controls.spoil_download_next(way)
        await ana.types("#finance", f"/tokenflex export contract={CONTRACT} fields=productName metrics=tokensConsumed")
        answer = await ana.hears("#finance", f"Answer to export #{number}: ", timeout=ENGINE)
        said = answer.visible_text()
        result = await ana.hears("#finance", f"export #{number} is ready")
        assert answer.thread_ts == result.thread_ts
        if hosts:
            assert FAULTS[Fault.HOST] in said
            continue
        assert (FAULTS[fault] in said) if fault else ("no figures" not in said)
    assert bool(house.token_flex.downloads) == (not hosts)
    assert calls(house, "POST", "/refreshUrl") <= (0 if hosts else 2)
    assert [*(house.folder / "tokenflex.db.files").rglob("*")] == []
