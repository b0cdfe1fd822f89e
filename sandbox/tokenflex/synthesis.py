"""Makes the usage rows of a contract: seeded, so the same each time, and shaped like the real thing.

A product costs its rate once per user and day (later sessions of the day are FREE), short looks are CASUAL, laptops
borrow licences, a render farm is metered by machine, and people book adjustments by hand with comments that
spreadsheets take for formulas.
"""

import string
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sandbox.tokenflex.catalogue import ADJUSTMENT, CLOUD_PRODUCT, CLOUD_SERVICE, CONSUMPTION, DESKTOP
from sandbox.tokenflex.contracts import Contract

Row = dict[str, Any]

#: No usage is made after this day.
LAST_DAY = date(2028, 4, 30)

CUSTOM_FIELDS = tuple(f"customField{number}" for number in range(1, 11))
COLUMNS = (
    *("contract", "usageCategory", "productLineCode", "productName", "userName", "usageDate", "usageMonth"),
    *("contractYear", "chargedItemID", *CUSTOM_FIELDS, "chargeCategory", "sessionStartDate", "sessionEndDate"),
    *("productVersion", "productFeatureCode", "machineName", "licenseServerName", "licenseServerTimeZoneOffset"),
    *("usageType", "hubId", "hubName", "reasonType", "reasonComment", "transactionDate", "tokenPool"),
    *("tokens", "minutes", "uses", "quantity"),
)


@dataclass(frozen=True, slots=True)
class _Product:
    code: str
    name: str
    rate: float
    by_machine: bool = False


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    machine: str
    server: str
    offset: str
    enrichment: tuple[str, ...]
    products: tuple[_Product, ...]


_DESKTOP_PRODUCTS = (
    _Product("ACD", "AutoCAD", 7),
    _Product("RVT", "Revit", 10),
    _Product("INVPROSA", "Inventor Professional", 8),
    _Product("3DSMAX", "3ds Max", 6),
    _Product("MAYA", "Maya", 6),
    _Product("CIV3D", "Civil 3D", 9),
    _Product("NAVMAN", "Navisworks Manage", 4.5),
    _Product("VLTM", "Vault Office", 1.5),
    _Product("ARCHDESK", "AutoCAD Architecture", 7),
    _Product("SCPLO", "Robot Structural Analysis", 5.5),
)
_FARM_PRODUCTS = (
    _Product("ARNOL", "Arnold", 1, by_machine=True),
    _Product("RNDRND", "RenderNode", 0.5, by_machine=True),
    _Product("VRDPRO", "VRED", 12, by_machine=True),
)
_CLOUD_PRODUCTS = (_Product("F360", "Fusion", 3), _Product("BM36DP", "BIM Collaborate Pro", 4))
_SERVICES = (_Product("RCMVW", "Cloud Rendering", 1), _Product("GDESIGN", "Generative Design", 25))
_NAMES = (
    *("ajensen", "bokafor", "cadmin", "cadmgr", "dlind", "ehoffmann", "fgarcía", "gmüller", "hsato", "iwójcik"),
    *("jdoe", "kobrien", "lchen", "mrossi", "nnovak", "opetit", "pkumar", "qzhang", "rsilva", "sørensen"),
    *("thanh.le@example.com", "ueda.k@example.com", "vhugo", "wbauer", "xenia.p@example.com", "ybrown", "zlee"),
    *("=cmd|' /C calc'!A0", "o'brien", "smith, jane"),
)
_REGIONS = ("EMEA", "APAC", "AMER", "")
_OFFICES = ("München", "Kraków", "東京", "Denver", "", "São Paulo")
_DEPARTMENTS = ("設計部", "工程", "Structural", "", "Façade")
_SERVERS = (("lic-emea-01", "1:00"), ("lic-apac-01", "9:00"), ("lic-amer-01", "-8:00"))
_REASONS = ("Correction", "Goodwill", "Training", "Contract true-up", "Other")
_COMMENTS = (
    "Booked twice in March",
    "=SUM(A1:A9)",
    "+49 89 1234 called about this",
    'Agreed by mail, see "case 4711"',
    "- reversal of last month's entry",
    "Schulung für Büro München",
    "@finance: two lines\nof text",
    "not used",
)


