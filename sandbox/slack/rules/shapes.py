"""Small checks that are put together to describe objects; each adds what it finds to a report."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.json_values import Given

Check = Callable[[Any, str, "Report"], None]


@dataclass
class Report:
    """What was found wrong, each with a JSON pointer, on one surface (`message`, `modal` or `home`).

    `refused` are kinds of blocks that this workspace does not take.
    """

    surface: str
    refused: frozenset[str] = frozenset()
    faults: list[str] = field(default_factory=list)
    seen_ids: set[str] = field(default_factory=set)
    focused: int = 0

    def add(self, pointer: str, problem: str) -> None:
        """Note a problem at a place, in the form of `response_metadata.messages`."""
        self.faults.append(f"[ERROR] {problem} [json-pointer:{pointer or '/'}]")


def string(longest: int, shortest: int = 1) -> Check:
    """Accept a string with that many characters."""

    def check(value: Given, pointer: str, report: Report) -> None:
        if not isinstance(value, str):
            report.add(pointer, "must be a string")
        elif len(value) > longest:
            report.add(pointer, f"must be less than {longest + 1} characters")
        elif len(value) < shortest:
            report.add(pointer, f"must be more than {shortest - 1} characters")

    return check


def boolean(value: Given, pointer: str, report: Report) -> None:
    """Accept a JSON true or false."""
    if not isinstance(value, bool):
        report.add(pointer, "must be a boolean")


def integer(lowest: int, highest: int) -> Check:
    """Accept a whole number in a range."""

    def check(value: Given, pointer: str, report: Report) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            report.add(pointer, f"must be a number from {lowest} to {highest}")

    return check


def choice(*words: str) -> Check:
    """Accept one of these words."""

    def check(value: Given, pointer: str, report: Report) -> None:
        if value not in words:
            report.add(pointer, f"must be one of {', '.join(words)}")

    return check


def matching(test: Callable[[str], object], meaning: str) -> Check:
    """Accept a string that passes a test."""

    def check(value: Given, pointer: str, report: Report) -> None:
        if not isinstance(value, str) or not test(value):
            report.add(pointer, f"must be {meaning}")

    return check


def each(check_one: Check, lowest: int, highest: int) -> Check:
    """Accept a list of that many items, each of which passes a check."""

    def check(value: Given, pointer: str, report: Report) -> None:
        if not isinstance(value, list):
            report.add(pointer, "must be an array")
            return
        if len(value) > highest:
            report.add(pointer, f"no more than {highest} items allowed")
        if len(value) < lowest:
            report.add(pointer, f"at least {lowest} items required")
        for place, item in enumerate(value):
            check_one(item, f"{pointer}/{place}", report)

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check], *also: Check) -> Check:
    """Accept an object with these keys and no others; `also` look at the whole of it when it is an object."""
    known = {**required, **optional}

    def check(value: Given, pointer: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add(pointer, "must be an object")
            return
        for key in required.keys() - value.keys():
            report.add(pointer, f"missing required field: {key}")
        for key, item in value.items():
            if key not in known:
                report.add(pointer, f"invalid additional property: {key}")
            else:
                known[key](item, f"{pointer}/{key}", report)
        for further in also:
            further(value, pointer, report)

    return check


def anything(value: Given, pointer: str, report: Report) -> None:
    """No limit that this stand-in knows."""
    del value, pointer, report


def constant(word: str) -> Check:
    """Accept exactly that word."""
    return choice(word)


def exactly_one_of(*keys: str) -> Check:
    """Accept an object that has one of these keys, not several."""

    def check(value: Given, pointer: str, report: Report) -> None:
        if sum(key in value for key in keys) != 1:
            report.add(pointer, f"exactly one of {', '.join(keys)} must be provided")

    return check


def at_least_one_of(*keys: str) -> Check:
    """Accept an object that has one or more of these keys."""

    def check(value: Given, pointer: str, report: Report) -> None:
        if not any(key in value for key in keys):
            report.add(pointer, f"one of {', '.join(keys)} must be provided")

    return check


def distinct(values: Collection[Any], pointer: str, report: Report, what: str) -> None:
    """Note when one of the values appears twice."""
    if len(set(map(repr, values))) < len(values):
        report.add(pointer, f"{what} must be unique")
