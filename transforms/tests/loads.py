"""What two days of loads bring to a client's schema, of every channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from conftest import World

FIRST, SECOND = "2026-11-05 06:00:00", "2026-11-06 06:00:00"
ACCOUNT: Final = (
    "customer_client_id bigint, customer_client_descriptive_name varchar(256), "
    "customer_client_currency_code varchar(256), "
    "customer_client_time_zone varchar(256), customer_client_status varchar(256)"
)
SEGMENTS: Final = (
    "segments_date date, segments_ad_network_type varchar(256), segments_device varchar(256), customer_id bigint, "
    "customer_currency_code varchar(256), metrics_clicks bigint, metrics_cost_micros bigint, metrics_impressions bigint"
)
CAMPAIGN: Final = f"campaign_id bigint, {SEGMENTS}"
AD: Final = f"campaign_id bigint, ad_group_id bigint, ad_group_ad_ad_id bigint, {SEGMENTS}"
PAGE: Final = (
    f"campaign_id bigint, ad_group_id bigint, landing_page_view_unexpanded_final_url varchar(1024), {SEGMENTS}"
)
PINTEREST: Final = (
    "campaign_id varchar(256), date date, ad_account_id varchar(256), spend_in_micro_dollar double precision, "
    "total_impression double precision, total_clickthrough double precision"
)
PINS: Final = "id varchar(256), name varchar(256), currency varchar(256)"
META: Final = (
    "date_start date, account_id varchar(256), account_currency varchar(256), campaign_id varchar(256), "
    "spend varchar(256), impressions bigint"
)
META_ACCOUNTS: Final = "account_id varchar(256), name varchar(256), currency varchar(256), timezone_name varchar(256)"
ACTIONS: Final = (
    "date_start date, account_id varchar(256), campaign_id varchar(256), metric varchar(256), "
    "action_type varchar(256), attribution_window varchar(256), value double precision"
)
RATES: Final = "rate_date date, from_currency varchar(256), to_currency varchar(256), rate double precision"

ADVERTISERS: Final = (
    "advertiser_id varchar(256), name varchar(256), currency varchar(256), display_timezone varchar(256)"
)
TIKTOK: Final = (
    "advertiser_id varchar(256), stat_time_day date, campaign_id varchar(256), adgroup_id varchar(256), "
    "ad_id varchar(256), spend double precision, impressions bigint, clicks bigint, video_play_actions bigint, "
    "conversion double precision"
)
EVENTS: Final = (
    "advertiser_id varchar(256), stat_time_day date, campaign_id varchar(256), complete_payment double precision, "
    "total_complete_payment_rate double precision, form double precision"
)
MICROSOFT_ACCOUNTS: Final = (
    "id varchar(256), name varchar(256), currencycode varchar(256), ianatimezone varchar(256), "
    "accountlifecyclestatus varchar(256)"
)
MICROSOFT: Final = (
    "accountid varchar(256), timeperiod date, campaignid varchar(256), adgroupid varchar(256), adid varchar(256), "
    "devicetype varchar(256), currencycode varchar(256), spend double precision, impressions bigint, clicks bigint, "
    "conversionsqualified double precision, revenue double precision, allconversionsqualified double precision, "
    "allrevenue double precision"
)
SHOP: Final = "id varchar(256), timezone varchar(256)"
ORDERS: Final = (
    "id varchar(256), shop_id varchar(256), source_name varchar(256), processed_at timestamptz, "
    "cancelled_at timestamptz, customer_id varchar(256), test boolean, currency_code varchar(256), "
    "total_price double precision, total_refunded double precision"
)
JOURNEYS: Final = (
    "order_id varchar(256), shop_id varchar(256), customer_order_index bigint, last_visit_landing_page varchar(2048), "
    "last_visit_utm_source varchar(256), last_visit_utm_campaign varchar(256), first_visit_utm_source varchar(256)"
)
APPS: Final = "id varchar(256), time_zone varchar(256)"
APP_EVENTS: Final = (
    "app_id varchar(256), row_id varchar(256), row_number bigint, event_name varchar(256), event_time timestamptz, "
    "af_c_id varchar(256), media_source varchar(256)"
)
SHOP_ID: Final = "gid://shopify/Shop/1"
BERLIN, NEW_YORK, PINS_ACCOUNT, META_ACCOUNT, TIKTOK_ACCOUNT, MICROSOFT_ACCOUNT = 11, 12, "549", "77", "7001", "88"
SEARCH, PMAX, GONE, LATE = 1, 2, 3, 4


def _google(world: World, moment: str, campaigns: list, ads: list, *days: str) -> None:
    windows = [({"customer_id": account}, *days) for account in (BERLIN, NEW_YORK)]
    facts = {"windows": windows, "day": "segments_date"}
    world.load("tap-google-ads", "campaign_performance_report", CAMPAIGN, campaigns, moment, **facts)
    world.load("tap-google-ads", "ad_performance_report", AD, ads, moment, **facts)


def _row(day: str, micros: int, *, account: int = BERLIN, currency: str = "EUR", network: str = "SEARCH") -> tuple:
    return (day, network, "MOBILE", account, currency, 1, micros, 100)


def first_load(world: World) -> None:
    """The days 20 October to 4 November."""
    # One account, reached through two managers, stands there twice; one row of the account is older.
    accounts = [
        (BERLIN, "Old name", "EUR", "Europe/Berlin", "ENABLED"),
        (BERLIN, "Berlin", "EUR", "Europe/Berlin", "ENABLED"),
        (NEW_YORK, "New York", "JPY", "America/New_York", "ENABLED"),
    ]
    world.load("tap-google-ads", "account", ACCOUNT, accounts, FIRST, method="append")
    campaigns = [
        (SEARCH, *_row("2026-11-03", 10_010_001)),
        (SEARCH, *_row("2026-11-03", 20_000_000, network="CONTENT")),
        (SEARCH, *_row("2026-10-25", 5_000_000)),
        (PMAX, *_row("2026-11-03", 40_000_000)),
        (GONE, *_row("2026-11-03", 7_000_000)),
        (SEARCH, *_row("2026-11-02", 900_000_000, account=NEW_YORK, currency="JPY")),
    ]
    ads = [
        (SEARCH, 5, 50, *_row("2026-11-03", 10_010_001)),
        (SEARCH, 5, 51, *_row("2026-11-03", 20_000_000, network="CONTENT")),
        (SEARCH, 5, 50, *_row("2026-10-25", 5_000_000)),
        (GONE, 6, 60, *_row("2026-11-03", 7_000_000)),
        (SEARCH, 5, 52, *_row("2026-11-02", 900_000_000, account=NEW_YORK, currency="JPY")),
    ]
    _google(world, FIRST, campaigns, ads, "2026-10-20", "2026-11-04")
    # A report that was loaded by append holds every version: the last one counts, once.
    url = "https://Shop.example/spring?utm_source=Google&utm_campaign=Spring+Sale#top"
    pages = [(SEARCH, 5, url, *_row("2026-11-03", 1_000_000)), (SEARCH, 5, url, *_row("2026-11-03", 2_000_000))]
    world.load(
        "tap-google-ads", "landing_page_report", PAGE, pages, FIRST, method="append",
        windows=[({"customer_id": BERLIN}, "2026-11-03", "2026-11-03")], day="segments_date",
    )  # fmt: skip

    world.load("tap-pinterest", "ad_accounts", PINS, [(PINS_ACCOUNT, "Pins", "USD")], FIRST, method="overwrite")
    pins = [("c", day, PINS_ACCOUNT, 1_500_000, 10, 1) for day in ("2026-10-21", "2026-10-31", "2026-11-03")]
    windows = [({"ad_account_id": PINS_ACCOUNT}, "2026-10-20", "2026-11-04")]
    _pinterest(world, pins, FIRST, windows)

    # Meta's tables have a prefix, for Pinterest's have the same names; its spend is text. One day was never read,
    # others were and are empty; in March the clocks go forward.
    facts = {"table": "meta_ad_accounts", "method": "overwrite"}
    meta_account = [(META_ACCOUNT, "Meta", "EUR", "Europe/Berlin")]
    world.load("tap-meta", "ad_accounts", META_ACCOUNTS, meta_account, FIRST, **facts)
    insights = [
        ("2026-03-29", META_ACCOUNT, "EUR", "m", "3.30", 30),
        ("2026-04-01", META_ACCOUNT, "EUR", "m", "4.07", 40),
    ]
    windows = [({"account_id": META_ACCOUNT}, "2026-03-28", "2026-03-30"),
               ({"account_id": META_ACCOUNT}, "2026-04-01", "2026-04-02")]  # fmt: skip
    for stream, keep in (("account_insights", None), ("campaign_insights", "m")):
        rows = [(*row[:3], keep, *row[4:]) for row in insights]
        world.load("tap-meta", stream, META, rows, FIRST, windows=windows, day="date_start", table=f"meta_{stream}")

    actions = [
        ("2026-04-01", META_ACCOUNT, "m", metric, "omni_purchase", window, value)
        for metric, window, value in (
            ("actions", "1d_click", 2),
            ("actions", "7d_click", 3),
            ("action_values", "7d_click", 9.5),
        )
    ]
    world.load("tap-meta", "campaign_actions", ACTIONS, actions, FIRST, method="upsert", table="meta_campaign_actions")

    tiktok(world)
    microsoft(world)
    shopify(world)
    appsflyer(world)
    rates = [("2026-10-21", "USD", "EUR", 0.9), ("2026-10-30", "USD", "EUR", 0.86), ("2026-11-03", "USD", "EUR", 0.85)]
    world.load("tap-fx", "rates", RATES, rates, FIRST, method="upsert")


def tiktok(world: World) -> None:
    """An advertiser of Tokyo in dollars; each level from its own report, the campaign's events from another."""
    rows = [(TIKTOK_ACCOUNT, "Tik", "USD", "Asia/Tokyo")]
    world.load("tap-tiktok", "advertisers", ADVERTISERS, rows, FIRST, method="overwrite")
    facts = {"windows": [({"advertiser_id": TIKTOK_ACCOUNT}, "2026-11-01", "2026-11-04")], "day": "stat_time_day"}
    ad = (TIKTOK_ACCOUNT, "2026-11-03", "t", "g", "a", 12.34, 1000, 20, 700, 2)
    shop = (TIKTOK_ACCOUNT, "2026-11-03", "t", "g", "b", 0.66, 10, 1, 7, 0)
    whole = (12.34 + 0.66, 1010, 21, 707, 2)
    world.load("tap-tiktok", "ads_reports_daily", TIKTOK, [ad, shop], FIRST, **facts)
    for stream, keys in (
        ("ad_groups", ("t", "g", None)),
        ("campaigns", ("t", None, None)),
        ("advertisers", (None,) * 3),
    ):
        rows = [(*ad[:2], *keys, *whole)]
        world.load("tap-tiktok", f"{stream}_reports_daily", TIKTOK, rows, FIRST, **facts)
    events = [(*ad[:3], 2, 99.5, 0)]
    world.load("tap-tiktok", "campaigns_page_event_reports_daily", EVENTS, events, FIRST, **facts)


