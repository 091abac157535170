"""The channels' own figures, as their simulators know them, in the marts: through tap, target-redshift and dbt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from real import CLIENT, DAYS_BACK, LEVELS, PRODUCTS, SIXTH, Key, Load, loaded, rows_of, told

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def real(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Load]]:
    """All channels loaded, and built as a client's."""
    with loaded(world.sandbox, tmp_path_factory.mktemp("real")) as loads:
        ran = dbt(world, "build", "--exclude-resource-type", "unit_test")
        assert set(ran.values()) <= {"success", "pass", "warn", "no-op"}, ran
        yield loads


def dbt(world: World, *arguments: str, code: int = 0) -> dict[str, str]:
    """For this client, late on the last of the simulators' days, of which the taps go by the machine's clock."""
    day = datetime.now(UTC).date() - timedelta(days=DAYS_BACK)
    return world.dbt(*arguments, as_of=f"{day} 23:45:00", code=code, DIF_DBT_CLIENT=CLIENT)


def mart(world: World, channel: str, level: str) -> dict[Key, list[Decimal | None]]:
    ids = ("account_id", "campaign_id", "ad_group_id", "ad_id")[: LEVELS.index(level) + 1]
    rows = world.query(
        f"select {', '.join(ids)}, report_date, spend_native, impressions, clicks, conversions, "
        f"conversion_value_native from {CLIENT}_marts.mart_media_{level}_daily "
        f"where platform = '{channel}' and not is_residual and completeness_status <> 'missing'"
    )
    return {
        (*row[: len(ids)], row[len(ids)].isoformat()): [None if x is None else Decimal(x) for x in row[len(ids) + 1 :]]
        for row in rows
    }


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("channel", ["meta", "tiktok", "microsoft_ads", "amazon_ads"])
def test_every_figure_is_the_channels_own_to_the_cent(
    real: dict[str, Load], world: World, channel: str, level: str
) -> None:
    truth, found = told(real[channel], level), mart(world, channel, level)
    if level == "account":  # a day without a row is zero there
        found = {key: row for key, row in found.items() if key in truth or any(row)}
    assert truth
    assert found.keys() == truth.keys()
    wrong = {key: (row, found[key]) for key, row in truth.items() if not _same(row, found[key])}
    assert not wrong


def _same(truth: list[Decimal | None], found: list[Decimal | None]) -> bool:
    return [value and value.quantize(SIXTH) for value in truth] == [value and value.quantize(SIXTH) for value in found]


def test_amazons_targets_stand_beside_its_keywords(real: dict[str, Load], world: World) -> None:
    truth: dict[Key, Decimal] = defaultdict(Decimal)
    for stream in ("sp_target_report", "sb_target_report"):
        for row in rows_of(real["amazon_ads"], stream):
            key = (row["profileId"], row["adGroupId"], row["keywordId"] or row["targetingId"], row["date"])
            truth[key] += Decimal(str(row["cost"]))
    rows = world.query(
        f"select account_id, ad_group_id, keyword_id, report_date, spend_native from {CLIENT}_marts"
        ".mart_media_keyword_daily where platform = 'amazon_ads'"
    )
    found = {(*row[:3], row[3].isoformat()): row[4] for row in rows}
    assert truth
    assert found == {key: spend.quantize(SIXTH) for key, spend in truth.items()}


@pytest.mark.parametrize(
    ("channel", "stream", "columns"),
    [
        ("meta", "campaigns", ("id", "name")),
        ("tiktok", "campaigns", ("campaign_id", "campaign_name")),
        ("microsoft_ads", "campaigns", ("Id", "Name")),
        *(("amazon_ads", f"{product}_campaigns", ("campaignId", "name")) for product in PRODUCTS),
    ],
)
def test_campaigns_have_their_names(
    real: dict[str, Load], world: World, channel: str, stream: str, columns: tuple[str, str]
) -> None:
    key, name = columns
    truth = {str(row[key]): row[name] for row in real[channel].simulator.truth(stream)}
    rows = world.query(
        f"select campaign_id, campaign_name from {CLIENT}_marts.dim_campaign where platform = '{channel}'"
    )
    assert truth
    assert {campaign: told for campaign, told in rows if campaign in truth} == truth


