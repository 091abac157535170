"""The conformance suite holds for the shop, a tap with every kind of stream."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from dif_kit.testing import conformance

shop = sys.modules[f"{__name__.rpartition('.')[0]}.conftest"]

TestShop = conformance(
    shop.TapShop,
    routes=shop.teach,
    config={"start_date": "2026-10-01", "end_date": "2026-10-15"},
    credential={"access_token": "secret-token-of-the-shop"},
    golden_catalog=Path(__file__).with_name("shop.catalog.json"),
    golden_records=Path(__file__).with_name("shop.records.json"),
    forbidden="/accounts/1/campaigns",
    today=date(2026, 11, 1),  # the shop keeps figures for 60 days
)
