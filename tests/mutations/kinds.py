"""What is done to one line, row or byte, and at which joint."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dif_kit.target import _packed
from target_redshift._destination import RedshiftDestination

if TYPE_CHECKING:
    from mutations.shop import Shop

__all__ = ["JOINTS", "KINDS", "Mutation"]

KINDS = ("drop", "double", "alter")
Lines = list[bytes]


@dataclass
class Mutation:
    """One mutation. ``what`` says afterwards what was done; it stays empty if there was nothing to do it to."""

    joint: str
    kind: str
    chance: random.Random
    what: str = ""

    def on_lines(self, lines: Lines, first: int = 0) -> Lines:
        """The lines with one of them mutated; those before ``first`` are left alone."""
        place = self.chance.randrange(first, len(lines))
        line = lines[place]
        if self.kind == "alter":
            self.what, changed = self._altered(line)
            return [*lines[:place], changed, *lines[place + 1 :]]
        self.what = f"line {place}: {line[:50]!r}"
        return lines[:place] + [line] * (2 * (self.kind == "double")) + lines[place + 1 :]

    def on_row(self, content: bytes, first: int = 0) -> bytes:
        """CSV with one row mutated."""
        return b"".join(self.on_lines(content.splitlines(keepends=True), first))

    def _altered(self, line: bytes) -> tuple[str, bytes]:
        """A letter or digit in the line is another one, so that it may still look sound."""
        places = [place for place, byte in enumerate(line) if chr(byte).isalnum() and byte < 128]
        place = self.chance.choice(places)
        before = line[place]
        pool = b"0123456789" if chr(before).isdigit() else b"abcdefghijklmnopqrstuvwxyz"
        after = self.chance.choice([byte for byte in pool if byte != before])
        changed = line[:place] + bytes([after]) + line[place + 1 :]
        return f"{line[max(0, place - 20) : place + 8]!r}: {chr(before)} is now {chr(after)}", changed


@contextmanager
def _nothing(_mutation: Mutation, _shop: Shop) -> Iterator[None]:
    yield


@contextmanager
def _before_packing(mutation: Mutation, _shop: Shop) -> Iterator[None]:
    """Rows that were encoded, on their way into a file."""
    write = _packed.PackedObject.write

    def mutated(self: Any, content: bytes) -> None:
        if not mutation.what and ".csv" in self.url and not content.startswith(b'"id"'):
            content = mutation.on_row(content)
        write(self, content)

    _packed.PackedObject.write = mutated  # type: ignore[method-assign]
    try:
        yield
    finally:
        _packed.PackedObject.write = write  # type: ignore[method-assign]


@contextmanager
def _before_copy(mutation: Mutation, shop: Shop) -> Iterator[None]:
    """A staged file, before the warehouse reads it."""

    def in_file(units: Any) -> None:
        part = mutation.chance.choice([part for unit in units for part in unit.manifest.parts])
        content = gzip.decompress(shop.object(part.url))
        shop.put(part.url, gzip.compress(mutation.on_row(content, first=1)))

    with _before_delivery(mutation, in_file):
        yield


@contextmanager
def _in_list_of_files(mutation: Mutation, shop: Shop) -> Iterator[None]:
    """A manifest, before the warehouse reads it: it is gone, lists a file twice, or reads otherwise."""

    def in_manifest(units: Any) -> None:
        manifest = mutation.chance.choice(units).manifest
        if mutation.kind == "drop":
            mutation.what = f"the manifest {manifest.url}"
            shop.delete(manifest.url)
            return
        content = shop.object(manifest.url)
        if mutation.kind == "alter":
            shop.put(manifest.url, b"".join(mutation.on_lines([content])))
            return
        stated = json.loads(content)
        mutation.what = f"a file that {manifest.url} lists"
        shop.put(manifest.url, json.dumps({**stated, "entries": stated["entries"] * 2}).encode())

    with _before_delivery(mutation, in_manifest):
        yield


@contextmanager
def _before_delivery(mutation: Mutation, do: Callable[[Any], None]) -> Iterator[None]:
    """Something is done once, when units are staged and the warehouse is about to read them."""
    deliver = RedshiftDestination.deliver

    def mutated(self: Any, units: Any) -> None:
        if not mutation.what:
            do(units)
        deliver(self, units)

    RedshiftDestination.deliver = mutated  # type: ignore[method-assign]
    try:
        yield
    finally:
        RedshiftDestination.deliver = deliver  # type: ignore[method-assign]


def _in_file(mutation: Mutation, shop: Shop) -> None:
    url = mutation.chance.choice([url for url in shop.objects() if url.endswith(".csv.gz")])
    if mutation.kind == "drop":
        mutation.what = f"the file {url}"
        shop.delete(url)
        return
    shop.put(url, gzip.compress(mutation.on_row(gzip.decompress(shop.object(url)), first=1)))


def _in_table(mutation: Mutation, shop: Shop) -> None:
    stream, number = mutation.chance.choice(("orders", "prices")), mutation.chance.randrange(18)
    column = mutation.chance.choice(["name = COALESCE(name, '') || 'x'", "spend = spend + 0.01", "day = day + 1"])
    sql = {
        "drop": f"DELETE FROM {{s}}.{stream} WHERE id = {number}",
        "double": f"INSERT INTO {{s}}.{stream} SELECT * FROM {{s}}.{stream} WHERE id = {number}",
        "alter": f"UPDATE {{s}}.{stream} SET {column} WHERE id = {number}",
    }[mutation.kind]
    mutation.what = sql
    shop.execute(sql)


def _in_delivery_row(mutation: Mutation, shop: Shop) -> None:
    stream = mutation.chance.choice(("orders", "prices"))
    change = mutation.chance.choice(
        ["rows_staged = rows_staged + 1", "checksum = 'crc32:00000000'", "records_received = records_received - 1"]
    )
    sql = {
        "drop": f"DELETE FROM {{s}}._dif_deliveries WHERE stream = '{stream}'",
        "double": "INSERT INTO {s}._dif_deliveries SELECT * FROM {s}._dif_deliveries "
        f"WHERE stream = '{stream}' AND unit = 1",
        "alter": f"UPDATE {{s}}._dif_deliveries SET {change} WHERE stream = '{stream}'",
    }[mutation.kind]
    mutation.what = sql
    shop.execute(sql)


def _in_manifest(mutation: Mutation, shop: Shop) -> None:
    url = mutation.chance.choice([url for url in shop.objects() if url.endswith("/manifest.json")])
    if mutation.kind == "drop":
        mutation.what = f"the manifest {url}"
        shop.delete(url)
        return
    shop.put(url, b"".join(mutation.on_lines([shop.object(url)])))


Around = Callable[[Mutation, "Shop"], Any]
After = Callable[[Mutation, "Shop"], None]
JOINTS: dict[str, tuple[Around, After | None]] = {
    "tap > target": (_nothing, None),
    "rows > file": (_before_packing, None),
    "file > warehouse": (_before_copy, None),
    "manifest > warehouse": (_in_list_of_files, None),
    "target > ledger": (_nothing, None),
    "file, later": (_nothing, _in_file),
    "table, later": (_nothing, _in_table),
    "delivery row, later": (_nothing, _in_delivery_row),
    "manifest, later": (_nothing, _in_manifest),
}
"""By name: what is put around the run, and what is done when it is over. The pipe itself does the lines and STATE."""
