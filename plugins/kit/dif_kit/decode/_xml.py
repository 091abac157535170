"""XML elements into records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from dif_kit.decode._ports import Body, Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

__all__ = ["XmlRecords", "parse_xml"]


def parse_xml(content: bytes) -> Record:
    """A small document as ``{root: value}``, values as in `XmlRecords`.

    Raises:
        UndecodableError: no whole XML, or it declares a document type or entities.
    """
    try:
        root = fromstring(content, forbid_dtd=True)
    except (DefusedXmlException, ParseError, LookupError, ValueError) as error:
        raise UndecodableError(f"the body is not whole XML ({type(error).__name__})") from error
    return {_local(root.tag): XmlRecords("").value(root)}


@dataclass(frozen=True, slots=True)
class XmlRecords:
    """The elements at ``path``, names from the root on joined by slashes: ``response/return/item``.

    A record holds the element's attributes and its children by their names, namespaces left out. A child with text
    alone is its text, one with attributes or children of its own is an object (its text is ``#text``), a name that
    comes more than once is a list; names in ``lists`` are lists always. ``nulls`` are the texts that stand for no
    value. The document must begin with the path's root: another root is a fault. Document types, which can hold bombs,
    are refused.
    """

    path: str
    nulls: frozenset[str] = frozenset({""})
    lists: frozenset[str] = frozenset()
    is_text: bool = True

    def check(self, body: Body) -> None:
        """Refuse a body with another root, or without a first record that can be read."""
        next(self.records(body), None)

    def records(self, body: Body) -> Iterator[Record]:
        """One record an element, every value as text or None, nested ones as objects.

        Raises:
            UndecodableError: no whole XML, another root, a document type or an entity.
        """
        with body.open() as stream:
            try:
                yield from self._records(iterparse(stream, events=("start", "end"), forbid_dtd=True))
            except DefusedXmlException as error:
                raise UndecodableError(
                    f"the XML declares a document type or entities ({type(error).__name__})"
                ) from error
            except (ParseError, LookupError, ValueError) as error:
                raise UndecodableError(f"the body is not whole XML ({error})") from error

    def _records(self, events: Iterator[tuple[str, Element]]) -> Iterator[Record]:
        wanted = self.path.split("/")
        above: list[Element] = []
        names: list[str] = []
        for event, element in events:
            if event == "start":
                above.append(element)
                names.append(_local(element.tag))
                if len(names) == 1 and names[0] != wanted[0]:
                    raise UndecodableError(f"expected XML below {wanted[0]!r}, found {names[0]!r}")
                continue
            if names == wanted:
                yield self._record(element)
            above.pop()
            names.pop()
            # What is read, or is beside the path, is let go of; the insides of a record are kept until it is whole.
            if above and len(names) < len(wanted):
                above[-1].remove(element)

    def _record(self, element: Element) -> Record:
        value = self._object(element)
        if text := (element.text or "").strip():
            value["#text"] = text
        return value

    def value(self, element: Element) -> Any:  # noqa: ANN401 - a text, or an object of such
        """A text, None, or an object of such."""
        if element.attrib or len(element):
            return self._record(element)
        text = element.text or ""
        return None if text in self.nulls else text

    def _object(self, element: Element) -> Record:
        record: Record = {}
        for name, value in element.attrib.items():
            record[_local(name)] = None if value in self.nulls else value
        attributes = set(record)
        repeated = set(self.lists)
        for child in element:
            name, value = _local(child.tag), self.value(child)
            if name in attributes:
                raise UndecodableError(f"{_local(element.tag)!r} has both an attribute and a child called {name!r}")
            if name in self.lists:
                record.setdefault(name, []).append(value)
            elif name not in record:
                record[name] = value
            elif name in repeated:
                record[name].append(value)
            else:
                record[name] = [record[name], value]
                repeated.add(name)
        return record


def _local(name: str) -> str:
    return name.rpartition("}")[2]
