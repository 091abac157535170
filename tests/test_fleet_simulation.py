"""The simulated fleet of bench/fleet.py: what goes in comes out, and nothing is over a limit that somebody enforces."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "bench"))

import _fleet_costs as costs  # noqa: E402 - bench is a folder of scripts
import guard  # noqa: E402
from _fleet_askers import Alone, Together  # noqa: E402
from _fleet_channels import CHANNELS  # noqa: E402
from _fleet_day import SECOND, Asker, Day, Facts  # noqa: E402
from _fleet_provider import Providers  # noqa: E402
from _fleet_store import InMemory  # noqa: E402
from dif_kit.budget import Budget  # noqa: E402
from dif_kit.budget._policy import Window, parse_policies  # noqa: E402

#: One slot; requests travel within the guard of their budgets, and leave as late as they do.
SMALL = Facts(places=400, hours=7, jitter=0.001)
NAMES = [f"client{number}" for number in range(6)]


def day(facts: Facts = SMALL, asker: Asker | None = None, names: Sequence[str] = NAMES) -> Day:
    made = Day(names, CHANNELS, asker or Together(InMemory(300)), facts)
    made.run()
    return made


def test_every_slot_is_loaded_by_the_requests_it_needs_and_none_is_refused() -> None:
    fleet = day()
    assert fleet.providers.refused == {}
    assert fleet.providers.asked == len(NAMES) * sum(each.requests for each in CHANNELS)
    finished = {key for key in fleet.seen.finished if key[2] == 5 * 3600 * SECOND}
    assert len(finished) == len(NAMES) * len(CHANNELS)
    assert fleet.seen.counts["done"] == len(finished)
    assert min(fleet.seen.finished[key] for key in finished) > 5 * 3600 * SECOND


def test_a_fleet_with_few_places_never_has_more_at_work_and_loads_everything_later() -> None:
    fleet, tight = day(), day(replace(SMALL, places=5))
    assert tight.seen.most_at_work == 5
    assert set(tight.seen.finished) == set(fleet.seen.finished)
    assert max(tight.seen.finished.values()) > max(fleet.seen.finished.values())


def test_what_is_put_off_or_handed_over_goes_on_where_it_was() -> None:
    """Half of a report's runs wait beyond the horizon here, and a Lambda has hardly time for one wait."""
    names = [f"client{number}" for number in range(120)]
    channels = [each for each in CHANNELS if each.tap == "tap-criteo"]
    fleet = Day(names, channels, Together(InMemory(300)), replace(SMALL, lambda_seconds=60))
    fleet.run()
    again = fleet.seen.counts["deferred"] + fleet.seen.counts["partial"]
    assert fleet.seen.counts["deferred"] > 20
    assert fleet.seen.counts["partial"] > 20
    assert fleet.seen.counts["done"] == 120
    # One request more for each new beginning, no more and no less.
    assert fleet.providers.asked == 120 * channels[0].requests + again
    assert fleet.providers.refused == {}


def test_a_fleet_without_shared_budgets_is_refused_and_some_of_its_runs_fail() -> None:
    names = [f"client{number}" for number in range(120)]
    channels = [each for each in CHANNELS if each.tap == "tap-criteo"]
    fleet = Day(names, channels, Alone(1), SMALL)
    fleet.run()
    assert sum(fleet.providers.refused.values()) > 120
    assert fleet.seen.counts["failed"] > 0
    # What was answered once is not asked for again, but for one request at each new beginning.
    to_do = sum(sum(left) for left in fleet._left.values())
    assert len(fleet.providers.served["criteo", "agency-0"]) == 120 * 9 + fleet.seen.counts["failed"] - to_do


@pytest.mark.parametrize("policy", ["3/s", "3/min", "3/day@UTC", "points 3 restore 1/h"])
def test_a_provider_refuses_the_first_that_is_too_many(policy: str) -> None:
    budget, providers = Budget("ads", (policy,)), Providers()
    answers = [providers.ask(1000 + number, [(budget, "a")]) for number in range(4)]
    assert answers == [True, True, True, False]
    assert providers.ask(1005, [(budget, "b")])
    assert providers.refused == {"ads": 1}


def test_the_default_guard_uses_a_limit_by_the_second_because_who_is_late_says_so() -> None:
    """Decision 35: late by 10 ms on the average, and by 2 or 5 ms on the way, 95 % are used."""
    (default,) = {policy.period for policy in parse_policies(("20/s",)) if isinstance(policy, Window)}
    assert default == SECOND + 1000 * guard.DEFAULT
    for jitter_ms in (2, 5):
        told = guard.used(guard.DEFAULT, 10, jitter_ms, seconds=300)
        assert (told.percent > 95, told.refused_of_thousand) == (True, 0)
    untold = guard.used(guard.DEFAULT, 10, 2, is_told=False, seconds=300)
    assert untold.percent < 95
    assert untold.refused_of_thousand > 1


def test_who_leaves_almost_in_time_says_nothing() -> None:
    assert guard.used(guard.DEFAULT, 1, 1, seconds=60).told_of_thousand < 1


def test_the_documented_costs_and_bounds_are_those_of_the_bench() -> None:
    written = (ROOT / "docs" / "production.md").read_text()
    assert costs.cost_table(costs.MEASURED, costs.stage()) in written
    assert costs.quota_table(costs.quota_uses(1000, costs.stage())) in written
    assert costs.price_table() in written
    for price in costs.PRICES.values():
        assert price.page.startswith("https://aws.amazon.com/")
    for each in (*costs.PRICES.values(), *costs.QUOTAS.values()):
        assert costs.MEMORY in each.seen or re.search(r"20\d\d-\d\d", each.seen), each


def test_production_has_a_connection_for_every_place() -> None:
    wanted = costs.stage()
    uses = costs.quota_uses(0, wanted)
    assert wanted["database"]["class"] in costs.QUOTAS["RDS"].name
    assert uses["RDS"] < costs.QUOTAS["RDS"].bound
    assert uses["A plan's size"] < costs.QUOTAS["A plan's size"].bound
