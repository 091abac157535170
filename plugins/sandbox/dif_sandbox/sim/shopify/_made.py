"""How Shopify writes things down: global ids, moments, sums in two currencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

__all__ = ["Row", "gid", "moment", "money"]

Row = dict[str, Any]


def gid(kind: str, number: int | str) -> str:
    """The global id of a thing."""
    return f"gid://shopify/{kind}/{number}"


def moment(day: date, hour: int, number: int) -> str:
    """A moment of a day, another minute for each number."""
    return f"{day}T{hour:02d}:{number % 60:02d}:07Z"


def money(cents: int) -> Row:
    """A sum in the shop's currency and in the customer's."""
    return {
        "shopMoney": {"amount": f"{cents / 100:.2f}", "currencyCode": "EUR"},
        "presentmentMoney": {"amount": f"{cents * 1.25 / 100:.2f}", "currencyCode": "USD"},
    }
