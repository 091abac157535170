"""Pages that are written whole say exactly what their records say one by one, and what the SDK itself would write.

One file, though a long one: every test of it compares the same two ways with the same few functions.
"""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import csv
import gzip
import io
import json
import re
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit._sdk import Writer
from dif_kit.decode import CsvRecords, KeyedLists
from dif_kit.http import _download
from dif_kit.paging import Cursor
from dif_kit.tap import ReportStatuses, ReportStream, Stream, Tap
from dif_kit.testing import ApiAnswer, FakeApi, TapRun, run_tap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Config = dict[str, Any]
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": ["string", "null"]},
        "day": {"type": ["string", "null"], "format": "date"},
        "spend": {"type": ["number", "null"]},
        "clicks": {"type": ["integer", "null"]},
        "paused": {"type": ["boolean", "null"]},
        "targeting": {
            "type": ["object", "null"],
            "properties": {
                "age": {"type": ["integer", "null"]},
                "geo": {"type": ["object", "null"], "properties": {"country": {"type": "string"}}},
            },
        },
        "labels": {"type": ["array", "null"], "items": {"type": "string"}},
        "updated": {"type": ["string", "null"], "format": "date-time"},
    },
}


class Rows(Stream):
    name = "rows"
    path = "/rows"
    records = "items"
    paging = Cursor(token="next", param="page")
    # None: pages of random rows may be alike, which a list with keys refuses.
    schema = SCHEMA


class Dated(Rows):
    name = "dated"
    replication_key = "updated"
    is_sorted = True
    STATE_MSG_FREQUENCY = 3  # so that STATE falls inside pages


class Report(Stream):
    name = "report"
    path = "/report"
    records = KeyedLists("id")
    primary_keys = ("id",)
    schema = SCHEMA


class Table(Stream):
    name = "table"
    path = "/table"
    records = CsvRecords(nulls=frozenset({"", "--"}))
    primary_keys = ("id",)
    schema = SCHEMA


class Ordered(ReportStream):
    name = "ordered"
    path = "/orders"
    job = "job"
    status = "status"
    statuses = ReportStatuses(running=frozenset(), done=frozenset({"done"}))
    link = "url"
    records = "items"
    primary_keys = ("id",)
    schema = SCHEMA


class Accounts(Stream):
    name = "accounts"
    path = "/accounts"
    primary_keys = ("account_id",)
    context_keys = {"account_id": "account_id"}
    schema = {"type": "object", "properties": {"account_id": {"type": "string"}}}


class OfAccount(Rows):
    name = "of_account"
    path = "/accounts/{account_id}/rows"
    parent_stream_type = Accounts
    context_columns = {"account_id": "account_id"}
    schema = {"type": "object", "properties": {**SCHEMA["properties"], "account_id": {"type": "string"}}}


class TapPages(Tap):
    """A tap of pages."""

    name = "tap-pages"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:9"
    stream_types = (Rows, Dated, Report, Table, Ordered, Accounts, OfAccount)


class TapRows(Tap):
    """The tap as a process."""

    name = "tap-pages"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:9"
    stream_types = (Rows,)


class TapOfTheSdk(TapPages):
    """The same tap with the SDK's own writer."""

    message_writer_class = SimpleSingerWriter


