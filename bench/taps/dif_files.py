"""The reports of `_files_server.py` as a tap of dif: ordered, downloaded, every row written."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from _ads import KEYS, SCHEMA
from dif_kit.decode import CsvRecords, JsonRecords, Zip
from dif_kit.tap import ReportStatuses, ReportStream, Tap


class Report(ReportStream):
    """What both reports share."""

    job = "id"
    status = "status"
    statuses = ReportStatuses(running=frozenset(), done=frozenset({"done"}))
    link = "url"
    primary_keys = KEYS
    schema = SCHEMA


class Json(Report):
    """One JSON document."""

    name = "json"
    path = "/orders/json"
    poll_path = "/orders/json"
    records = JsonRecords("data.rows")


class Zipped(Report):
    """A table with words above and below it, in a ZIP."""

    name = "zip"
    path = "/orders/zip"
    poll_path = "/orders/zip"
    records = Zip(CsvRecords(header_has="ad_id", footer="©", nulls=frozenset({"", "--"})), members="*.csv")


class TapFiles(Tap):
    """Two forms of the same report."""

    name = "tap-files"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:1"
    stream_types = (Json, Zipped)


if __name__ == "__main__":
    TapFiles.cli()
