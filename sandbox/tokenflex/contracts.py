"""The contracts of the sandbox: what was agreed, not what was used."""

from dataclasses import dataclass
from datetime import date

from sandbox.tokenflex.recorded import CONTRACT as RECORDED


@dataclass(frozen=True, slots=True)
class ContractYear:
    """One year of a contract; `end` is its last day."""

    year: int
    start: date
    end: date
    provisioned: int


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract; `labels` are the customer's own names of `customField1` to `customField10`, some of them empty.

    `free_share` of the desktop sessions cost nothing, whatever else makes a session free.
    """

    number: str
    name: str
    is_active: bool
    years: tuple[ContractYear, ...]
    multiyear_tokens: int
    labels: tuple[str, ...]
    free_share: float = 0.0

    @property
    def start(self) -> date:
        """Return the first day."""
        return self.years[0].start

    @property
    def end(self) -> date:
        """Return the last day."""
        return self.years[-1].end

    def year_of(self, day: date) -> int:
        """Return the contract year of a day, or 0 outside the contract."""
        return next((each.year for each in self.years if each.start <= day <= each.end), 0)

    def summary(self) -> dict[str, object]:
        """Return what the list of contracts shows."""
        return {
            "contractNumber": self.number,
            "contractName": self.name,
            "contractStartDate": self.start.isoformat(),
            "contractEndDate": self.end.isoformat(),
            "isActive": self.is_active,
        }


CONTRACTS: tuple[Contract, ...] = (
    Contract(
        "110000123456",
        "Example AG",
        is_active=True,
        years=(
            ContractYear(1, date(2024, 2, 1), date(2025, 1, 31), 22000),
            ContractYear(2, date(2025, 2, 1), date(2026, 1, 31), 23000),
            ContractYear(3, date(2026, 2, 1), date(2027, 1, 31), 19000),
            ContractYear(4, date(2027, 2, 1), date(2028, 1, 31), 21000),
            ContractYear(5, date(2028, 2, 1), date(2028, 4, 30), 0),
        ),
        multiyear_tokens=15000,
        labels=("Cost centre", "Region", "", "Büro", "Region", "", "部署", "Projekt-Nr.", "", "Site / floor"),
    ),
    Contract(
        "11000099871",
        "Example AG (until 2025)",
        is_active=False,
        years=(
            ContractYear(1, date(2023, 1, 1), date(2023, 12, 31), 8000),
            ContractYear(2, date(2024, 1, 1), date(2024, 12, 31), 9000),
        ),
        multiyear_tokens=0,
        labels=("Department", "Region", *("",) * 8),
    ),
    Contract(
        "110000777001",
        "Elsewhere Ltd",
        is_active=True,
        years=(
            ContractYear(1, date(2025, 7, 1), date(2026, 6, 30), 9000),
            ContractYear(2, date(2026, 7, 1), date(2027, 6, 30), 9000),
        ),
        multiyear_tokens=5000,
        labels=("Team", "Region", *("",) * 8),
    ),
    Contract(
        RECORDED,
        "Romeo Agreement",
        is_active=False,
        years=(
            ContractYear(1, date(2011, 1, 1), date(2011, 12, 31), 4000),
            ContractYear(2, date(2012, 1, 1), date(2012, 12, 31), 4000),
        ),
        multiyear_tokens=2000,
        labels=("Geo", "Country", *("",) * 8),
        free_share=0.8,
    ),
)