@pytest.fixture(scope="module")
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture(autouse=True)
def run_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIF_RUN_ID", "run-1")
    monkeypatch.delenv("DIF_REDIS_URL", raising=False)
    monkeypatch.delenv("DIF_PLAIN_EMISSION", raising=False)


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What went out, write by write."""
    written: list[bytes] = []
    write_lines = Writer.write_lines

    def remember(self: Writer, lines: bytes) -> None:
        written.append(lines)
        write_lines(self, lines)

    monkeypatch.setattr(Writer, "write_lines", remember)
    return written


def serve(api: FakeApi, *pages: str, path: str = "/rows") -> None:
    """Each page is the text of a JSON array; its document has other members too."""
    tokens = [*(f"p{number}" for number in range(1, len(pages))), None]
    bodies = {
        before: f'{{"total": 3, "items": {page}, "next": {json.dumps(after)}}}'.encode()
        for before, page, after in zip([None, *tokens], pages, tokens, strict=False)
    }
    api.on("GET", path, lambda request: ApiAnswer(bodies[request.query.get("page")]))


def read(api: FakeApi, *, stream: str = "rows", plain: bool = False, tap: type[Tap] = TapPages, **more: Any) -> TapRun:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIF_PLAIN_EMISSION", "1" if plain else "")
        return run_tap(
            tap, {"api_url": api.url, **more.pop("config", {})}, streams=more.pop("streams", {stream}), **more
        )


def timeless(run: TapRun) -> str:
    return re.sub(r'"(time_extracted|checksum|seal)":"[^"]*"', r'"\1":""', run.output)


def require_proof(run: TapRun) -> None:
    """Every STATE states the checksum of each stream's lines before it, and is sealed after the STATE before."""
    sums: dict[str, int] = {}
    seal = 0
    for line in run.output.encode().split(b"\n")[:-1]:
        message = json.loads(line)
        if message["type"] != "STATE":
            sums[message["stream"]] = zlib.crc32(line + b"\n", sums.get(message["stream"], 0))
            continue
        receipt = message["value"]["dif"]
        for stream, told in receipt["streams"].items():
            assert told["checksum"] == f"crc32:{sums[stream]:08x}"
        text = line.removeprefix(b'{"type":"STATE","value":').removesuffix(b"}")
        seal = zlib.crc32(text.replace(receipt["seal"].encode(), b"0" * 8), seal)
        assert receipt["seal"] == f"{seal:08x}"


def exact(run: TapRun) -> list[Any]:
    """The messages with every number as its own text."""
    lines = (json.loads(line, parse_float=str, parse_int=str) for line in run.output.split("\n") if line)
    found = [{name: value for name, value in line.items() if name != "time_extracted"} for line in lines]
    for line in found:
        if line["type"] == "STATE":  # the SDK's own writer makes neither checksums, of a SCHEMA alone either, nor seals
            receipt = line["value"]["dif"]
            with_rows = {name: told for name, told in receipt["streams"].items() if told["records"] != "0"}
            line["value"]["dif"] = {
                **receipt,
                "seal": "",
                "streams": {name: {**told, "checksum": ""} for name, told in with_rows.items()},
            }
    return found


def both(api: FakeApi, **more: Any) -> TapRun:
    """The run that writes pages, after it was found to write what the other one writes."""
    whole, plain = read(api, **more), read(api, plain=True, **more)
    assert timeless(whole) == timeless(plain)
    assert whole.exit_code == plain.exit_code
    require_proof(whole)
    require_proof(plain)
    return whole


# JSON as providers write it: as text, so that 1.10, 1e-7, "\u00e9" and keys that come twice are in it.

