"""Tables whose headers, keys and fields have to be read: other names, columns of events, twins, JSON in a field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from dif_kit.decode import ColumnNames, CsvRecords, Decoder, Digested, Gathered, Numbered, Parsed, UndecodableError
from dif_kit.http import Answer

EVENT = r"(?P<name>.+) \((?P<kind>Unique users|Sales)(?: in [A-Z]{3})?\)"


def records(decoder: Decoder, text: str) -> list[dict[str, Any]]:
    body = Answer(url="", status=200, headers={}, content=text.encode())
    decoder.check(body)
    return list(decoder.records(body))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Country Code", "country_code"),
        ("  Loyal Users/Installs ", "loyal_users_installs"),
        ("ROI (%)", "roi"),
        ("Site ID", "af_siteid"),
        ("city", "city"),
        ("日付", "日付"),
    ],
)
def test_a_column_is_called_in_small_letters_or_as_the_provider_calls_it_elsewhere(header: str, name: str) -> None:
    assert ColumnNames({"Site ID": "af_siteid"}).of(header) == name


def test_the_names_of_a_file_are_those_of_its_columns() -> None:
    names = ColumnNames({"Site ID": "site"}, kept=EVENT)
    found = records(CsvRecords(header_has="Site ID", names=names), "Site ID,Event Name,buy (Sales in EUR)\n1,open,2\n")
    assert found == [{"site": "1", "event_name": "open", "buy (Sales in EUR)": "2"}]


def test_two_headers_that_come_to_one_name_are_refused() -> None:
    with pytest.raises(UndecodableError, match="ad_id twice"):
        records(CsvRecords(names=ColumnNames()), "Ad ID,Ad Id\n1,2\n")


def test_columns_of_events_become_one_with_every_digit_and_whatever_name_an_event_has() -> None:
    text = "day,buy (big) (Unique users),buy (big) (Sales in USD),open (Unique users)\n1,2,0.10000000000000000000001,\n"
    decoder = Gathered(CsvRecords(), EVENT, name="event", into="events", blank="N/A")
    sales = Decimal("0.10000000000000000000001")
    assert records(decoder, text) == [
        {"day": "1", "events": [{"event": "buy (big)", "unique_users": 2, "sales": sales}]}
    ]
    assert records(decoder, "day,open (Unique users)\n1,N/A\n2,many\n3,-4\n4,1_0\n") == [
        {"day": "1", "events": []},
        {"day": "2", "events": [{"event": "open", "unique_users": "many"}]},
        {"day": "3", "events": [{"event": "open", "unique_users": -4}]},
        {"day": "4", "events": [{"event": "open", "unique_users": "1_0"}]},
    ]


def test_what_happened_twice_is_two_rows_with_keys_of_their_own_the_same_in_every_reading() -> None:
    decoder = Numbered(Digested(CsvRecords(), "id", ("who", "what"), is_text=True), "number", by="id")
    text = "who,what,cost\na,open,1\na,buy,2\na,open,3\nb,open,4\na,open,5\n"
    found = records(decoder, text)
    assert [row["number"] for row in found] == ["1", "1", "2", "1", "3"]
    assert len({(row["id"], row["number"]) for row in found}) == len(found)
    assert records(decoder, text) == found
    assert len({row["id"] for row in found}) == 3


def test_json_in_a_field_is_what_it_says_and_other_texts_stay_texts() -> None:
    text = 'value,other\n"{""price"":1.50000000000000000000001,""ids"":[1]}",{}\n"[1,2]",\n{torn,\n'
    text += '"{""a"":NaN}",\n12,\n,\n'
    found = records(Parsed(CsvRecords(), ("value",)), text)
    assert [row["value"] for row in found] == [
        {"price": Decimal("1.50000000000000000000001"), "ids": [1]},
        [1, 2],
        "{torn",
        '{"a":NaN}',
        "12",
        None,
    ]
    assert found[0]["other"] == "{}"