def rows_of(contract: Contract, seed: int = 2026) -> Iterator[Row]:
    """Yield every usage row of a contract."""
    random = Random(f"{seed} {contract.number}")
    people = _people(random, contract)
    for month in _months(contract):
        days = _days(contract, month)
        yield from _desktop(random, contract, people, days)
        yield from _farm(random, contract, days)
        yield from _cloud(random, contract, people, days)
        yield from _manual(random, contract, days)


def _people(random: Random, contract: Contract) -> tuple[_Person, ...]:
    names = _NAMES if contract.labels[3] else random.sample(_NAMES[:-3], 9)
    return tuple(_person(random, name, number) for number, name in enumerate(names, 1))


def _person(random: Random, name: str, number: int) -> _Person:
    region = _REGIONS[number % len(_REGIONS)]
    server, offset = _SERVERS[number % len(_SERVERS)]
    enrichment = _enrichment(f"CC-{100 + number % 7}", region, random.choice(_OFFICES), random.choice(_DEPARTMENTS))
    products = tuple(random.sample(_DESKTOP_PRODUCTS, random.randint(2, 4)))
    return _Person(name, f"WS-{number:04d}", server, offset, enrichment, products)


def _enrichment(cost_centre: str, region: str, office: str, department: str) -> tuple[str, ...]:
    return (cost_centre, region, "", office, region, "", department, f"P-{cost_centre[-3:]}", "", "HQ / 2")


def _months(contract: Contract) -> Iterator[date]:
    month, last = contract.start.replace(day=1), min(contract.end, LAST_DAY)
    while month <= last:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _days(contract: Contract, month: date) -> tuple[date, ...]:
    length = monthrange(month.year, month.month)[1]
    days = (month.replace(day=number) for number in range(1, length + 1))
    return tuple(day for day in days if contract.start <= day <= min(contract.end, LAST_DAY))


def _base(random: Random, contract: Contract, category: str, product: _Product | None, day: date) -> Row:
    row: Row = dict.fromkeys(COLUMNS)
    row.update(
        contract=contract.number,
        usageCategory=category,
        productLineCode=product.code if product else None,
        productName=product.name if product else None,
        usageDate=day.isoformat(),
        usageMonth=day.replace(day=1).isoformat(),
        contractYear=contract.year_of(day),
        chargedItemID="".join(random.choices(string.ascii_uppercase + string.digits, k=12)),
    )
    return row


def _enriched(row: Row, user: str, enrichment: tuple[str, ...]) -> Row:
    row["userName"] = user
    row.update(zip(CUSTOM_FIELDS, enrichment, strict=True))
    return row


def _desktop(random: Random, contract: Contract, people: tuple[_Person, ...], days: tuple[date, ...]) -> Iterator[Row]:
    for person in people:
        charged: set[tuple[str, date]] = set()
        for _ in range(random.randint(4, 12)):
            product, day = random.choice(person.products), random.choice(days)
            first = (product.code, day) not in charged
            if contract.free_share:
                first = random.random() >= contract.free_share and first
            charged.add((product.code, day))
            row = _base(random, contract, DESKTOP, product, day)
            yield _session(random, _enriched(row, person.name, person.enrichment), person, product, charged=first)


