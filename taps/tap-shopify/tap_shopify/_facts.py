"""What Shopify's streams share: the version, budgets, the error table, known fields and their types."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dif_kit.budget import BodyPoints, Budget, CallLimitHeader
from dif_kit.http import Match, Verdicts
from dif_kit.tap import COLUMN_TYPES, schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REST", "SUNSET", "TABLES", "VERDICTS", "VERSION", "Fields", "points"]

# A version comes each quarter and is good for a year at least; an older one is answered by the oldest that lives.
# https://shopify.dev/docs/api/usage/versioning (read 2026-11)
VERSION: Final = "2026-07"
SUNSET: Final = date(2027, 7, 1)

# A bucket of each app in each shop: of the standard plan here, the setting `budgets` states a larger one's. A query
# costs at most 1,000 points. Neither bucket is used up to its 2,000 points and 40 calls: what was let go, up to 8
# requests of a run, may arrive together. https://shopify.dev/docs/api/usage/limits (read 2026-11)
_POINTS: Final = Budget("shopify.graphql", ("points 1000 restore 100/s",), signals=(BodyPoints(),))
REST: Final = Budget(
    "shopify.rest", ("points 32 restore 2/s",), signals=(CallLimitHeader("X-Shopify-Shop-Api-Call-Limit"),)
)

# GraphQL refuses with status 200 and `errors`, a mutation with `userErrors`; an operation that is one too many waits
# for others to end. 402: the shop is frozen, 423: it is locked.
# https://shopify.dev/docs/api/usage/response-codes, .../usage/bulk-operations/queries (read 2026-11)
VERDICTS: Final = Verdicts(
    code=("errors.*.extensions.code", "data.bulkOperationRunQuery.userErrors.*.code"),
    error="errors",
    throttled=frozenset({"THROTTLED", "OPERATION_IN_PROGRESS", "LIMIT_REACHED"}),
    skip_partition=frozenset({"ACCESS_DENIED", "SHOP_INACTIVE", Match(status=402), Match(status=423)}),
    retry=frozenset({"INTERNAL_SERVER_ERROR", "TIMEOUT"}),
    waits={"OPERATION_IN_PROGRESS": 15.0, "LIMIT_REACHED": 15.0},
)


def points(cost: int) -> tuple[Budget, ...]:
    """The bucket of GraphQL's points, for queries that ask for so many."""
    return (replace(_POINTS, cost=cost),)


class Fields:
    """A table of `fields.json`, or one of the same form: each column, its path in the answer, its type.

    ``{"string": ["id", "customer.id", "plan.publicDisplayName=plan"]}`` makes the columns ``id``, ``customer_id`` and
    ``plan``. Behind a blank stands what is selected of objects in an array. ``money`` are sums in the shop's currency
    and the customer's: ``totalPriceSet`` makes ``total_price`` and ``total_price_presentment``.
    """

    def __init__(self, table: Mapping[str, list[str]]) -> None:
        #: What a query selects.
        self.selected: list[str] = []
        #: Column -> dotted path.
        self.paths: dict[str, str] = {}
        self._types: dict[str, Mapping[str, Any]] = {}
        for word, listed in table.items():
            for path in listed:
                if word == "money":
                    self._add(f"{path}.shopMoney.amount={_snake(path.removesuffix('Set'))}", "number")
                    self._add(
                        f"{path}.presentmentMoney.amount={_snake(path.removesuffix('Set'))}_presentment", "number"
                    )
                else:
                    self._add(path, word)

    @property
    def objects(self) -> int:
        """How many objects a node is, with those that it holds: each is a point."""
        ways = (path.partition(" ")[0].split(".") for path in self.selected)
        return 1 + len({tuple(way[:depth]) for way in ways for depth in range(1, len(way))})

    def schema(self, *keys: str, **more: str) -> dict[str, Any]:
        """The schema of a stream with these columns and ``more`` (column=word), which the context gives."""
        known = {**{column: COLUMN_TYPES[word] for column, word in more.items()}, **self._types}
        return schema_of(known, known, keys=keys)

    def _add(self, stated: str, word: str) -> None:
        path, _, column = stated.partition("=")
        place = path.partition(" ")[0]
        column = column or _snake(place)
        self.selected.append(path)
        self.paths[column] = place
        self._types[column] = COLUMN_TYPES[word]


def _snake(path: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path).replace(".", "_").lower()


#: Stream -> its fields: https://shopify.dev/docs/api/admin-graphql, .../docs/api/admin-rest (read 2026-11).
TABLES: Final[Mapping[str, Fields]] = {
    name: Fields(table) for name, table in json.loads(files("tap_shopify").joinpath("fields.json").read_bytes()).items()
}
