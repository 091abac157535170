"""Meta's figures: what the levels of a report say of each other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from dif_sandbox.sim.clock import Clock
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.meta._insights import Order, rows
from dif_sandbox.sim.meta._world import World
from dif_sandbox.sim.world import Account

NOW = datetime(2026, 11, 10, 23, 30, tzinfo=UTC)
EVERY_STATUS = frozenset({"ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "WITH_ISSUES"})


def unseen(world: World, account: Account) -> date:
    """A day on which an ad has clicks, though nobody saw it."""
    for day in (NOW.date() - timedelta(days=number) for number in range(1, 1000)):
        for ad in range(world.ads):
            figures = world.figures.row(f"{account.id} {ad}", day, NOW)
            if figures and figures["clicks"] and not figures["impressions"]:
                return day
    raise LookupError("no such day")


def test_ads_add_up_to_their_account_on_a_day_on_which_nobody_saw_one_of_them() -> None:
    world = World.of(Clock(NOW), Draw("3"), ("demo",), scale=2)
    account = world.accounts["demo"][0]
    day = unseen(world, account)

    def clicks(level: str) -> int:
        order = Order(level, ("clicks",), (), ("action_type",), (), day, day, is_daily=True, statuses=EVERY_STATUS)
        return sum(row["clicks"] for row in rows(world, account, order, NOW))

    assert clicks("account") == clicks("campaign") == clicks("ad")