def microsoft(world: World) -> None:
    """An account of London in pounds: two devices of a campaign with ads, and Performance Max without."""
    rows = [(MICROSOFT_ACCOUNT, "Bing", "GBP", "Europe/London", "Active")]
    facts = {"method": "overwrite", "table": "microsoft_accounts"}
    world.load("tap-microsoft-ads", "accounts", MICROSOFT_ACCOUNTS, rows, FIRST, **facts)

    def row(keys: tuple[str | None, ...], device: str, spend: float) -> tuple[Any, ...]:
        return (MICROSOFT_ACCOUNT, "2026-11-03", *keys, device, "GBP", spend, 100, 10, 1.5, 30, 2.5, 50)

    searched, largest = ("s", "g", "a"), ("p", None, None)
    reports = {
        "account": [row((None,) * 3, "Computer", 4.5), row((None,) * 3, "Smartphone", 7)],
        "campaign": [
            row(("s", None, None), "Computer", 1.5),
            row(largest, "Computer", 3),
            row(largest, "Smartphone", 7),
        ],
        "ad_group": [row(("s", "g", None), "Computer", 1.5)],
        "ad": [row(searched, "Computer", 1.5)],
    }
    windows = [({"accountid": MICROSOFT_ACCOUNT}, "2026-11-01", "2026-11-04")]
    for level, found in reports.items():
        facts = {"windows": windows, "day": "timeperiod", "table": f"microsoft_{level}"}
        world.load("tap-microsoft-ads", f"{level}_performance_report", MICROSOFT, found, FIRST, **facts)
    world.query(
        f"update {world.client}._dif_windows set partition_keys = replace(partition_keys, 'accountid', 'AccountId')"
    )


