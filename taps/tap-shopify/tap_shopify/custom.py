"""Lists that a client defines: a connection of the query root, and what to read of its nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from dif_kit.errors import ConfigError
from dif_kit.tap import COLUMN_TYPES, CustomStream, Meta

from tap_shopify._facts import Fields
from tap_shopify.bulk import BulkList, bulk

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomList"]

_PATH: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(=[a-z_]\w*)?", re.ASCII)


class CustomList(CustomStream, frozen=True):
    """Lists of the client's own, read by bulk operations: each a name, a connection, fields by their types."""

    connection: Annotated[str, Meta(pattern=r"^[A-Za-z]+$", description="Field of the query root, as giftCards")]
    fields: Annotated[
        dict[str, tuple[str, ...]],
        Meta(description='Type to paths below a node, as {"string": ["id", "customer.id=buyer"]}; id must be there'),
    ]
    updated_by: Annotated[
        str, Meta(pattern=r"^[a-z_]*$", description="Filter for what changed, as updated_at, which is a column then")
    ] = ""

    def define(self) -> type[Stream]:
        """The list's stream; raises ConfigError for a type that is none, a path that is none, or no id."""
        if unknown := self.fields.keys() - {*COLUMN_TYPES, "money"}:
            raise ConfigError(
                f"{', '.join(sorted(unknown))} is no type; there are {', '.join((*COLUMN_TYPES, 'money'))}"
            )
        for path in (path for paths in self.fields.values() for path in paths):
            if not _PATH.fullmatch(path):
                raise ConfigError(f"{path!r} is no path: write it as customer.id, or as customer.id=buyer")
        fields = Fields({word: list(paths) for word, paths in self.fields.items()})
        if "id" not in fields.paths.values():
            raise ConfigError("fields has no id: nothing would tell rows apart")
        if self.updated_by and self.updated_by not in fields.paths:
            raise ConfigError(f"updated_by is {self.updated_by!r}, but no field makes that column")
        facts = bulk(self.name, self.connection, fields, by=self.updated_by)
        return self.made_of(BulkList, **{name: fact for name, fact in facts.items() if name != "name"})
