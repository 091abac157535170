"""JSON:API documents into flat records: https://jsonapi.org/format/1.1/ (read 2026-11)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dif_kit.decode._ports import Body, Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["JsonApi"]


@dataclass(frozen=True, slots=True)
class JsonApi:
    """The resources of a document: ``id``, the members of ``attributes``, and ids of the ``relationships`` named.

    ``relationships`` is the name of a relationship -> the column that takes its id, a list of ids where it is to many.
    One without linkage (``data``) says nothing of whom it leads to, and neither has the row the column.

    Of a compound document, ``through`` names the relationship that leads to the resources that are wanted in place of
    the primary ones; ``owner`` is the column that takes the id of the primary one. A resource that is linked but not
    included, or a document with ``errors``, is an error: rows would be missing without a word.
    """

    relationships: Mapping[str, str] = field(default_factory=dict, hash=False)
    through: str | None = None
    owner: str | None = None
    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body that is no document with primary data."""
        self._primary(body.json())

    def records(self, body: Body) -> Iterator[Record]:
        """The resources, flat, in the order of the primary data."""
        document = body.json()
        primary = self._primary(document)
        if self.through is None:
            yield from map(self._flat, primary)
            return
        included = {_identity(resource): resource for resource in _list_at(document, "included", or_none=True)}
        for resource in primary:
            for linked in _linked(resource, self.through):
                found = included.get(_identity(linked))
                if found is None:
                    raise UndecodableError(f"{self.through} {linked['id']} is linked, but not included")
                row = self._flat(found)
                if self.owner is not None:
                    row[self.owner] = _identity(resource)[1]
                yield row

    def _primary(self, document: Any) -> list[Any]:  # noqa: ANN401 - JSON holds anything
        if not isinstance(document, dict):
            raise UndecodableError(f"expected a JSON:API document, found {type(document).__name__}")
        if "errors" in document or "data" not in document:
            raise UndecodableError(f"expected 'data' in the document, found {', '.join(sorted(document)) or 'nothing'}")
        data = document["data"]
        if isinstance(data, dict):
            return [data]
        return [] if data is None else _list_at(document, "data")

    def _flat(self, resource: Any) -> Record:  # noqa: ANN401 - as above
        _, own = _identity(resource)
        attributes = resource.get("attributes")
        row: Record = {"id": own, **_object(attributes, "attributes")}
        if row["id"] != own:
            raise UndecodableError(f"resource {own} has an attribute 'id' of another value")
        for name, column in self.relationships.items():
            relationship = _object(_object(resource.get("relationships"), "relationships").get(name), name)
            if "data" not in relationship:
                continue
            if column in row:
                raise UndecodableError(f"{column!r} is an attribute, and a relationship {name!r}")
            data = relationship["data"]
            ids = [_identity(linked)[1] for linked in _linked(resource, name)]
            row[column] = ids if isinstance(data, list) else next(iter(ids), None)
        return row


def _identity(resource: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON holds anything
    if not isinstance(resource, dict):
        raise UndecodableError(f"expected a resource, found {type(resource).__name__}")
    kind, own = resource.get("type"), resource.get("id")
    if not isinstance(kind, str) or not isinstance(own, str):
        raise UndecodableError(f"a resource has the type {kind!r} and the id {own!r}")
    return kind, own


def _linked(resource: Any, name: str) -> list[Any]:  # noqa: ANN401 - as above
    _identity(resource)
    relationship = _object(_object(resource.get("relationships"), "relationships").get(name), name)
    if "data" not in relationship:
        raise UndecodableError(f"resource {resource['id']} does not say what {name!r} leads to")
    data = relationship["data"]
    if isinstance(data, dict):
        return [data]
    return [] if data is None else _list_at(relationship, "data")


def _list_at(found: Mapping[str, Any], name: str, *, or_none: bool = False) -> list[Any]:
    held = found.get(name)
    if or_none and held is None:
        return []
    if not isinstance(held, list):
        raise UndecodableError(f"expected an array at {name!r}, found {type(held).__name__}")
    return held


def _object(found: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - as above
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UndecodableError(f"expected an object at {name!r}, found {type(found).__name__}")
    return found