def test_ads_have_the_name_and_the_page_that_they_lead_to(real: dict[str, Load], world: World) -> None:
    ads = world.query(
        f"select ad_id, ad_name, landing_url from {CLIENT}_marts.dim_ad where platform in ('microsoft_ads', 'tiktok')"
    )
    truth = {(row["ad_id"], row["ad_name"], row["landing_page_url"]) for row in real["tiktok"].simulator.truth("ads")}
    truth |= {
        (row["Id"], row["Headlines"][0]["Asset"]["Text"], row["FinalUrls"][0])
        for row in real["microsoft_ads"].simulator.truth("ads")
        if row["Type"] == "ResponsiveSearch"
    }
    assert truth <= set(ads)


def test_accounts_have_their_currency_and_their_days(real: dict[str, Load], world: World) -> None:
    truth = {
        ("meta", row["account_id"], row["currency"], row["timezone_name"])
        for row in real["meta"].simulator.truth("ad_accounts")
    }
    truth |= {
        ("tiktok", row["advertiser_id"], row["currency"], row["display_timezone"])
        for row in real["tiktok"].simulator.truth("advertisers")
    }
    truth |= {
        ("microsoft_ads", row["Id"], row["CurrencyCode"], row["IanaTimeZone"])
        for row in real["microsoft_ads"].simulator.truth("accounts")
    }
    truth |= {
        ("amazon_ads", row["profileId"], row["currencyCode"], row["timezone"])
        for row in real["amazon_ads"].simulator.truth("profiles")
    }
    found = world.query(f"select platform, account_id, currency_code, time_zone from {CLIENT}_marts.dim_account")
    assert set(found) == truth


def test_no_day_that_was_read_is_missing(real: dict[str, Load], world: World) -> None:
    days = {(load.channel.simulator, load.day) for load in real.values()}
    found = world.query(
        "select platform, max(report_date), count(distinct level) "
        f"from {CLIENT}_marts.ctl_completeness where status <> 'missing' group by 1"
    )
    assert {(platform, day) for platform, day, _ in found} <= days
    assert {platform: levels for platform, _, levels in found} == {
        "meta": 4, "tiktok": 4, "microsoft_ads": 5, "amazon_ads": 5,
    }  # fmt: skip
    assert world.query(f"select 1 from {CLIENT}_marts.ctl_completeness where status = 'missing'") == []


def test_an_order_is_an_outcome_of_its_day_with_what_was_given_back(real: dict[str, Load], world: World) -> None:
    load = real["shopify"]
    (shop,) = load.simulator.truth("shop")
    truth = {
        row["id"]: (
            row["shop_id"],
            _day(row["processed_at"], shop["timezone"]),
            row["currency_code"],
            Decimal(str(row["total_price"])),
            Decimal(str(row["total_price"])) - Decimal(str(row["total_refunded"])),
            True,
        )
        for row in rows_of(load, "orders")
    }
    rows = world.query(
        "select outcome_id, account_id, outcome_date, currency_code, value_native, value_net_native, is_valid "
        f"from {CLIENT}_marts.mart_outcome_orders where platform = 'shopify'"
    )
    assert any(row[3] != row[4] for row in truth.values())
    assert {row[0]: row[1:] for row in rows} == truth


