"""What the channels' simulators tell, brought into one client's schema by the taps and target-redshift themselves."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from scale import Channel
from scale.channel import serving
from scale.pipes import Command, Pipes
from scale.series import TARGET, Series
from warm import Warm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dif_sandbox.services import Sandbox

CLIENT: Final = "real"
LEVELS: Final = ("account", "campaign", "ad_group", "ad")
DAYS: Final = 3
DAYS_BACK: Final = 5  # before today is the last of them, as `Series` has it
SIXTH: Final = Decimal("0.000001")
PRODUCTS: Final = ("sp", "sb", "sd")
#: Streams of a level, its ids in their rows, and what a figure is called there.
LEVEL_STREAMS: Final = {
    "meta": ("account_insights", "campaign_insights", "ad_set_insights", "ads_insights"),
    "tiktok": tuple(f"{things}_reports_daily" for things in ("advertisers", "campaigns", "ad_groups", "ads")),
    "microsoft_ads": tuple(f"{level}_performance_report" for level in LEVELS),
}
AMAZON: Final = {
    "account": tuple(f"{product}_campaign_report" for product in PRODUCTS),
    "campaign": tuple(f"{product}_campaign_report" for product in PRODUCTS),
    "ad_group": tuple(f"{product}_ad_group_report" for product in PRODUCTS),
    "ad": ("sp_advertised_product_report", "sb_ad_report", "sd_advertised_product_report"),
}
IDS: Final = {
    "meta": ("account_id", "campaign_id", "adset_id", "ad_id"),
    "tiktok": ("advertiser_id", "campaign_id", "adgroup_id", "ad_id"),
    "microsoft_ads": ("AccountId", "CampaignId", "AdGroupId", "AdId"),
    "amazon_ads": ("profileId", "campaignId", "adGroupId", "adId"),
}
DAY: Final = {"meta": "date_start", "tiktok": "stat_time_day", "microsoft_ads": "TimePeriod", "amazon_ads": "date"}
#: Spend, impressions, clicks, conversions, their value; an empty name: the report has none.
FIGURES: Final = {
    "meta": ("spend", "impressions", "clicks", "", ""),
    "tiktok": ("spend", "impressions", "clicks", "conversion", ""),
    "microsoft_ads": ("Spend", "Impressions", "Clicks", "ConversionsQualified", "Revenue"),
    "amazon_ads": ("cost", "impressions", "clicks", "purchases", "sales"),
}
Key = tuple[str, ...]
_QUICK: Final = ["1000/s"]
_PLENTY: Final = dict.fromkeys(("calls", "minute", "raw", "app_day", "account_day"), "1000000/1")


def _channel(tap: str, api: str, *streams: str, **facts: Any) -> Channel:
    """Only what a load needs: no limits are met here, and nobody is refused."""
    told = {"restated": "", "accounts": ("", ""), "account_path": "", "throttled": {}}
    told |= {"fleet_limits": {}, "fleet_budgets": {}, "history_days": DAYS_BACK + DAYS - 1}
    simulator = tap.removeprefix("tap-").replace("-", "_")
    return Channel(tap=tap, simulator=simulator, api=api, streams=streams, **(told | facts))


CHANNELS: Final = (
    _channel(
        "tap-meta",
        "/v26.0",
        *("ad_accounts", "campaigns", "ad_sets", "ads"),
        *("account_insights", "campaign_insights", "ad_set_insights", "ads_insights", "campaign_actions"),
        options={"report_polls": 0},
    ),
    _channel(
        "tap-tiktok",
        "/open_api/v1.3",
        *("advertisers", "campaigns", "ad_groups", "ads"),
        *("advertisers_reports_daily", "campaigns_reports_daily", "ad_groups_reports_daily", "ads_reports_daily"),
        settings=lambda _: {"budgets": {"tiktok": _QUICK}},
        options={"budgets": {"second": "2000/1", "minute": "1000000/60"}},
    ),
    _channel(
        "tap-microsoft-ads",
        "",
        *("accounts", "campaigns", "ad_groups", "ads"),
        *(f"{level}_performance_report" for level in (*LEVELS, "keyword")),
        settings=lambda _: {
            "budgets": dict.fromkeys(("microsoft_ads", "microsoft_ads.customer", "microsoft_ads.bulk"), _QUICK)
        },
        options={"report_polls": 0},
    ),
    _channel(
        "tap-amazon-ads",
        "/advertising-api{service}",
        "profiles",
        *(f"{product}_{things}" for product in ("sp", "sb", "sd") for things in ("campaigns", "ad_groups")),
        *("sp_product_ads", "sb_ads", "sd_product_ads"),
        *(f"{product}_{level}_report" for product in ("sp", "sb", "sd") for level in ("campaign", "ad_group")),
        *("sp_advertised_product_report", "sb_ad_report", "sd_advertised_product_report"),
        *("sp_target_report", "sb_target_report"),
        settings=lambda _: {
            "regions": ["NA", "EU", "FE"],
            "budgets": dict.fromkeys(("amazon_ads", "amazon_ads.profile", "amazon_ads.reports"), _QUICK),
        },
        options={"report_polls": 0},
    ),
    _channel(
        "tap-shopify",
        "/admin/api/2026-07",
        *("shop", "orders"),
        settings=lambda _: {"shop": "demo", "budgets": {"shopify.graphql": ["points 1000 restore 1000/s"]}},
        options={"report_polls": 0, "budgets": {"points": "2000/1"}},
    ),
    _channel(
        "tap-appsflyer",
        "",
        *("apps", "installs", "organic_installs", "in_app_events", "organic_in_app_events"),
        settings=lambda _: {"budgets": {"appsflyer": _QUICK}},
        options={"budgets": _PLENTY},
    ),
)


class Load(Series):
    """A channel's run into the schema that all of them share; its tables have the channel's name in front."""

    def _target_config(self) -> dict[str, Any]:
        own = {"client": CLIENT, "schema": CLIENT, "table_prefix": f"{self.channel.simulator}_"}
        return {**super()._target_config(), **own}

    def pipe(self) -> list[Command]:
        """Tap and target, each with its files in a folder of its own."""
        place = self.folder / "run"
        place.mkdir()
        config = place / "target.json"
        config.write_text(json.dumps(self._target_config()))
        into = [TARGET, "--config", str(config)]
        target = Command(into, str(place / "target.log"), str(place / "states"), self.environment)
        return [self.tap(place), target]


@contextmanager
def loaded(sandbox: Sandbox, folder: Path) -> Iterator[dict[str, Load]]:
    """Every channel's simulator, all of whose days one run of its tap has brought into the warehouse."""
    with ExitStack() as stack:
        warm = stack.enter_context(Warm(*(channel.tap for channel in CHANNELS), TARGET))
        loads = {}
        for channel in CHANNELS:
            place = folder / channel.simulator
            place.mkdir(parents=True)
            simulator = stack.enter_context(serving(channel, place / "simulator"))
            loads[channel.simulator] = Load(channel, simulator, sandbox, warm, place)
            loads[channel.simulator].set_clock()
        codes = Pipes(warm).run(*[load.pipe() for load in loads.values()])
        said = {name: (load.folder / "run/tap.log").read_text() for name, load in loads.items()}
        assert codes == [[0, 0]] * len(loads), (codes, said)
        yield loads


def told(load: Load, level: str) -> dict[Key, list[Decimal | None]]:
    """By account, ids and day: what the simulator's rows of a level add up to."""
    channel, depth = load.channel.simulator, LEVELS.index(level)
    streams = AMAZON[level] if channel == "amazon_ads" else (LEVEL_STREAMS[channel][depth],)
    ids = IDS[channel][: depth + 1]
    found: dict[Key, list[Decimal | None]] = {}
    for stream in streams:
        windows = "14d" if stream.startswith("sp_") else ""
        names = [name + windows if name in ("purchases", "sales") else name for name in FIGURES[channel]]
        for row in rows_of(load, stream):
            key = (*(str(row[name]) for name in ids), str(row[DAY[channel]]))
            sums = found.setdefault(key, [None] * len(names))
            for place, name in enumerate(names):
                value = row.get(name)
                if value is not None:
                    sums[place] = (sums[place] or Decimal(0)) + Decimal(str(value))
    return found


def rows_of(load: Load, stream: str) -> list[dict[str, Any]]:
    days = {"start_date": load.start.isoformat(), "end_date": load.day.isoformat()}
    return load.simulator.truth(stream, **days)
