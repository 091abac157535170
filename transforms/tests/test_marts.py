"""One truth for media spend: what two loads leave in the marts."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from loads import FIRST, SECOND

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow

QUESTIONS = Path(__file__).parents[2] / "docs" / "analysts.md"
UNIT_TESTS = sorted(Path(__file__).parents[1].glob("models/unit_tests/*.yml"))
LEVELS = ("account", "campaign", "ad_group", "ad", "keyword", "url")


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


def test_the_questions_of_the_documentation_have_answers(built: World) -> None:
    found = re.findall(r"```sql\n(.*?);\n *```", QUESTIONS.read_text(), re.DOTALL)
    assert len(found) == 7
    built.query(f"set search_path to {built.client}_marts, {built.client}")
    built.query("begin")
    for name, since in (("As it was called", "2026-01-01"), ("As it is", "2026-02-01")):
        built.query(
            "insert into dim_campaign_history (platform, campaign_id, campaign_name, entity_key, valid_from) "
            f"values ('google_ads', '1', '{name}', 'key', '{since}')"
        )
    try:
        # The made-up loads are of two weeks before; the second of them restates what the first one brought.
        moved = [sql.replace("2026-11-14", "2026-10-01").replace("2026-11-22 06:00:00", FIRST) for sql in found]
        moved = [sql.replace("= '2026-11-17'", "= '2026-11-03'") for sql in moved]
        costs, cpm, conversions, renamed, known, row, delivery = [built.query(sql) for sql in moved]
    finally:
        built.query("rollback")
        built.query("reset search_path")
    assert [(each[2], each[3]) for each in costs if each[0] == date(2026, 11, 3) and each[1] == "google_ads"]
    assert [each for each in cpm if each[2] != each[3]]
    assert conversions
    assert [each[2] for each in renamed] == ["As it was called", "As it is"]
    now, then = (sum(each[3] for each in answer) for answer in (costs, known))
    assert now != then
    assert (len(row), len(delivery)) == (1, 1)


def test_a_withdrawn_row_is_gone_at_every_level(built: World) -> None:
    assert spend(built, "campaign_id = '3'") == spend(built, "campaign_id = '3'", level="ad") == []


def test_days_outside_the_windows_stay_as_they_were(built: World) -> None:
    assert [row[3] for row in spend(built, "campaign_id = '1' and report_date = '2026-10-25'")] == [Decimal("5.000000")]


def test_a_campaign_without_ads_has_its_spend_as_residual(built: World) -> None:
    rows = ask(
        built,
        "select campaign_id, ad_id, spend_native from {m}.mart_media_ad_daily "
        "where is_residual and platform = 'google_ads'",
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
        "from {m}.mart_media_conversions_daily where platform = 'meta' order by attribution_window",
    )
    assert found == [
        ("omni_purchase", "purchase", "1d_click", "EUR", Decimal("2.000000"), None),
        ("omni_purchase", "purchase", "7d_click", "EUR", Decimal("3.000000"), Decimal("9.500000")),
    ]


def test_tiktok_has_its_levels_in_the_advertisers_zone_and_its_events_by_kind(built: World) -> None:
    assert spend(built, "platform = 'tiktok' and report_date = '2026-11-03'") == [
        ("t", date(2026, 11, 3), "USD", Decimal("13.000000"), Decimal("11.050000"))
    ]
    account = ask(
        built,
        "select date_utc_start, spend_native, video_views, conversions from {m}.mart_media_account_daily "
        "where platform = 'tiktok' and report_date = '2026-11-03'",
    )
    assert account == [
        (datetime.fromisoformat("2026-11-02 15:00:00"), Decimal("13.000000"), 707, None)
    ]  # no such column there: not zero
    events = ask(
        built,
        "select action_type, conversions, conversion_value_native, conversion_value_reporting "
        "from {m}.mart_media_conversions_daily where platform = 'tiktok'",
    )
    assert events == [("page_purchase", Decimal("2.000000"), Decimal("99.500000"), Decimal("84.575000"))]


def test_microsofts_devices_add_up_and_performance_max_is_its_residual(built: World) -> None:
    ads = ask(
        built,
        "select campaign_id, ad_id, currency_code, spend_native, conversions, conversion_value_native, is_residual "
        "from {m}.mart_media_ad_daily where platform = 'microsoft_ads' order by campaign_id",
    )
    whole, rest = (Decimal("10.000000"), Decimal("3.000000"), Decimal("60.000000")), (Decimal("1.500000"),) * 2
    assert ads == [
        ("p", "residual", "GBP", *whole, True),
        ("s", "a", "GBP", *rest, Decimal("30.000000"), False),
    ]
    kinds = ask(
        built,
        "select action_type, conversions, conversion_value_native from {m}.mart_media_conversions_daily "
        "where platform = 'microsoft_ads' and campaign_id = 'p' order by 1",
    )
    assert kinds == [
        ("all_conversions", Decimal("5.000000"), Decimal("100.000000")),
        ("conversions", Decimal("3.000000"), Decimal("60.000000")),
    ]


def test_an_order_has_its_day_its_refund_and_what_led_to_it(built: World) -> None:
    found = ask(
        built,
        "select outcome_date, occurred_at_utc, order_index, value_native, value_net_native, value_reporting, "
        "value_net_reporting, is_valid from {m}.mart_outcome_orders order by outcome_id",
    )
    evening, noon = datetime.fromisoformat("2026-11-03 23:30:00"), datetime.fromisoformat("2026-11-03 12:00:00")
    assert found[0] == (date(2026, 11, 4), evening, 2, 100, 70, Decimal(85), Decimal("59.5"), True)
    assert found[1][-1] is False
    assert found[2] == (date(2026, 11, 3), noon, None, *[Decimal("19.99")] * 4, True)
    led = ask(
        built,
        "select url_host, utm_source, utm_source_norm, utm_campaign_norm, utm_content_norm, utm_resolution, "
        "first_utm_source, click_id_type, click_id from {m}.mart_outcome_orders order by outcome_id",
    )
    visit = ("shop.example", "Google", "google", "spring sale", "red shoes", "visit", "newsletter", "gclid", "Cj0K")
    assert led == [visit, *[(None,) * 5 + ("missing", None, None, None)] * 2]


def test_a_registration_in_an_app_is_a_lead_and_other_events_are_none(built: World) -> None:
    found = ask(
        built,
        "select outcome_type, outcome_id, outcome_date, occurred_at_utc, campaign_id, media_source, is_organic "
        "from {m}.mart_outcomes where platform = 'appsflyer'",
    )
    night = datetime.fromisoformat("2026-11-04 03:00:00")
    assert found == [("lead", "e1/1", date(2026, 11, 3), night, "77001", "Facebook Ads", False)]


def test_accounts_and_campaigns_reconcile(built: World) -> None:
    found = ask(
        built,
        "select platform, count(*) > 3, max(abs(spend_diff)) from {m}.recon_media_levels "
        "where level_above = 'account' group by 1 order by 1",
    )
    assert found == [(platform, True, 0) for platform in ("meta", "microsoft_ads", "pinterest", "tiktok")]


def test_the_difference_of_levels_is_what_performance_max_spent(built: World) -> None:
    found = ask(
        built,
        "select platform, account_id, report_date, spend_diff from {m}.recon_media_levels "
        "where level_above = 'campaign' and level_below = 'ad' and spend_diff <> 0 order by 1",
    )
    assert found == [
        ("google_ads", "11", date(2026, 11, 3), Decimal("40.000000")),
        ("microsoft_ads", "88", date(2026, 11, 3), Decimal("10.000000")),
    ]


def test_every_unit_test_of_the_project_ran_and_passed(built: World) -> None:
    named = {test["name"] for file in UNIT_TESTS for test in yaml.safe_load(file.read_text())["unit_tests"]}
    assert len(named) >= 17
    ran = {node.rpartition(".")[2]: status for node, status in built.ran.items()}
    assert {name: ran.get(name) for name in named} == dict.fromkeys(named, "pass")


def test_a_full_refresh_equals_what_was_built_bit_by_bit(built: World) -> None:
    def tables() -> dict[str, list[Any]]:
        return {
            level: sorted(ask(built, f"select * from {{m}}.fct_media_{level}_daily"), key=repr) for level in LEVELS
        } | {"log": sorted(ask(built, "select * from {m}.ctl_restatement_log"), key=repr)}

    before = tables()
    built.dbt("run", "--full-refresh", "--select", "fct_media_*", as_of=SECOND)
    assert tables() == before


def test_all_that_was_sent_to_the_warehouse_parses_as_redshift(built: World) -> None:
    sent = {file.stem for file in built.statements.rglob("*.sql")}
    ran = {node.rpartition(".")[2] for node, status in built.ran.items() if status == "success"}
    tables = {name for name in ran if not name.startswith("dif-on-run-")}  # what a hook sends is in no file
    assert "fct_media_ad_daily" in tables
    assert tables <= sent
    assert "delete from" in next(built.statements.rglob("fct_media_ad_daily.sql")).read_text()
    assert built.look is not None
    said, _ = built.look.communicate(timeout=120)
    assert built.look.returncode == 0, said
    assert "All Finished" in said
