"""What stands beside a shop's orders and products: pages, blogs, articles, metafields, what is to be sent, risks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.shopify._execute import Nodes
from dif_sandbox.sim.shopify._made import Row, gid, moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dif_sandbox.sim.generator import Draw

__all__ = ["agreements", "articles", "blogs", "metafields", "pages", "risk", "to_send"]

ASSESSED: Final = {"riskLevel": "LOW", "provider": {"title": "Shopify"}, "facts": [{"sentiment": "POSITIVE"}]}


def metafields(draw: Draw, kind: str, name: int, at: str) -> Nodes:
    """The metafields of a thing: of every second one."""
    if name % 2:
        return Nodes(lambda _: [])
    made = {
        "__typename": "Metafield", "id": gid("Metafield", f"{kind}{name}"), "namespace": "custom", "key": "größe",
        "type": "number_decimal", "value": f"{draw.integer(1, 99, 'metafield', kind, name)}.50",
        "ownerType": kind.upper(), "definition": None, "createdAt": at, "updatedAt": at,
    }  # fmt: skip
    return Nodes(lambda _: [made])


def risk(draw: Draw, order: int) -> Row:
    """What is thought of an order."""
    word = draw.choice(("ACCEPT", "INVESTIGATE", "CANCEL"), "risk", order)
    return {"__typename": "OrderRiskSummary", "recommendation": word, "assessments": [ASSESSED]}


def agreements(order: int, made: str, returned: str | None) -> Nodes:
    """The order itself, and what was agreed on later: a return."""
    app = {"id": "gid://shopify/App/580111"}
    happened = [("ORDER", made), *([("RETURN", returned)] if returned else [])]
    rows: Sequence[Row] = [
        {
            "__typename": "OrderAgreement", "id": gid("OrderAgreement", order * 10 + number), "reason": reason,
            "happenedAt": at, "app": app,
        }
        for number, (reason, at) in enumerate(happened)
    ]  # fmt: skip
    return Nodes(lambda _: rows)


def to_send(order: Row) -> Row:
    """What is to be sent of an order: closed when it was sent."""
    name = int(order["id"].rpartition("/")[2])
    sent = order["fulfillments"]
    return {
        "__typename": "FulfillmentOrder", "id": gid("FulfillmentOrder", name), "order": {"id": order["id"]},
        "status": "CLOSED" if sent else "OPEN", "requestStatus": "UNSUBMITTED", "fulfillAt": order["createdAt"],
        "fulfillBy": None, "assignedLocation": {"location": {"id": gid("Location", name % 3)}},
        "deliveryMethod": {"methodType": "SHIPPING"}, "createdAt": order["createdAt"], "updatedAt": order["updatedAt"],
    }  # fmt: skip


def pages(base: int, changed: Sequence[date]) -> Sequence[Row]:
    """Pages of the shop: another day of change for each."""
    return [
        {**_published("Page", base * 10 + number, number, day), "bodySummary": 'Zeile "eins",\nzwei'}
        for number, day in enumerate(changed)
    ]


def blogs(base: int, changed: Sequence[date]) -> Sequence[Row]:
    """Blogs of the shop."""
    return [
        {
            **{k: v for k, v in _published("Blog", base * 10 + number, number, day).items() if "ublish" not in k},
            "commentPolicy": "MODERATED", "tags": ["neu, alt"],
        }
        for number, day in enumerate(changed)
    ]  # fmt: skip


def articles(base: int, changed: Sequence[date]) -> Sequence[Row]:
    """Articles of the first blog, by authors whose names nobody asks for."""
    return [
        {
            **_published("Article", base * 100 + number, number, day), "blog": {"id": gid("Blog", base * 10)},
            "tags": [], "author": {"name": "Ada Lovelace"},
        }
        for number, day in enumerate(changed)
    ]  # fmt: skip


def _published(kind: str, name: int, number: int, changed: date) -> Row:
    made = "2026-08-20T11:00:00Z"
    return {
        "__typename": kind, "id": gid(kind, name), "title": f"Über „{number}“", "handle": f"ueber-{number}",
        "templateSuffix": None, "isPublished": True, "publishedAt": made, "createdAt": made,
        "updatedAt": moment(changed, 7, number),
    }  # fmt: skip
