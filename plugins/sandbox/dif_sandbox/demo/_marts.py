"""The marts against the channels' own truth: spend of every campaign and day, in two currencies, to the last digit."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from dif_sandbox.demo._pipeline import PipelineError
from dif_sandbox.demo._rows import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from dif_sandbox.demo._places import Source, Warehouse

__all__ = ["QUESTION", "compare_spend", "load_rates"]

Key = tuple[str, str, str, str]  # platform, account, campaign, day
Spend = dict[Key, tuple[str, Decimal, Decimal]]

REPORTING: Final = "EUR"
#: What a unit of each currency is worth in the reporting one on the first day; it moves a little every day.
WORTH: Final = {
    "USD": Decimal("0.8613"),
    "JPY": Decimal("0.005527"),
    "INR": Decimal("0.009641"),
    "GBP": Decimal("1.1392"),
}
LONGEST_SECONDS: Final = 120
SIXTH: Final = Decimal("0.000001")

QUESTION: Final = """
SELECT platform, currency_code AS currency, SUM(spend_native)::DECIMAL(18, 2) AS spend_native,
       SUM(spend_reporting)::DECIMAL(18, 2) AS spend_eur, SUM(clicks) AS clicks,
       SUM(restatement_count) AS restated,
       SUM(CASE WHEN completeness_status = 'complete' THEN 0 ELSE 1 END) AS not_complete
FROM mart_media_campaign_daily
GROUP BY 1, 2 ORDER BY 4 DESC"""


def rate(currency: str, number: int) -> Decimal:
    """The simulated rate of a currency on the ``number``-th day; the reporting currency is 1."""
    return Decimal(1) if currency == REPORTING else WORTH[currency] * (1000 + number % 7) / 1000


def load_rates(client: str, start: date, end: date, environment: Mapping[str, str], folder: Path) -> None:
    """Send rates of every day from `start` to `end` through target-redshift, as a tap of exchange rates would.

    Raises:
        PipelineError: the target did not take them; the message is its own.
    """
    text = {"type": "string"}
    columns = {"rate_date": {**text, "format": "date"}, "from_currency": text, "to_currency": text}
    properties = {**columns, "rate": {"type": "number"}}
    lines: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": "rates", "key_properties": list(columns), "schema": {"properties": properties}}
    ]
    for number in range((end - start).days + 1):
        for currency in WORTH:
            day = (start + timedelta(days=number)).isoformat()
            worth = float(rate(currency, number))
            row = {"rate_date": day, "from_currency": currency, "to_currency": REPORTING, "rate": worth}
            lines.append({"type": "RECORD", "stream": "rates", "record": row})
    names = ("BUCKET", "HOST", "PORT", "DATABASE", "IAM_ROLE")
    config = {name.lower(): environment[f"TARGET_REDSHIFT_{name}"] for name in names}
    credential = f"vault://{client}/redshift"
    more = {"port": int(config["port"]), "client": client, "schema": client, "tap": "tap-fx", "prefix": "rates"}
    file = folder / "rates.json"
    file.write_text(json.dumps({**config, **more, "credential_ref": credential}))
    done = subprocess.run(
        ["target-redshift", "--config", str(file)],  # noqa: S607 - the one on PATH, as Meltano takes it
        input="".join(json.dumps(line) + "\n" for line in lines),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    if done.returncode:
        message = f"the exchange rates were not loaded: {done.stderr.strip().splitlines()[-1]}"
        raise PipelineError(message)


def compare_spend(
    sources: Mapping[str, Source], start: date, end: date, warehouse: Warehouse, schema: str
) -> tuple[int, list[Difference]]:
    """How many campaign days there are, and where the mart's spend is not the simulators', in either currency."""
    truth = _truth(_rows_of(sources, start, end), start)
    relation = sql.Identifier(schema, "mart_media_campaign_daily")
    columns = "platform, account_id, campaign_id, report_date, currency_code, spend_native, spend_reporting"
    found: Spend = {
        (row["platform"], row["account_id"], row["campaign_id"], row["report_date"].isoformat()): (
            row["currency_code"],
            row["spend_native"],
            row["spend_reporting"],
        )
        for row in warehouse.query(sql.SQL("SELECT {} FROM {}").format(sql.SQL(columns), relation))
    }
    keys = sorted(truth.keys() | found.keys())
    wrong = [
        Difference("mart_media_campaign_daily", key, "spend", truth.get(key), found.get(key))
        for key in keys
        if truth.get(key) != found.get(key)
    ]
    return len(keys), wrong


def _rows_of(
    sources: Mapping[str, Source], start: date, end: date
) -> Iterator[tuple[str, str, str, str, str, Decimal]]:
    """Platform, account, campaign, day, currency and spend of every row of the two channels' campaign reports."""
    pinterest, google = sources["pinterest"], sources["google_ads"]
    currencies = {row["id"]: row["currency"] for row in pinterest.table("ad_accounts", ("id",), start).rows.values()}
    for row in pinterest.table("campaign_report", ("campaign_id", "date"), start, end).rows.values():
        account, micros = str(row["ad_account_id"]), Decimal(str(row["spend_in_micro_dollar"] or 0))
        yield "pinterest", account, str(row["campaign_id"]), row["date"], currencies[account], micros / 1_000_000
    keys = ("campaign_id", "segments_date", "segments_ad_network_type", "segments_device")
    for row in google.table("campaign_performance_report", keys, start, end).rows.values():
        micros = Decimal(row["metrics_cost_micros"] or 0)
        account, currency = str(row["customer_id"]), row["customer_currency_code"]
        yield "google_ads", account, str(row["campaign_id"]), row["segments_date"], currency, micros / 1_000_000


def _truth(rows: Iterable[tuple[str, str, str, str, str, Decimal]], start: date) -> Spend:
    """Spend by campaign and day, in the account's currency and at the day's rate."""
    native: dict[Key, tuple[str, Decimal]] = {}
    for platform, account, campaign, day, currency, spend in rows:
        key = (platform, account, campaign, day)
        native[key] = (currency, native.get(key, (currency, Decimal(0)))[1] + spend)
    found: Spend = {}
    for key, (currency, spend) in native.items():
        number = (type(start).fromisoformat(key[3]) - start).days
        reporting = (spend * rate(currency, number)).quantize(SIXTH, ROUND_HALF_UP)
        found[key] = (currency, spend.quantize(SIXTH), reporting)
    return found
