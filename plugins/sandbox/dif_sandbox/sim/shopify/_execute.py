"""What a query brings, what it costs, and the lines of a bulk operation.

https://shopify.dev/docs/api/usage/limits, .../usage/bulk-operations/queries (read 2026-11)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dif_sandbox.sim.paging import Connection
    from dif_sandbox.sim.shopify._query import Field

__all__ = ["Nodes", "Run", "asked_cost", "bulk_lines", "check_bulk"]

Row = dict[str, Any]
CONNECTION_POINTS: Final = 2
WRAPPERS: Final = frozenset({"nodes", "edges", "node", "pageInfo"})
BULK_CONNECTIONS, BULK_DEPTH = 5, 2


@dataclass(frozen=True, slots=True)
class Nodes:
    """A connection: its objects, made when somebody looks, for the filter that is asked by.

    Closed ones may be hidden, unless the argument ``includeClosed`` asks for them.
    """

    found: Callable[[str], Sequence[Row]]
    hides_closed: bool = False

    def asked(self, arguments: Mapping[str, Any]) -> Sequence[Row]:
        """The objects that these arguments leave."""
        rows = self.found(str(arguments.get("query", "")))
        if not self.hides_closed or arguments.get("includeClosed") == "true":
            return rows
        return [row for row in rows if row["status"] != "CLOSED"]


class Run:
    """One query on its way: `cost` is what it took so far."""

    def __init__(self, connection: Connection, wish: Any) -> None:  # noqa: ANN401 - a page's misbehaviour
        self.cost = 0
        self._connection, self._wish = connection, wish

    def below(self, value: Any, fields: Sequence[Field], owner: str) -> Any:  # noqa: ANN401 - any value of JSON
        """The value with what is selected of it.

        Raises:
            ValueError: a field that its type has not.
        """
        if isinstance(value, list):
            return [self.below(each, fields, owner) for each in value]
        if not isinstance(value, dict):
            if value is not None and fields:
                message = "Selections can't be made on scalars"
                raise ValueError(message)
            return value
        self.cost += 1
        return {
            field.name: self._field(value, field, f"{owner}/{value.get('id', '')}.{field.name}")
            for field in fields
            if field.on in {"", value.get("__typename")}
        }

    def _field(self, value: Row, field: Field, owner: str) -> Any:  # noqa: ANN401 - as above
        found = found_in(value, field)
        if not isinstance(found, Nodes):
            first = next(iter(found), None) if isinstance(found, list) else found
            if isinstance(first, dict) and not field.below:
                message = f"Field must have selections: {field.name}"
                raise ValueError(message)
            return self.below(found, field.below, owner)
        self.cost += CONNECTION_POINTS
        items = found.asked(field.arguments)
        page = self._connection.read(field.arguments, owner, items, lambda row: str(row["id"]), wish=self._wish)
        selected = _of_nodes(field)
        made = [self.below(node, selected, owner) for node in page["nodes"]]
        shown = {"nodes": made, "edges": [{"node": node} for node in made], "pageInfo": page["pageInfo"]}
        return {name: shown[name] for name in (inner.name for inner in field.below)}


def found_in(value: Row, field: Field) -> Any:  # noqa: ANN401 - as above
    """The field of an object; raises ValueError for one that its type has not."""
    if field.name not in value:
        message = f"Field '{field.name}' doesn't exist on type '{value.get('__typename', 'QueryRoot')}'"
        raise ValueError(message)
    return value[field.name]


def asked_cost(fields: Sequence[Field]) -> int:
    """What a query may cost: a point for an object, two for a connection, and its objects times ``first``.

    Of the types that an object may be of, the dearest counts.
    """
    by_type: dict[str, int] = {}
    for field in fields:
        by_type[field.on] = by_type.get(field.on, 0) + _asked(field)
    return by_type.pop("", 0) + max(by_type.values(), default=0)


def _asked(field: Field) -> int:
    first = field.arguments.get("first")
    if not field.below:
        return 0
    if first is None:
        return 1 + asked_cost(field.below)
    return CONNECTION_POINTS + int(first) * (1 + asked_cost(_of_nodes(field)))


def check_bulk(fields: Sequence[Field], depth: int = 0, *, is_in_list: bool = False, root: Mapping[str, Any]) -> int:
    """How many connections a bulk query has.

    Raises:
        ValueError: too many, too deep, or one inside a list.
    """
    count = 0
    for field in fields:
        value = root.get(field.name)
        if isinstance(value, Nodes):
            if is_in_list:
                message = "Queries that contain a connection field within a list field are not currently supported."
                raise ValueError(message)
            if depth >= BULK_DEPTH:
                message = "Bulk queries cannot contain connections nested more than two levels deep."
                raise ValueError(message)
            count += 1 + check_bulk(_of_nodes(field), depth + 1, root=_sample(value.found("")))
        elif isinstance(value, dict | list):
            inner = next(iter(value), {}) if isinstance(value, list) else value
            count += check_bulk(field.below, depth, is_in_list=is_in_list or isinstance(value, list), root=inner)
    if depth == 0 and not 0 < count <= BULK_CONNECTIONS:
        message = "Bulk queries must contain at least one connection, and five at most."
        raise ValueError(message)
    return count


def _sample(rows: Sequence[Row]) -> Row:
    """What objects look like: each field from the first that has something in it."""
    found: Row = {}
    for row in rows:
        found |= {name: value for name, value in row.items() if found.get(name) in (None, []) or name not in found}
        if all(value not in (None, []) for value in found.values()):
            break
    return found


def bulk_lines(run: Run, root: Row, fields: Sequence[Field]) -> Iterator[Row]:
    """The lines of a bulk operation: each node, and those of its connections, which name it.

    Without groups, which nobody asks for here, children may stand anywhere: they come before their parent.
    """
    for field in fields:
        for node in found_in(root, field).asked(field.arguments):
            selected = _of_nodes(field)
            plain = [inner for inner in selected if not isinstance(node.get(inner.name), Nodes)]
            for inner in selected:
                children = node.get(inner.name)
                if isinstance(children, Nodes):
                    for child in children.found(""):
                        yield {**run.below(child, _of_nodes(inner), ""), "__parentId": node["id"]}
            yield run.below(node, plain, "")


def _of_nodes(field: Field) -> Sequence[Field]:
    """What is selected of a connection's nodes, by ``nodes`` or by ``edges``.

    Raises:
        ValueError: something else is selected.
    """
    for inner in field.below:
        if inner.name not in WRAPPERS:
            message = f"Field '{inner.name}' doesn't exist on a connection"
            raise ValueError(message)
        if inner.name == "nodes":
            return inner.below
        if inner.name == "edges":
            return next((edge.below for edge in inner.below if edge.name == "node"), ())
    return ()
