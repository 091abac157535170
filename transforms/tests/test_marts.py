"""One truth for media spend: what two loads leave in the marts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow

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

BERLIN, NEW_YORK, PINS_ACCOUNT, META_ACCOUNT = 11, 12, "549", "77"
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

    rates = [("2026-10-21", "USD", "EUR", 0.9), ("2026-10-30", "USD", "EUR", 0.86), ("2026-11-03", "USD", "EUR", 0.85)]
    world.load("tap-fx", "rates", RATES, rates, FIRST, method="upsert")


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


LEVELS = ("account", "campaign", "ad_group", "ad", "keyword", "url")


@pytest.fixture(scope="module")
def built(world: World) -> World:
    """Both loads, each built as it came."""
    first_load(world)
    first = world.dbt("build", as_of=FIRST)
    assert set(first.values()) <= {"success", "pass", "warn", "no-op"}, first
    assert world.query(f"select count(*) from {world.client}_marts.ctl_restatement_log") == [(0,)]
    second_load(world)
    world.dbt("build", "--exclude", "resource_type:test", as_of=SECOND)
    return world


def ask(world: World, sql: str) -> list[tuple[Any, ...]]:
    return world.query(sql.replace("{m}", f"{world.client}_marts"))


def spend(world: World, where: str, *, level: str = "campaign") -> list[tuple[Any, ...]]:
    return ask(
        world,
        "select campaign_id, report_date, currency_code, spend_native, spend_reporting "
        f"from {{m}}.mart_media_{level}_daily where {where} order by 1, 2",
    )


def test_segments_add_up_and_micros_are_money_to_the_sixth_digit(built: World) -> None:
    ((_, _, currency, native, reporting),) = spend(built, "campaign_id = '1' and report_date = '2026-11-03'")
    assert (currency, native, reporting) == ("EUR", Decimal("32.010001"), Decimal("32.010001"))


def test_a_restated_row_has_its_new_figures_and_its_history(built: World) -> None:
    row = ask(
        built,
        "select row_version, restatement_count, first_seen_at, last_restated_at from {m}.mart_media_campaign_daily "
        "where campaign_id = '1' and report_date = '2026-11-03'",
    )
    assert row == [(2, 1, datetime.fromisoformat(FIRST), datetime.fromisoformat(SECOND))]
    log = (
        "select change, spend_before, spend_after from {m}.ctl_restatement_log "
        "where level = 'campaign' and platform = 'google_ads' order by 1"
    )
    assert ask(built, log) == [
        ("added", None, Decimal("8.000000")),
        ("restated", Decimal("30.010001"), Decimal("32.010001")),
        ("withdrawn", Decimal("7.000000"), None),
    ]


def test_a_withdrawn_row_is_gone_at_every_level(built: World) -> None:
    assert spend(built, "campaign_id = '3'") == spend(built, "campaign_id = '3'", level="ad") == []


def test_days_outside_the_windows_stay_as_they_were(built: World) -> None:
    assert [row[3] for row in spend(built, "campaign_id = '1' and report_date = '2026-10-25'")] == [Decimal("5.000000")]


def test_a_campaign_without_ads_has_its_spend_as_residual(built: World) -> None:
    rows = ask(
        built,
        "select campaign_id, ad_id, spend_native from {m}.mart_media_ad_daily where is_residual order by 1",
    )
    assert rows == [("2", "residual", Decimal("40.000000"))]
    totals = [
        ask(
            built,
            f"select sum(spend_native) from {{m}}.mart_media_{level}_daily "
            "where currency_code = 'EUR' and platform = 'google_ads'",
        )
        for level in ("campaign", "ad")
    ]
    assert totals[0] == totals[1]


@pytest.mark.parametrize(
    ("account", "day", "hours", "start"),
    [
        ("11", "2026-10-25", 25, "2026-10-24 22:00:00"),
        ("12", "2026-11-01", 25, "2026-11-01 04:00:00"),
        ("77", "2026-03-29", 23, "2026-03-28 23:00:00"),
        ("549", "2026-10-25", 24, "2026-10-25 00:00:00"),
    ],
)
def test_a_day_of_another_length_is_covered_once(built: World, account: str, day: str, hours: int, start: str) -> None:
    found = ask(
        built,
        "select day_length_hours, date_utc_start from {m}.ctl_completeness "
        f"where level = 'campaign' and account_id = '{account}' and report_date = '{day}'",
    )
    assert found == [(hours, datetime.fromisoformat(start))]


def test_a_change_of_currency_does_not_rename_money_of_the_past(built: World) -> None:
    assert spend(built, "platform = 'pinterest' and spend_native <> 0") == [
        ("c", date(2026, 10, 21), "USD", Decimal("1.500000"), Decimal("1.350000")),
        ("c", date(2026, 10, 31), "USD", Decimal("1.500000"), Decimal("1.290000")),  # Saturday: Friday's rate
        ("c", date(2026, 11, 3), "EUR", Decimal("1.275000"), Decimal("1.275000")),
    ]
    assert ask(built, "select account_id, currency_before, currency_code from {m}.ctl_currency_changes") == [
        ("549", "USD", "EUR")
    ]


def test_money_without_a_rate_is_no_money_in_the_reporting_currency_not_zero(built: World) -> None:
    assert spend(built, "account_id = '12'") == [("1", date(2026, 11, 2), "JPY", Decimal("900.000000"), None)]


def test_zero_and_missing_are_two_things(built: World) -> None:
    days = ask(
        built,
        "select report_date, completeness_status, spend_native from {m}.mart_media_account_daily "
        "where platform = 'meta' and report_date between '2026-03-30' and '2026-04-03' order by 1",
    )
    assert days == [
        (date(2026, 3, 30), "complete", Decimal("0.000000")),
        (date(2026, 3, 31), "missing", None),
        (date(2026, 4, 1), "complete", Decimal("4.070000")),
        (date(2026, 4, 2), "complete", Decimal("0.000000")),
        (date(2026, 4, 3), "missing", None),
    ]


def test_a_day_that_was_read_before_it_was_over_is_partial(built: World) -> None:
    found = ask(
        built,
        "select report_date, status from {m}.ctl_completeness "
        "where level = 'campaign' and account_id = '549' and report_date >= '2026-11-05' order by 1",
    )
    assert found == [(date(2026, 11, 5), "complete"), (date(2026, 11, 6), "partial")]


def test_an_account_seen_through_two_managers_is_one(built: World) -> None:
    assert ask(built, "select account_name from {m}.dim_account where account_id = '11'") in (
        [("Berlin",)],
        [("Old name",)],
    )
    assert len(spend(built, "campaign_id = '1' and report_date = '2026-11-03'")) == 1


def test_a_page_has_its_address_in_parts_and_counts_once(built: World) -> None:
    found = ask(
        built,
        "select url_host, url_path, utm_source, utm_source_norm, utm_campaign_norm, spend_native "
        "from {m}.mart_media_url_daily",
    )
    assert found == [("shop.example", "/spring", "Google", "google", "spring sale", Decimal("2.000000"))]


def test_a_conversion_is_a_row_a_kind_and_window_with_its_count_and_its_value(built: World) -> None:
    found = ask(
        built,
        "select action_type, action_category, attribution_window, currency_code, conversions, conversion_value_native "
        "from {m}.mart_media_conversions_daily order by attribution_window",
    )
    assert found == [
        ("omni_purchase", "purchase", "1d_click", "EUR", Decimal("2.000000"), None),
        ("omni_purchase", "purchase", "7d_click", "EUR", Decimal("3.000000"), Decimal("9.500000")),
    ]


def test_accounts_and_campaigns_reconcile(built: World) -> None:
    found = ask(
        built, "select count(*), max(abs(spend_diff)) from {m}.recon_media_levels where level_above = 'account'"
    )
    ((days, difference),) = found
    assert days > 10
    assert difference == 0


def test_a_full_refresh_equals_what_was_built_bit_by_bit(built: World) -> None:
    def tables() -> dict[str, list[Any]]:
        return {
            level: sorted(ask(built, f"select * from {{m}}.fct_media_{level}_daily"), key=repr) for level in LEVELS
        } | {"log": sorted(ask(built, "select * from {m}.ctl_restatement_log"), key=repr)}

    before = tables()
    built.dbt("run", "--full-refresh", "--select", "fct_media_*", as_of=SECOND)
    assert tables() == before