def _session(random: Random, row: Row, person: _Person, product: _Product, *, charged: bool) -> Row:
    casual = charged and random.random() < 0.05
    minutes = random.randint(1, 9) if casual else random.randint(10, 540)
    _times(random, row, minutes)
    row.update(
        chargeCategory="CASUAL" if casual else "CHARGED" if charged else "FREE",
        tokens=product.rate if charged and not casual else 0.0,
        machineName=person.machine,
        licenseServerName=person.server,
        licenseServerTimeZoneOffset=person.offset,
        usageType="Borrowed" if random.random() < 0.08 else "Normal",
    )
    return _versioned(random, row, product)


def _times(random: Random, row: Row, minutes: int) -> None:
    start = datetime.fromisoformat(row["usageDate"]) + timedelta(seconds=random.randint(7 * 3600, 14 * 3600))
    end = start + timedelta(minutes=minutes)
    row.update(sessionStartDate=start.isoformat(), sessionEndDate=end.isoformat(), minutes=float(minutes), uses=1)


def _versioned(random: Random, row: Row, product: _Product) -> Row:
    version = int(row["usageDate"][:4]) + random.choice((0, 0, 1, -1))
    row["productVersion"] = str(version)
    row["productFeatureCode"] = f"{10000 + version * 7 % 90000}{product.code}_{version}_0F"
    return row


def _farm(random: Random, contract: Contract, days: tuple[date, ...]) -> Iterator[Row]:
    """Yield machine-metered sessions: `userName` is the machine, whose custom fields count, `machineName` the user."""
    for machine in ("RENDER-01", "RENDER-02", "RENDER-03"):
        for product in _FARM_PRODUCTS:
            for _ in range(random.randint(1, 4)):
                row = _base(random, contract, DESKTOP, product, random.choice(days))
                _enriched(row, machine, _enrichment("CC-900", "EMEA", "Farm", ""))
                _times(random, row, random.randint(30, 600))
                row.update(chargeCategory="CHARGED", tokens=product.rate, usageType="Normal")
                row.update(machineName=random.choice(_NAMES[:10]), licenseServerName="lic-emea-01")
                row["licenseServerTimeZoneOffset"] = "1:00"
                yield _versioned(random, row, product)


def _cloud(random: Random, contract: Contract, people: tuple[_Person, ...], days: tuple[date, ...]) -> Iterator[Row]:
    for person in people[::3]:
        product, hub = random.choice(_CLOUD_PRODUCTS), random.choice(("EXAMPLE", "EXAMPLE-LAB"))
        row = _base(random, contract, CLOUD_PRODUCT, product, random.choice(days))
        row.update(chargeCategory="CHARGED", tokens=product.rate, uses=1, minutes=float(random.randint(5, 300)))
        row.update(hubId=f"urn:adsk.plm:tenant:{hub}", hubName=hub.title())
        yield _enriched(row, person.name, person.enrichment)
    for person in people[1::4]:
        service = random.choice(_SERVICES)
        row = _base(random, contract, CLOUD_SERVICE, service, random.choice(days))
        row.update(tokens=service.rate * random.randint(1, 6) / 2, uses=random.randint(1, 3))
        yield _enriched(row, person.name, person.enrichment)


def _manual(random: Random, contract: Contract, days: tuple[date, ...]) -> Iterator[Row]:
    for category in (ADJUSTMENT, CONSUMPTION):
        for _ in range(random.randint(0, 3)):
            product = random.choice(_DESKTOP_PRODUCTS) if category == CONSUMPTION or random.random() < 0.5 else None
            day = random.choice(days)
            row = _base(random, contract, category, product, day)
            quantity = random.choice((1, 2, 5, 10, 25, -3, -10) if category == ADJUSTMENT else (1, 2, 4, 8))
            row.update(
                reasonType=random.choice(_REASONS),
                reasonComment=random.choice(_COMMENTS),
                transactionDate=(day + timedelta(days=random.randint(0, 20))).isoformat(),
                quantity=float(quantity),
                tokens=quantity * (product.rate if product else 1.0),
                tokenPool=random.choice(("ANNUAL", "MULTIYEAR")) if category == ADJUSTMENT else None,
            )
            yield row
