"""Figures in every encoding, each with the ornaments that some provider gives it."""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim import encodings as encode
from dif_sandbox.sim.encodings import Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["payload"]

Row = dict[str, Any]

COLUMNS: Final = ("account_id", "ad_id", "date", "currency", "impressions", "clicks", "spend")


def payload(kind: str, rows: Callable[[], Iterable[Row]], head: Mapping[str, Any]) -> Payload:
    """The rows in one of the encodings; `head` goes into those that have a place for it.

    Raises:
        ValueError: there is no such encoding.
    """
    kinds: dict[str, Payload] = {
        "json": Payload("application/json", lambda: encode.json_document(rows(), "rows", head)),
        "keyed": Payload("application/json", lambda: encode.keyed_lists(rows(), "ad_id")),
        "ndjson": Payload("application/x-ndjson", lambda: encode.ndjson(rows())),
        "csv": Payload("text/csv; charset=utf-8", lambda: _ornate(rows())),
        "semicolons": Payload("text/csv", lambda: encode.delimited(rows(), COLUMNS, delimiter=";", charset="cp1252")),
        "tsv": Payload(
            "text/tab-separated-values; charset=utf-16",
            lambda: encode.delimited(rows(), COLUMNS, delimiter="\t", charset="utf-16", line_end="\n"),
        ),
        "xml": Payload("application/xml", lambda: encode.xml_document(rows(), root="report", item="row", head=head)),
        "xlsx": Payload(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda: encode.xlsx(_typed(rows()), COLUMNS),
        ),
        "gzip": Payload("application/gzip", lambda: encode.gzipped(encode.json_array(rows()))),
        "zip": Payload("application/zip", lambda: encode.zipped([("report.csv", _ornate(rows()))])),
        "zip_many": Payload(
            "application/zip",
            lambda: encode.zipped([("figures.csv", _ornate(rows())), ("figures.json", encode.json_array(rows()))]),
        ),
    }
    if kind not in kinds:
        message = f"format is {kind!r}, not one of {', '.join(kinds)}"
        raise ValueError(message)
    return kinds[kind]


def _ornate(rows: Iterable[Row]) -> Iterator[bytes]:
    return encode.delimited(
        rows,
        COLUMNS,
        charset="utf-8-sig",
        preamble=(["Report Name: Figures"], ["Potential Incomplete Data: true"], []),
        footer=([], ["@2026 Mosaic. All rights reserved."]),
        total_of=("impressions", "clicks"),
        quoting=csv.QUOTE_ALL,
    )


def _typed(rows: Iterable[Row]) -> Iterator[Row]:
    return ({**row, "date": date.fromisoformat(row["date"]), "spend": float(row["spend"])} for row in rows)