def shopify(world: World) -> None:
    """A shop of Berlin: an order late in the evening, one that was cancelled, one whose visit named its source."""
    world.load("tap-shopify", "shop", SHOP, [(SHOP_ID, "Europe/Berlin")], FIRST, method="overwrite")
    orders = [
        ("o1", SHOP_ID, "web", "2026-11-03 23:30:00+00", None, "c1", False, "USD", 100, 30),
        ("o2", SHOP_ID, "web", "2026-11-03 10:00:00+00", "2026-11-03 11:00:00+00", "c2", False, "EUR", 50, 0),
        ("o3", SHOP_ID, "pos", "2026-11-03 12:00:00+00", None, None, False, "EUR", 19.99, 0),
    ]
    # Appended: the first version of an order, before anything was given back, is one no more.
    before = [(*orders[0][:-1], 0)]
    world.load("tap-shopify", "orders", ORDERS, before + orders, FIRST, method="append", table="shopify_orders")
    page = "https://Shop.example/p?utm_source=ignored&utm_content=Red%20Shoes&gclid=Cj0K&fbclid=no"
    journeys = [
        ("o1", SHOP_ID, 2, page, "Google", " Spring+Sale ", "newsletter"),
        ("o2", SHOP_ID, 1, None, *[None] * 3),
    ]
    world.load("tap-shopify", "order_journeys", JOURNEYS, journeys, FIRST, method="upsert")