SPACE = some.sampled_from(["", "", "", " ", "\n  "])
WORDS = some.one_of(
    some.sampled_from(
        ["", "été", 'Señal "A"/B', "ブランド", "🚀", "line\nend", "\u2028\u2029\x7f\x85", "\\u2028", "42"]
    ),
    some.text(max_size=12),
)
STRING = some.builds(lambda word, ascii_only: json.dumps(word, ensure_ascii=ascii_only), WORDS, some.booleans())
INTEGER = some.one_of(
    some.integers(-(10**25), 10**25).map(str),
    some.sampled_from(["0", "-0", "9007199254740993", "18446744073709551616", "-9223372036854775809"]),
)
FRACTION = some.one_of(
    some.from_regex(r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
    some.sampled_from(["1.10", "-0.0", "7.0", "1e-7", "0.0000001", "1E400", "9007199254740993.0", "0.1e1"]),
)
ANYTHING = some.recursive(
    some.one_of(STRING, INTEGER, FRACTION, some.sampled_from(["null", "true", "false"])),
    lambda inner: some.one_of(
        some.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        some.lists(some.tuples(STRING, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=6,
)
TARGETING = some.builds(
    lambda age, rest: f'{{"age": {age}, "geo": {{"country": "DE", "x": {rest}}}}}', INTEGER, ANYTHING
)
FITTING = {
    "id": STRING,
    "day": some.dates().map(lambda day: f'"{day}"'),
    "spend": some.one_of(FRACTION, INTEGER),
    "clicks": INTEGER,
    "paused": some.sampled_from(["true", "false"]),
    "targeting": TARGETING,
    "labels": some.lists(STRING, max_size=3).map(lambda items: "[" + ",".join(items) + "]"),
    "updated": some.datetimes().map(lambda moment: f'"{moment.isoformat()}Z"'),
}
CELL = some.one_of(
    *(
        some.tuples(some.just(column), some.one_of(value, value, value, some.just("null")))
        for column, value in FITTING.items()
    )
)
ODD_CELL = some.tuples(some.sampled_from([*FITTING, "unknown", "Another one", "c0", "get"]), ANYTHING)


def record(cells: list[tuple[str, str]], space: str) -> str:
    return "{" + f",{space}".join(f"{json.dumps(column)}:{space}{value}" for column, value in cells) + "}"


TIDY = some.builds(record, some.lists(CELL, max_size=10), SPACE)
ODD = some.builds(record, some.lists(some.one_of(CELL, CELL, CELL, ODD_CELL), max_size=10), SPACE)
PAGE = some.one_of(some.lists(TIDY, max_size=8), some.lists(some.one_of(TIDY, TIDY, ODD), max_size=8)).map(
    lambda records: "[" + ",\n".join(records) + "]"
)
FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@FEW
@given(pages=some.lists(PAGE, min_size=1, max_size=4))
def test_whatever_a_page_holds_both_ways_write_the_same_bytes(api: FakeApi, pages: list[str]) -> None:
    serve(api, *pages)
    run = both(api)
    assert run.exit_code == 0
    assert len(run.records("rows")) == sum(len(json.loads(page)) for page in pages)


@pytest.mark.slow
@settings(FEW, max_examples=25)
@given(pages=some.lists(PAGE, min_size=1, max_size=3))
def test_the_records_are_those_that_the_sdk_would_write(api: FakeApi, pages: list[str]) -> None:
    serve(api, *pages)
    assert exact(read(api)) == exact(read(api, tap=TapOfTheSdk))


@pytest.mark.slow
@settings(FEW, max_examples=25)
@given(
    pages=some.lists(PAGE, min_size=1, max_size=3),
    deselected=some.sets(
        some.sampled_from(["day", "spend", "clicks", "targeting", "targeting.age", "targeting.geo.country", "unknown"])
    ),
)
def test_what_is_deselected_is_left_out_at_any_depth(api: FakeApi, pages: list[str], deselected: set[str]) -> None:
    serve(api, *pages)
    tap = deselecting(deselected)
    run = both(api, tap=tap)
    assert exact(run) == exact(read(api, tap=type("TapOfTheSdk", (tap,), {"message_writer_class": SimpleSingerWriter})))
    for path in deselected:
        assert not any(holds(row, path.split(".")) for row in run.records("rows"))


def deselecting(paths: set[str]) -> type[Tap]:
    """The tap with another catalog to begin with: these properties are deselected."""

    class Deselecting(TapPages):
        @property
        def catalog_dict(self) -> dict[str, Any]:
            catalog = super().catalog_dict
            crumbs = [[crumb for name in path.split(".") for crumb in ("properties", name)] for path in paths]
            for entry in catalog["streams"]:
                kept = [item for item in entry["metadata"] if item["breadcrumb"] not in crumbs]
                deselected = [{"breadcrumb": crumb, "metadata": {"selected": False}} for crumb in crumbs]
                entry["metadata"] = [*kept, *deselected]
            return catalog

    return Deselecting


def holds(row: Any, path: list[str]) -> bool:
    if not isinstance(row, dict) or path[0] not in row:
        return False
    return len(path) == 1 or holds(row[path[0]], path[1:])


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "spend": 1.5, "updated": f"2026-01-01T00:00:{number:02d}Z", **more}


def serve_rows(api: FakeApi, *pages: list[Any], path: str = "/rows") -> None:
    serve(api, *map(json.dumps, pages), path=path)


def test_a_page_is_written_in_one_go(api: FakeApi, writes: list[bytes]) -> None:
    serve_rows(api, [row(1), row(2), row(3)], [row(4)])
    read(api)
    assert [lines.count(b"\n") for lines in writes if b"RECORD" in lines] == [3, 1]
    writes.clear()
    read(api, plain=True)
    assert [lines.count(b"\n") for lines in writes if b"RECORD" in lines] == [1, 1, 1, 1]


def test_a_column_that_comes_unannounced_slows_one_page_and_is_told_once(api: FakeApi, writes: list[bytes]) -> None:
    pages = [[row(number, new=1), row(number + 1)] for number in (1, 3, 5)]
    serve_rows(api, *pages)
    run = read(api)
    assert [lines.count(b"\n") for lines in writes if b"RECORD" in lines] == [1, 1, 2, 2]
    assert run.errors.count("the schema does not know") == 1
    assert [record.get("new") for record in run.records("rows")] == [1, None] * 3


def test_a_column_that_no_type_can_have_is_sent_all_the_same(api: FakeApi) -> None:
    name = 'x"; DROP TABLE y; --\\'
    serve_rows(api, *([row(number, **{name: number})] for number in (1, 2, 3)))
    assert [record.get(name) for record in read(api).records("rows")] == [1, 2, 3]


def test_ids_that_come_as_numbers_are_text_and_fast_from_the_second_page_on(api: FakeApi, writes: list[bytes]) -> None:
    serve(api, '[{"id": 42, "clicks": 7.0}]', '[{"id": 43.0, "clicks": 8}, {"id": "44"}]')
    run = both(api)
    assert [(record["id"], record.get("clicks")) for record in run.records("rows")] == [
        ("42", 7),
        ("43", 8),
        ("44", None),
    ]
    assert [lines.count(b"\n") for lines in writes if b"RECORD" in lines][:2] == [1, 2]


def test_a_provider_with_new_columns_on_every_page_is_read_all_the_same(api: FakeApi) -> None:
    serve_rows(api, *([row(number, **{f"new{number}": number})] for number in range(30)))
    assert len(both(api).records("rows")) == 30


def test_columns_stand_in_the_order_of_the_schema_and_unknown_ones_after_them(api: FakeApi) -> None:
    serve(api, '[{"z": 1, "labels": [], "a": 2, "id": "1"}]')
    assert '"record":{"id":"1","labels":[],"a":2,"z":1}' in both(api).output


@pytest.mark.parametrize(
    "body", [b'{"items": [{"id": "1"}], "next"', b'{"items": [{"id": "\xff"}]}', b'{"items": [1]}', b"[]"]
)
def test_a_page_that_is_broken_is_refused_in_both_ways(api: FakeApi, body: bytes) -> None:
    api.on("GET", "/rows", ApiAnswer(body))
    tap = type("TapImpatient", (TapPages,), {"retry": TapPages.retry.__class__(attempts=1)})
    run = both(api, tap=tap)
    assert run.exit_code == 1
    assert not run.records("rows")


def test_other_arrays_and_fractions_beside_the_records_do_no_harm(api: FakeApi, writes: list[bytes]) -> None:
    body = b'{"warnings": [{"id": "1"}], "rate": 1.10, "items": [{"id": "1"}, {"id": "2"}]}'
    api.on("GET", "/rows", ApiAnswer(body))
    both(api)
    assert max(lines.count(b"\n") for lines in writes) == 2


# STATE


def test_state_stands_where_it_stands_between_single_records(api: FakeApi) -> None:
    serve_rows(api, [row(number) for number in range(8)], [row(number) for number in range(8, 10)])
    run = both(api, stream="dated")
    kinds = "".join(message["type"][0] for message in run.messages)
    assert kinds.startswith("SSRRRSRRR")  # inside the first page, after three of its eight rows
    assert run.receipt.streams["dated"].records == 10
    assert run.bookmark("dated") == "2026-01-01T00:00:09Z"


def test_rows_that_are_no_news_are_left_out_and_the_bookmark_moves(api: FakeApi) -> None:
    unsorted = type("Unsorted", (Dated,), {"is_sorted": False})
    tap = type("TapUnsorted", (TapPages,), {"stream_types": (unsorted,)})
    serve_rows(api, [row(5), row(1), row(9)])
    first = both(api, stream="dated", tap=tap)
    assert len(first.records("dated")) == 3
    serve_rows(api, [row(1), row(9), {"id": "says nothing"}, row(30)])
    second = both(api, stream="dated", tap=tap, state=first.state)
    assert [record["id"] for record in second.records("dated")] == ["9", "says nothing", "30"]
    assert second.bookmark("dated") == "2026-01-01T00:00:30Z"


def test_a_moment_that_cannot_be_read_ends_both_ways_at_the_same_record(api: FakeApi) -> None:
    serve_rows(api, [row(1), row(2), row(3, updated="yesterday"), row(4)])
    run = both(api, stream="dated")
    assert run.exit_code == 1
    assert [record["id"] for record in run.records("dated")] in (["1", "2"], ["1", "2", "3"])


# Facts


def test_rows_say_where_they_belong(api: FakeApi, writes: list[bytes]) -> None:
    api.on("GET", "/accounts", ApiAnswer([{"account_id": "1"}, {"account_id": "2"}]))
    serve_rows(api, [row(1), row(2, account_id="own")], path="/accounts/1/rows")
    serve_rows(api, [row(3), row(4, account_id=None)], path="/accounts/2/rows")
    run = both(api, streams={"accounts", "of_account"})
    assert [record["account_id"] for record in run.records("of_account")] == ["1", "own", "2", None]
    assert max(lines.count(b"\n") for lines in writes) == 2


def test_lists_by_entity_take_their_key(api: FakeApi, writes: list[bytes]) -> None:
    api.on("GET", "/report", ApiAnswer(b'{"11": [{"spend": 1.10}, {"id": 12, "spend": null}], "13": []}'))
    run = both(api, stream="report")
    assert [record["id"] for record in run.records("report")] == ["11", "12"]
    assert '"spend":1.10' in run.output
    api.on("GET", "/report", ApiAnswer(b'{"11": [{"spend": 1.10}, {"id": "12"}], "13": [{"spend": 2}]}'))
    writes.clear()
    assert [record["id"] for record in both(api, stream="report").records("report")] == ["11", "12", "13"]
    assert max(lines.count(b"\n") for lines in writes) == 3


# What the SDK can do besides


def test_a_table_is_written_a_thousand_rows_at_a_time(api: FakeApi, writes: list[bytes]) -> None:
    lines = ["id,clicks,spend,other", *(f"{number},{number % 7 or '--'},0.{number:04},x" for number in range(2500))]
    api.on("GET", "/table", ApiAnswer("\n".join(lines).encode()))
    run = both(api, stream="table")
    assert [lines.count(b"\n") for lines in writes if b"RECORD" in lines][:3] == [1000, 1000, 500]
    assert run.records("table")[7]["clicks"] is None
    assert run.records("table")[1]["other"] == "x"


@pytest.mark.slow
@given(
    cells=some.lists(
        some.lists(
            some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
            min_size=4,
            max_size=4,
        ),
        max_size=5,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
def test_whatever_a_table_holds_both_ways_write_the_same_bytes(api: FakeApi, cells: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["id", "labels", "geo", "more"], *cells])
    api.on("GET", "/table", ApiAnswer(text.getvalue().encode()))
    both(api, stream="table")


def test_a_large_report_is_written_in_chunks_too(
    api: FakeApi, writes: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_download, "_LARGE", 1)
    items = [{"id": number, "clicks": 7.0, "spend": 0.25, "new": [number]} for number in range(1200)]
    api.on("POST", "/orders", {"job": "1"})
    api.on("GET", "/orders", {"status": "done", "url": f"{api.url}/files/1"})
    api.on("GET", "/files/1", {"items": items})
    run = both(api, stream="ordered")
    assert [lines.count(b"\n") for lines in writes if b"RECORD" in lines][:2] == [1000, 200]
    assert run.records("ordered")[1]["id"] == "1"


def test_stream_maps_still_apply(api: FakeApi) -> None:
    serve_rows(api, [row(1), row(2), row(3)])
    maps = {"rows": {"double": "spend * 2", "day": "__NULL__", "__filter__": "id != '2'", "__alias__": "mapped"}}
    run = both(api, config={"stream_maps": maps})
    assert [record["double"] for record in run.records("mapped")] == [3.0, 3.0]
    assert run.receipt.streams["mapped"].records == 2


def test_flattening_still_applies(api: FakeApi) -> None:
    serve_rows(api, [row(1, targeting={"age": 18, "geo": {"country": "DE"}})])
    run = both(api, config={"flattening_enabled": True, "flattening_max_depth": 2})
    [record] = run.records("rows")
    assert (record["targeting__age"], record["targeting__geo__country"]) == (18, "DE")


def test_batch_files_hold_the_records(api: FakeApi, tmp_path: Path) -> None:
    serve_rows(api, [row(1), row(2)], [row(3)])
    batch = {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": tmp_path.as_uri()}}
    run = read(api, config={"batch_config": batch})
    [message] = [message for message in run.messages if message["type"] == "BATCH"]
    [file] = [tmp_path / name.rsplit("/", 1)[1] for name in message["manifest"]]
    assert [json.loads(line)["id"] for line in gzip.decompress(file.read_bytes()).splitlines()] == ["1", "2", "3"]
    assert run.records("rows") == []


def command(*arguments: str) -> str:
    """What the tap of one stream, as a process, says."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, check=True, text=True)
    return done.stdout


@pytest.mark.slow
def test_a_trial_reads_one_record_of_each_stream(api: FakeApi, tmp_path: Path) -> None:
    serve_rows(api, [row(1), row(2)], [row(3)])
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_url": api.url}))
    assert command("--config", str(config), "--test").count('"RECORD"') == 1


@pytest.mark.slow
def test_the_tap_tells_of_itself() -> None:
    assert [stream["stream"] for stream in json.loads(command("--discover"))["streams"]] == ["rows"]
    assert json.loads(command("--about", "--format=json"))["name"] == "tap-pages"


# The writer


@pytest.mark.parametrize("text", ["\u2028", "\\u2028", "\\\u2028\\\\u2029", "é\u2029\\", "\x85\x7f\x00"])
def test_letters_are_written_as_utf8_and_read_back_the_same(api: FakeApi, text: str) -> None:
    serve_rows(api, [{"id": text}, {"id": 7}])
    run = both(api)
    assert run.records("rows")[0]["id"] == text
    assert "\\u2" not in run.output.replace("\\\\u2", "")


def test_a_write_that_is_cut_short_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow:
        def __init__(self) -> None:
            self.buffer = self
            self.written = b""

        def write(self, data: memoryview) -> int:
            self.written += bytes(data[:3])
            return min(3, len(data))

        def flush(self) -> None:
            pass

    narrow = Narrow()
    monkeypatch.setattr("sys.stdout", narrow)
    Writer().write_lines(b"a whole line\n")
    assert narrow.written == b"a whole line\n"


if __name__ == "__main__":
    TapRows.cli()
