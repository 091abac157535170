"""The figures of a provider exactly, in every format; and what only looks like one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.decode import CsvRecords, Gzip, JsonLines, JsonRecords, KeyedLists, Limits, XlsxRecords, XmlRecords, Zip
from dif_kit.tap import Stream

if TYPE_CHECKING:
    from conftest import Mosaic
    from dif_kit.testing import TapRun

TEXT = {"type": ["string", "null"]}
WHOLE = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
DAY = {"type": ["string", "null"], "format": "date"}
DAYS = {"start_date": "2026-10-20", "end_date": "2026-11-01"}
COLUMNS = {
    **dict.fromkeys(("account_id", "ad_id", "currency"), TEXT),
    **dict.fromkeys(("impressions", "clicks"), WHOLE),
    "date": DAY,
    "spend": NUMBER,
}


def figures(kind: str, records: Any, name: str = "") -> type[Stream]:
    """The figures of some days in one format."""
    facts = {
        "name": name or f"figures_{kind}",
        "path": "/v1/accounts/{account_id}/figures",
        "params": {"format": kind, **DAYS},
        "records": records,
        "primary_keys": ("ad_id", "date"),
        "schema": {"type": "object", "properties": COLUMNS},
    }
    return type(f"Figures_{kind}", (Stream,), facts)


ORNATE = CsvRecords(header_has="account_id", footer="Total")
FORMATS = {
    "json": JsonRecords("rows"),
    "keyed": KeyedLists("ad_id"),
    "ndjson": JsonLines(),
    "csv": ORNATE,
    "semicolons": CsvRecords(delimiter=";", encoding="cp1252"),
    "tsv": CsvRecords(delimiter="\t", encoding="utf-16"),
    "xml": XmlRecords("report/row"),
    "xlsx": XlsxRecords(),
    "gzip": Gzip(JsonRecords()),
    "zip": Zip(ORNATE),
    "zip_many": Zip(JsonRecords(), members="*.json"),
}


@pytest.fixture(scope="module")
def run(provider: Mosaic) -> TapRun:
    """One run of all formats."""
    return provider.run(*(figures(kind, records) for kind, records in FORMATS.items()))


def test_a_run_of_every_format_is_complete(run: TapRun) -> None:
    assert run.exit_code == 0, run.errors


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_brings_the_figures_of_the_provider_exactly(mosaic: Mosaic, run: TapRun, kind: str) -> None:
    def seen(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        texts = ("account_id", "ad_id", "date", "currency")
        return sorted(
            (*(row[name] for name in texts), row["impressions"], row["clicks"], Decimal(str(row["spend"])))
            for row in rows
        )

    wanted = seen(mosaic.truth("figures", **DAYS))
    assert wanted
    assert seen(run.records(f"figures_{kind}")) == wanted


@pytest.mark.parametrize("kind", FORMATS)
def test_a_body_that_ends_too_early_never_passes_for_a_whole_one(mosaic: Mosaic, kind: str) -> None:
    # Without a footer a CSV that ends after a line looks whole: providers that have none are checked by their totals.
    mosaic.breaks(match="/figures", kind="truncated", times=None, size=2_001)
    run = mosaic.run(figures(kind, FORMATS[kind]))
    assert run.exit_code not in {0, 75}, run.errors
    assert not run.receipt.complete
    assert "Traceback" not in run.errors


SMALL = Limits(unpacked_bytes=1 << 20)
BOMBS = {
    "gzip_bomb": Gzip(JsonRecords(), SMALL),
    "zip_bomb": Zip(JsonRecords(), limits=SMALL),
    "xml_bomb": XmlRecords("report/row"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_and_named(mosaic: Mosaic, kind: str) -> None:
    mosaic.breaks(match="/figures", kind=kind, times=None, size=16 << 20)
    run = mosaic.run(figures(kind.removesuffix("_bomb"), BOMBS[kind], name="figures"))
    assert run.exit_code not in {0, 75}, run.errors
    assert run.records("figures") == []
    assert "figures" in run.errors
    assert "Traceback" not in run.errors


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gzip_bomb", "zip_bomb"])
def test_a_body_that_grows_too_much_is_refused_by_its_ratio(mosaic: Mosaic, kind: str) -> None:
    mosaic.breaks(match="/figures", kind=kind, times=None, size=64 << 20)
    whole = {"gzip_bomb": Gzip(JsonRecords()), "zip_bomb": Zip(JsonRecords())}[kind]
    run = mosaic.run(figures(kind.removesuffix("_bomb"), whole, name="figures"))
    assert run.exit_code not in {0, 75}, run.errors
    assert run.records("figures") == []
