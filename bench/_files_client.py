"""One download in a process of its own: every row is read and counted, and compared with what the server says.

usage: python _files_client.py kit|plain json|zip URL
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from decimal import Decimal

import requests


def kit(form: str, url: str) -> tuple[int, int]:
    """With the kit: in flat memory, every number exact."""
    from dif_kit.budget import connect  # noqa: PLC0415 - the plain way is not to pay for it
    from dif_kit.decode import CsvRecords, JsonRecords, Zip  # noqa: PLC0415
    from dif_kit.http import HttpClient, NoAuth, Request  # noqa: PLC0415

    table = CsvRecords(header_has="ad_id", footer="©", nulls=frozenset({"", "--"}))
    decoder = JsonRecords("data.rows") if form == "json" else Zip(table, members="*.csv")
    client = HttpClient(authenticator=NoAuth(), limiter=connect(None), user_agent="bench")
    with client.download(Request(url=f"{url}/{form}", origin=url, decoder=decoder)) as download:
        return sum(1 for _ in decoder.records(download)), int(download.headers["X-Rows"])


def plain(form: str, url: str) -> tuple[int, int]:
    """As a tap without a kit does it: the answer whole, then its rows."""
    answer = requests.get(f"{url}/{form}", timeout=60)
    expected = int(answer.headers["X-Rows"])
    if form == "json":
        return len(json.loads(answer.content, parse_float=Decimal)["data"]["rows"]), expected
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive, archive.open("report.csv") as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        for _ in range(3):
            text.readline()
        return sum(1 for _ in csv.DictReader(text)) - 1, expected


if __name__ == "__main__":
    found, expected = {"kit": kit, "plain": plain}[sys.argv[1]](*sys.argv[2:])
    if found != expected:
        sys.exit(f"{found} rows of {expected}")
