"""The API of pages as a tap of dif."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from _ads import KEYS, SCHEMA
from dif_kit.paging import Cursor
from dif_kit.tap import Stream, Tap


class Rows(Stream):
    """Rows of an ads report."""

    name = "ads"
    path = "/rows"
    records = "data"
    paging = Cursor(token="next_page", param="page")
    primary_keys = KEYS
    schema = SCHEMA


class TapPages(Tap):
    """Numbered pages."""

    name = "tap-pages"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:1"
    stream_types = (Rows,)


if __name__ == "__main__":
    TapPages.cli()