def appsflyer(world: World) -> None:
    """A registration in an app is a lead; what is neither an order nor a lead is left out."""
    facts = {"method": "upsert", "table": "appsflyer_apps"}
    world.load("tap-appsflyer", "apps", APPS, [("com.shop", "America/New_York")], FIRST, **facts)
    events = [
        ("com.shop", "e1", 1, "af_complete_registration", "2026-11-03 22:00:00+00", "77001", "Facebook Ads"),
        ("com.shop", "e2", 1, "af_level_achieved", "2026-11-03 22:00:00+00", "77001", "Facebook Ads"),
    ]
    world.load("tap-appsflyer", "in_app_events", APP_EVENTS, events, FIRST, method="upsert")


def second_load(world: World) -> None:
    """The days 2 to 5 November again: one row restated, one withdrawn, one late; Pinterest's account is in EUR now."""
    campaigns = [
        (SEARCH, *_row("2026-11-03", 12_010_001)),
        (SEARCH, *_row("2026-11-03", 20_000_000, network="CONTENT")),
        (PMAX, *_row("2026-11-03", 40_000_000)),
        (LATE, *_row("2026-11-02", 8_000_000)),
        (SEARCH, *_row("2026-11-05", 6_000_000)),
        (SEARCH, *_row("2026-11-02", 900_000_000, account=NEW_YORK, currency="JPY")),
    ]
    ads = [
        (SEARCH, 5, 50, *_row("2026-11-03", 12_010_001)),
        (SEARCH, 5, 51, *_row("2026-11-03", 20_000_000, network="CONTENT")),
        (LATE, 7, 70, *_row("2026-11-02", 8_000_000)),
        (SEARCH, 5, 50, *_row("2026-11-05", 6_000_000)),
        (SEARCH, 5, 52, *_row("2026-11-02", 900_000_000, account=NEW_YORK, currency="JPY")),
    ]
    _google(world, SECOND, campaigns, ads, "2026-11-02", "2026-11-05")
    world.load("tap-pinterest", "ad_accounts", PINS, [(PINS_ACCOUNT, "Pins", "EUR")], SECOND, method="overwrite")
    windows = [({"ad_account_id": PINS_ACCOUNT}, "2026-11-01", "2026-11-06")]
    _pinterest(world, [("c", "2026-11-03", PINS_ACCOUNT, 1_275_000, 10, 1)], SECOND, windows)


def _pinterest(world: World, rows: list, moment: str, windows: list) -> None:
    """Account and campaign; the tap's windows name the account as its rows do, in capitals."""
    for stream in ("advertiser_report", "campaign_report"):
        world.load("tap-pinterest", stream, PINTEREST, rows, moment, windows=windows, day="date")
    world.query(
        f"update {world.client}._dif_windows "
        "set partition_keys = replace(partition_keys, 'ad_account_id', 'AD_ACCOUNT_ID')"
    )
