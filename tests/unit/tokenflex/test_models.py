"""The records of the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tokenflex.models import Contract, DownloadLink, ExportRequest, UpstreamExport, parse_timestamp

LINK = "https://download.example/abc.csv?key=x?signature=SECRET"
RECORD: dict[str, Any] = {
    "requestKey": "2018-09-20T22:43:13#7be9",
    "requestStatus": "Download",
    "downloadFileName": "a.csv",
    "exportRequestDate": "2018-09-20T22:43:13.132559Z",
    "readFlag": "Y",
    "downloadUrl": LINK,
    "downloadUrlExpireDate": "2018-10-16T22:23:08.631439",
    "somethingNew": {"x": 1},
}


@given(
    st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year >= 1000),
    st.integers(1, 9),
    st.sampled_from(["", "Z", "+00:00"]),
)
def test_time_stamps_with_any_number_of_digits(moment: datetime, digits: int, zone: str) -> None:
    """Any number of fraction digits is read, cut to microseconds, and no zone means UTC."""
    fraction = f"{moment.microsecond:06d}000"[:digits]
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}{zone}"
    micro = int(fraction[:6].ljust(6, "0"))
    assert parse_timestamp(text) == moment.replace(microsecond=micro)


@given(st.text(max_size=40) | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]))
def test_anything_else_is_a_value_error(text: str) -> None:
    """A text is a time in UTC or a ValueError, nothing else."""
    try:
        moment = parse_timestamp(text)
    except ValueError:
        return
    assert moment.utcoffset() == timedelta(0)


def test_a_whole_record_is_read_and_unknown_attributes_are_ignored() -> None:
    """All attributes arrive; the link hides itself."""
    record = UpstreamExport.from_json(RECORD)
    assert record.request_key == RECORD["requestKey"]
    assert record.requested_at == datetime(2018, 9, 20, 22, 43, 13, 132559, UTC)
    assert record.link is not None
    assert record.link.reveal() == LINK
    assert record.link.expires_at == datetime(2018, 10, 16, 22, 23, 8, 631439, UTC)
    assert "SECRET" not in f"{record!r}{record.link!r}{record.link!s}"


def test_the_four_keys_of_create_suffice() -> None:
    """The answer to create has neither flag nor link."""
    keys = ("requestKey", "requestStatus", "downloadFileName", "exportRequestDate")
    record = UpstreamExport.from_json({key: RECORD[key] for key in keys})
    assert record.link is None


def test_unknown_statuses_are_kept() -> None:
    """A status that we do not know is kept as it is."""
    assert UpstreamExport.from_json({**RECORD, "requestStatus": "Paused"}).request_status == "Paused"


@pytest.mark.parametrize(("sent", "known"), [("download", "Download"), ("ERROR", "Error"), (" requested", "Requested")])
def test_the_known_statuses_count_in_any_case(sent: str, known: str) -> None:
    """An export that is done must not wait for ever for want of a capital letter."""
    assert UpstreamExport.from_json({**RECORD, "requestStatus": sent}).request_status == known


@pytest.mark.parametrize(
    "sent",
    [
        "2018-09-20T22:43:13Z",
        "2018-09-20 22:43:13 UTC",
        "Thu, 20 Sep 2018 22:43:13 GMT",
        1537483393,
        "1537483393",
        1537483393000,
        "1537483393000",
    ],
)
def test_times_in_other_forms_are_read(sent: object) -> None:
    """When it was asked for, and until when its link works."""
    record = UpstreamExport.from_json({**RECORD, "exportRequestDate": sent, "downloadUrlExpireDate": sent})
    assert record.requested_at == datetime(2018, 9, 20, 22, 43, 13, tzinfo=UTC)
    assert record.link is not None
    assert record.link.expires_at == record.requested_at


@pytest.mark.parametrize("sent", ["soon", "", None, 17, "NaN", [], "2018", "0", "9" * 400])
def test_a_time_that_cannot_be_read_costs_nothing_but_itself(sent: object) -> None:
    """The key says when it was asked for as well, where it has the documented form; else it is not known."""
    record = UpstreamExport.from_json({**RECORD, "exportRequestDate": sent, "requestKey": "2018-09-20T22:43:13#7be9"})
    assert record.requested_at == datetime(2018, 9, 20, 22, 43, 13, tzinfo=UTC)
    assert UpstreamExport.from_json({**RECORD, "exportRequestDate": sent, "requestKey": "7be9"}).requested_at is None


def test_a_link_without_a_readable_expiry_costs_the_link_only() -> None:
    """The export itself still counts."""
    record = UpstreamExport.from_json({**RECORD, "downloadUrlExpireDate": "soon"})
    assert record.request_status == "Download"
    assert record.link is None


@pytest.mark.parametrize("change", [{"requestKey": ""}, {"requestKey": None}, {"requestStatus": 5}])
def test_records_without_what_is_always_there_are_refused(change: dict[str, Any]) -> None:
    """Key and status are needed."""
    with pytest.raises(ValueError, match="without requestKey"):
        UpstreamExport.from_json({**RECORD, **change})


def test_contracts() -> None:
    """Numbers stay texts; a contract without one is refused."""
    contract = Contract.from_json({"contractNumber": "0110", "contractName": "Example", "isActive": False, "new": 1})
    assert contract == Contract("0110", "Example", is_active=False)
    with pytest.raises(ValueError, match="contractNumber"):
        Contract.from_json({"contractName": "x"})


def test_the_body_leaves_out_what_is_empty() -> None:
    """Only what was asked for is sent, in the API's spelling."""
    assert ExportRequest("1", metrics=("useCount",)).body() == {"metrics": ["useCount"]}
    whole = ExportRequest("1", ("userName",), ("useCount",), ("CLOUD_SERVICE",), "contractYear=1", "x")
    assert whole.body() == {
        "fields": ["userName"],
        "metrics": ["useCount"],
        "usageCategory": ["CLOUD_SERVICE"],
        "where": "contractYear=1",
        "downloadFileName": "x",
    }


def test_a_link_is_not_compared() -> None:
    """Two records of one export are equal whatever their links."""
    first = UpstreamExport.from_json(RECORD)
    second = UpstreamExport.from_json({**RECORD, "downloadUrl": "https://other.example"})
    assert first == second
    assert isinstance(first.link, DownloadLink)
