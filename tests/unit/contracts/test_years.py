"""The years of a contract, from its days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.years import ContractYear, years_of
from bot.tokenflex.models import Contract
from sandbox.tokenflex.contracts import CONTRACTS


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.number)
def test_they_are_those_that_the_stand_in_has(contract: object) -> None:
    """The stand-in writes its years down; the last of one is short."""
    known = next(each for each in CONTRACTS if each is contract)
    assert years_of(Contract.from_json(known.summary())) == tuple(
        ContractYear(year.year, year.start, year.end) for year in known.years
    )


@pytest.mark.parametrize(
    ("start", "end"), [("", ""), ("2026-01-01", ""), ("soon", "2026-12-31"), ("2026-12-31", "2026-01-01")]
)
def test_days_that_cannot_be_read_give_no_years(start: str, end: str) -> None:
    """Nothing is invented."""
    assert years_of(Contract("1", start_date=start, end_date=end)) == ()


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 30_000))
def test_years_join_without_a_gap(start: date, length: int) -> None:
    """Each day of the contract is in one year, also where it began on 29 February."""
    end = start + timedelta(days=length)
    years = years_of(Contract("1", start_date=start.isoformat(), end_date=f"{end.isoformat()}T00:00:00"))
    assert (years[0].first, years[-1].last) == (start, end)
    assert [year.number for year in years] == list(range(1, len(years) + 1))
    for one, following in pairwise(years):
        assert following.first == one.last + timedelta(days=1)
        assert (one.last - one.first).days in {364, 365}


def test_a_contract_without_an_end_stops_somewhere() -> None:
    """A century is enough, and nothing overflows."""
    assert len(years_of(Contract("1", start_date="2000-01-01", end_date="9999-12-31"))) == 100
    assert years_of(Contract("1", start_date="9950-06-01", end_date="9999-12-31")) == ()