def test_installs_and_orders_of_apps_are_outcomes_with_their_campaign_and_cost(
    real: dict[str, Load], world: World
) -> None:
    load = real["appsflyer"]
    zones = {row["id"]: row["time_zone"] for row in load.simulator.truth("apps")}
    truth = {}
    for stream in ("installs", "organic_installs", "in_app_events", "organic_in_app_events"):
        kind = "install" if "installs" in stream else "order"
        for row in rows_of(load, stream):
            if kind == "order" and row["event_name"] != "af_purchase":
                continue
            local = datetime.fromisoformat(row["install_time" if kind == "install" else "event_time"])
            moment = local.replace(tzinfo=ZoneInfo(zones[row["app_id"]])).astimezone(UTC)
            truth[kind, stream, f"{row['row_id']}/{row['row_number']}"] = (
                row["app_id"],
                local.date(),
                moment.replace(tzinfo=None),
                "organic" in stream,
                row.get("af_c_id"),
                _money(row.get("event_revenue")),
                _money(row.get("af_cost_value")) if kind == "install" else None,
            )
    rows = world.query(
        "select outcome_type, stream_name, outcome_id, account_id, outcome_date, occurred_at_utc, is_organic, "
        f"campaign_id, value_native, cost_native from {CLIENT}_marts.mart_outcomes where platform = 'appsflyer'"
    )
    assert {kind for kind, _, _ in truth} == {"install", "order"}
    assert {row[:3]: row[3:] for row in rows} == truth


def _day(moment: str, zone: str) -> date:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).date()


def _money(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(SIXTH)


def test_the_fleet_has_every_client_and_names_accounts_that_two_of_them_load(
    real: dict[str, Load], world: World
) -> None:
    world.query("create schema other_marts")
    for relation in ("mart_media_account_daily", "mart_media_campaign_daily", "mart_outcomes", "ctl_completeness"):
        only = "platform in ('meta', 'shopify')"
        world.query(f"create table other_marts.{relation} as select * from {CLIENT}_marts.{relation} where {only}")
        world.query(f"update other_marts.{relation} set client_id = 'other'")
    dbt(world, "build", "--target", "fleet", "--select", "fleet")
    clients = "client_id in ('other', 'real')"
    for relation in ("media_account_daily", "media_campaign_daily", "outcomes"):
        found = world.query(f"select client_id, platform from fleet.fleet_{relation} where {clients} group by 1, 2")
        platforms = {"outcomes": {"appsflyer", "shopify"}}.get(relation, {"amazon_ads", "microsoft_ads", "tiktok"})
        shared = {("other", "meta"), (CLIENT, "meta")} if relation != "outcomes" else {("other", "shopify")}
        assert set(found) == shared | {(CLIENT, platform) for platform in platforms}
    accounts = {row["account_id"] for row in real["meta"].simulator.truth("ad_accounts")}
    shared_accounts = world.query("select platform, account_id, clients from fleet.fleet_shared_accounts")
    assert accounts
    assert set(shared_accounts) >= {("meta", account, 2) for account in accounts}


def test_a_build_looks_at_the_days_that_no_check_has_passed_until_one_does(real: dict[str, Load], world: World) -> None:
    """Two rows lose their currency, one of them on a day that was checked: only a check of every day finds both."""
    marts = f"{CLIENT}_marts"
    open_days = f"select count(*) from {marts}.ctl_deliveries_to_check left join {marts}.ctl_checked_deliveries "
    open_days += "using (level, delivery_id) where ctl_checked_deliveries.level is null"
    assert world.query(open_days) == [(0,)]

    world.query(f"delete from {marts}.ctl_checked_deliveries where level = 'ad'")
    world.query(f"delete from {marts}.ctl_days_to_check where platform = 'tiktok'")
    world.query(f"create table {marts}.kept as select * from {marts}.fct_media_ad_daily")
    for platform in ("meta", "tiktok"):
        one = f"select min(row_key) from {marts}.fct_media_ad_daily where platform = '{platform}'"
        world.query(f"update {marts}.fct_media_ad_daily set currency_code = null where row_key = ({one})")
    by_day = ("--select", "tag:by_day")
    dbt(world, "build", *by_day, code=1)
    assert world.failures["sound_facts_fct_media_ad_daily_ad"] == 1
    dbt(world, "test", *by_day, code=1)
    assert world.failures["sound_facts_fct_media_ad_daily_ad"] == 2
    assert world.query(open_days) != [(0,)]

    world.query(f"delete from {marts}.fct_media_ad_daily")
    world.query(f"insert into {marts}.fct_media_ad_daily select * from {marts}.kept")
    dbt(world, "build", *by_day)
    assert world.query(open_days) == [(0,)]
