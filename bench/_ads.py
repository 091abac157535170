"""Rows shaped like an ads report: the same for every run, 25 columns, about 650 bytes of JSON each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

__all__ = ["KEYS", "SCHEMA", "rows"]

NAMES = (
    "Spring sale",
    "Été “flash”",
    "Black Friday, late",
    'Señal "A"/B',
    "ブランド",
    "Retargeting 30d",
    "Größe; Übergang",
    "Launch 🚀",
)
DEVICES = ("MOBILE", "DESKTOP", "TABLET", "TV")
NETWORKS = ("SEARCH", "CONTENT", "VIDEO", None)
CURRENCIES = ("EUR", "USD", "JPY", "GBP")
LABELS = ("brand", "q4", "höchste", "test-a", "test-b")


def _nullable(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "date": {"type": "string", "format": "date"},
        "account_id": {"type": "string"},
        "account_name": _nullable("string"),
        "campaign_id": {"type": "string"},
        "campaign_name": _nullable("string"),
        "ad_group_id": _nullable("string"),
        "ad_id": {"type": "string"},
        "ad_name": _nullable("string"),
        "device": {"type": "string"},
        "network": _nullable("string"),
        "currency": _nullable("string"),
        "impressions": _nullable("integer"),
        "clicks": _nullable("integer"),
        "cost_micros": _nullable("integer"),
        "spend": _nullable("string"),
        "ctr": _nullable("number"),
        "conversions": _nullable("number"),
        "conversion_value": _nullable("number"),
        "video_views": _nullable("integer"),
        "is_active": _nullable("boolean"),
        "labels": _nullable("array", items={"type": ["string", "null"]}),
        "targeting": _nullable(
            "object",
            properties={
                "age": _nullable("array", items={"type": "integer"}),
                "geo": _nullable("array", items={"type": ["string"]}),
            },
        ),
        "final_url": _nullable("string"),
        "created_at": _nullable("string", format="date-time"),
        "updated_at": _nullable("string", format="date-time"),
    },
}
KEYS = ("date", "account_id", "campaign_id", "ad_id", "device")


def rows(count: int, *, start: int = 0) -> Iterator[dict[str, Any]]:
    """Rows `start` to `start + count`; a row depends on its number alone."""
    for number in range(start, start + count):
        yield _row(number, random.Random(number))


def _row(number: int, chance: random.Random) -> dict[str, Any]:
    account, campaign = number % 200, number // 7 % 4000
    impressions = int(chance.expovariate(1 / 3000))
    clicks = int(impressions * chance.random() * 0.05)
    cost = clicks * chance.randrange(80_000, 2_500_000)
    day = date(2025, 1, 1) + timedelta(days=number // 2000 % 365)
    moment = f"{day}T{number % 24:02d}:{number % 60:02d}:{number % 59:02d}+00:00"
    return {
        "date": day.isoformat(),
        "account_id": str(1_000_000_000 + account * 7919),
        "account_name": NAMES[account % len(NAMES)] if chance.random() > 0.03 else None,
        "campaign_id": str(23_840_000_000_000_000 + campaign * 104_729),
        "campaign_name": f"{NAMES[campaign % len(NAMES)]} #{campaign}",
        "ad_group_id": str(23_850_000_000_000_000 + number // 3 % 20_000),
        "ad_id": str(23_860_000_000_000_000 + number),
        "ad_name": f"Ad {number}" + ("\nsecond line" if number % 997 == 0 else ""),
        "device": DEVICES[number % 4],
        "network": NETWORKS[number // 5 % 4],
        "currency": CURRENCIES[account % 4],
        "impressions": impressions,
        "clicks": clicks,
        "cost_micros": cost,
        "spend": f"{cost / 1e6:.6f}",
        "ctr": round(clicks / impressions, 6) if impressions else 0.0,
        "conversions": round(chance.random() * 12, 2) if chance.random() > 0.3 else None,
        "conversion_value": round(chance.random() * 900, 4) if chance.random() > 0.3 else None,
        "video_views": chance.randrange(5000) if chance.random() > 0.5 else None,
        "is_active": number % 3 != 0,
        "labels": chance.sample(LABELS, k=chance.randrange(4)),
        "targeting": {"age": [18, 65], "geo": ["DE", "FR"][: number % 3]} if number % 4 else None,
        "final_url": f"https://shop.example/p/{number % 5000}?utm_source=ads&utm_campaign={campaign}",
        "created_at": moment,
        "updated_at": moment,
    }
