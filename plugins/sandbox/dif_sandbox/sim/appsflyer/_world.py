"""The apps of a client, what happened in them, and what came of campaigns; all values as texts, as files have them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import Market
from dif_sandbox.sim.world import Account, Figures, accounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["EVENTS", "AggregateOrder", "Row", "World"]

Row = dict[str, str]

MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/New_York")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("FR", "EUR", ZoneInfo("Europe/Paris")),
)
HAPPENED: Final = 6
"""What happens in an app a day, in each report of raw data, at scale 1."""
CAMPAIGNS: Final = 4
SOURCES: Final = (("", "Facebook Ads"), ("agency1", "googleadwords_int"), ("", "restricted"))
COUNTRIES: Final = ("US", "DE", "None")
CONVERSIONS: Final = ("Re-engagement", "Re-attribution")
EVENTS: Final = ("af_purchase", "tutorial (v2)")
COUNTS: Final = {
    "impressions": 9_000, "clicks": 400, "installs": 60, "sessions": 900, "loyal_users": 30, "cost": 9_000,
    "revenue": 20_000, "users": 20, "events": 45,
}  # fmt: skip
RAW_SETTLES_DAYS: Final = 6
SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class AggregateOrder:
    """What an aggregate report is about."""

    first: date
    last: date
    by_country: bool
    is_retargeting: bool
    has_revenue: bool


@dataclass(frozen=True, slots=True)
class World:
    """Everything of all clients; `scale` multiplies what happens and the campaigns."""

    clock: Clock
    draw: Draw
    happened: Figures
    figures: Figures
    accounts: dict[str, list[Account]]
    scale: int

    @classmethod
    def of(cls, clock: Clock, draw: Draw, clients: Sequence[str], scale: int) -> World:
        """The world of some clients: apps for Android and for iOS."""
        owned = {
            client: [
                replace(account, id=f"com.{client}.shop{number}" if number % 2 else f"id{account.id}")
                for number, account in enumerate(accounts(draw, client, MARKETS, least=2), 1)
            ]
            for client in clients
        }
        happened = Figures(draw, {"cost": 900, "moment": SECONDS}, settle_days=RAW_SETTLES_DAYS, withdrawn=0.1)
        return cls(clock, draw, happened, Figures(draw, COUNTS, withdrawn=0.2), owned, scale)

    def app(self, account: Account) -> dict[str, Any]:
        """An app as the list has it, flat; the second of a client was never asked about retargeting."""
        is_android = account.id.startswith("com.")
        row = {
            "id": account.id, "type": "app", "name": f"{account.client} {account.market.country}",
            "platform": "android" if is_android else "ios", "currency": account.market.currency,
            "time_zone": str(account.market.zone),
        }  # fmt: skip
        return {**row, "enable_retargetting": True} if is_android else row

    def raw(
        self, account: Account, report: str, first: date, last: date, zone: ZoneInfo
    ) -> Iterator[tuple[datetime, Row]]:
        """What happened when in an app, as a report tells it, the latest day first; some things happened twice."""
        now = self.clock.now().astimezone(zone)
        for back in range((last - first).days + 1):
            day = last - timedelta(days=back)
            for number in range(HAPPENED * self.scale):
                thing = f"{account.id} {report} {number}"
                known = self.happened.row(thing, day, now)
                if known is None:
                    continue
                seconds = self.draw.bits("moment", thing, day.toordinal()) % SECONDS
                moment = datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)
                if moment > now.replace(tzinfo=None):
                    continue
                row = self._row(account, report, number, moment, known["cost"])
                yield moment, row
                if number % HAPPENED == 1 and "events" in report:
                    yield moment, dict(row)

    def _row(self, account: Account, report: str, number: int, moment: datetime, cost: int) -> Row:
        is_event, is_organic = "event" in report or "inapps" in report, "organic" in report
        touched = moment if "clicks" in report else None
        name = EVENTS[number % 2] if is_event else "install"
        installed = moment - timedelta(days=number % 3, minutes=5) if is_event else moment
        price = f"{self.draw.bits('price', account.id, number) % 9_000 / 100:.2f}"
        bought = json.dumps({"af_revenue": float(price), "af_content": 'a "red" one, large'})
        value = bought if number % 2 == 0 else "null"
        (partner, source), campaign = SOURCES[number % len(SOURCES)], number % CAMPAIGNS
        row = {
            "install_time": _text(installed), "event_time": _text(moment), "event_name": name, "event_source": "SDK",
            "event_revenue_currency": account.market.currency, "platform": self.app(account)["platform"],
            "country_code": COUNTRIES[number % 2], "city": "Zürich", "dma": "None", "ip": f"203.0.113.{number % 256}",
            "wifi": "true", "language": "en-US", "appsflyer_id": f"17{number:08d}-{number % 7}", "app_id": account.id,
            "app_version": "2.0.1", "sdk_version": "v6.12.3", "app_name": "Shop", "is_retargeting": "false",
            "user_agent": 'Shop/1 ("beta", x)', "advertising_id": f"00000000-0000-4000-8000-{number:012d}",
        }  # fmt: skip
        if is_event:
            row |= {"event_value": value, "event_revenue": price if value != "null" else "", "is_receipt_validated": ""}
            row["event_revenue_preferred"] = row["event_revenue"]
        if not is_organic:
            clicked = touched or installed - timedelta(minutes=3)
            row |= {
                "attributed_touch_type": "click", "attributed_touch_time": _text(clicked),
                "af_prt": partner, "media_source": source, "campaign": f"Campaign № {campaign}",
                "af_c_id": f"2384793704855{campaign:04d}", "af_cost_model": "CPI", "af_cost_value": f"{cost / 100:.2f}",
                "af_cost_currency": account.market.currency, "is_primary_attribution": "true",
                "af_attribution_lookback": "7d",
            }  # fmt: skip
        return row

    def aggregate(self, account: Account, order: AggregateOrder) -> Iterator[Row]:
        """What came of each campaign and of itself, day by day."""
        now = self.clock.now().astimezone(account.market.zone)
        kinds = CONVERSIONS if order.is_retargeting else ("",)
        for offset in range((order.last - order.first).days + 1):
            day = order.first + timedelta(days=offset)
            for partner, source, campaign in self._campaigns():
                for kind in kinds:
                    known = self.figures.row(f"{account.id} {source} {campaign} {kind}", day, now)
                    if known is None:
                        continue
                    named = {"date": str(day), "af_prt": partner, "media_source": source, "campaign": campaign}
                    for country, share in _by_country(known, order.by_country):
                        yield {**named, **country, "conversion_type": kind, **_figures(share, order, source)}

    def _campaigns(self) -> Iterator[tuple[str, str, str]]:
        yield "", "Organic", "None"
        yield "", SOURCES[0][1], ""
        for number in range(CAMPAIGNS * self.scale):
            partner, source = SOURCES[number % len(SOURCES)]
            yield partner, source, f"Campaign № {number}"


def _by_country(known: dict[str, int], by_country: bool) -> Iterator[tuple[Row, dict[str, int]]]:  # noqa: FBT001
    if not by_country:
        yield {}, known
        return
    parts = len(COUNTRIES)
    for place, country in enumerate(COUNTRIES):
        rest = {name: count - count // parts * (parts - 1) for name, count in known.items()}
        yield {"country": country}, rest if place == 0 else {name: count // parts for name, count in known.items()}


def _figures(known: dict[str, int], order: AggregateOrder, source: str) -> Row:
    has_costs = source not in {"Organic", "restricted"}
    users, installs, clicks = known["users"], known["installs"], known["clicks"]
    row = {
        "impressions": str(known["impressions"]), "clicks": str(clicks), "sessions": str(known["sessions"]),
        "ctr": _rate(clicks, known["impressions"]), "conversion_rate": _rate(installs, clicks),
        "installs": str(installs), "conversions": str(installs), "loyal_users": str(known["loyal_users"]),
        "loyal_users_rate": _rate(known["loyal_users"], installs),
        "total_cost": f"{known['cost'] / 100:.2f}" if has_costs else "N/A",
        "average_ecpi": _rate(known["cost"], 100 * installs) if has_costs else "N/A",
    }  # fmt: skip
    if order.has_revenue:
        row |= {
            "total_revenue": f"{known['revenue'] / 100:.2f}", "arpu": _rate(known["revenue"], 100 * installs),
            "roi": _rate(known["revenue"] - known["cost"], known["cost"]) if has_costs else "N/A",
            f"{EVENTS[0]} (Unique users)": str(users), f"{EVENTS[0]} (Event counter)": str(known["events"]),
            f"{EVENTS[0]} (Sales in USD)": f"{known['revenue'] / 100:.2f}",
            f"{EVENTS[1]} (Unique users)": str(users // 2), f"{EVENTS[1]} (Event counter)": str(users // 2),
            f"{EVENTS[1]} (Sales in USD)": "N/A",
        }  # fmt: skip
    return row


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:.4f}" if whole else "0.0000"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
