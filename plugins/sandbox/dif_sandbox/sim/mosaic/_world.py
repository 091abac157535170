"""What there is: accounts, their ads, and what each ad did on each day; and with it the truth."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import MICROS, Market
from dif_sandbox.sim.truth import Tables
from dif_sandbox.sim.world import Account, Figures, Things, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.truth import Rows

__all__ = ["World", "shown", "span"]

Row = dict[str, Any]

MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/Los_Angeles")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("IN", "INR", ZoneInfo("Asia/Kolkata")),
)
ADS: Final = 120
METRICS: Final = {"impressions": 5_000, "clicks": 300, "spend": 90 * MICROS}


class World:
    """Everything of all clients; `scale` multiplies the ads."""

    def __init__(self, clock: Clock, draw: Draw, clients: Sequence[str], scale: int) -> None:
        self._clock, self.figures, self.ads_an_account = clock, Figures(draw, METRICS), ADS * scale
        self.accounts = {client: accounts(draw, client, MARKETS) for client in clients}
        self.by_id = {account.id: account for owned in self.accounts.values() for account in owned}

    def now(self, account: Account) -> datetime:
        """The moment in an account's zone."""
        return self._clock.now().astimezone(account.market.zone)

    def ads(self, account: Account) -> Things[Row]:
        """The ads of an account."""

        def ad(number: int) -> Row:
            return {"id": f"{account.id}{number:08d}", "account_id": account.id, "name": f"Ad № {number}"}

        return Things(self.ads_an_account, ad)

    def facts(self, account: Account, given: Mapping[str, Any], now: datetime) -> Iterator[Row]:
        """What the ads of an account did from ``start_date`` to ``end_date``, as it is known at a moment."""
        unit, marks = account.market.smallest_micros, {"account_id": account.id, "currency": account.market.currency}
        ids = (ad["id"] for ad in self.ads(account))
        for ad, day, found in self.figures.rows(ids, *span(given), now):
            spend = f"{found['spend'] // unit * unit / MICROS:.{0 if unit == MICROS else 2}f}"
            yield {**marks, "ad_id": ad, "date": day.isoformat(), **found, "spend": spend}

    def truth(self) -> Tables:
        """What a perfect tap holds; ``figures`` takes ``start_date`` and ``end_date``."""

        def of_each(rows: Callable[[Account, Mapping[str, str]], Iterable[Row]]) -> Rows:
            return lambda client, query: (row for account in self.accounts[client] for row in rows(account, query))

        return Tables(
            self.accounts,
            {
                "accounts": of_each(lambda account, _: [shown(account)]),
                "ads": of_each(lambda account, _: self.ads(account)),
                "figures": of_each(lambda account, query: self.facts(account, query, self.now(account))),
            },
        )


def shown(account: Account) -> Row:
    """An account as the API shows it."""
    return {"id": account.id, "currency": account.market.currency, "time_zone": str(account.market.zone)}


def span(given: Mapping[str, Any]) -> tuple[date, date]:
    """The days asked for.

    Raises:
        ValueError: they are missing, or not in order.
    """
    first, last = (date.fromisoformat(str(given.get(name))) for name in ("start_date", "end_date"))
    if last < first:
        message = f"end_date {last} is before start_date {first}"
        raise ValueError(message)
    return first, last
