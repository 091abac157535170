"""The mirror of deliveries is made anew from what the destinations state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import get_session
from dif_ledger._rebuild import committed

if TYPE_CHECKING:
    from conftest import Book, Client

DAYS = ("2026-11-01", "2026-11-02")


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "account": "a", "day": DAYS[0]} for number in range(count)]


def mirror(book: Book, client: Client) -> list[dict[str, Any]]:
    asked = "SELECT * FROM ledger.deliveries WHERE client = %s ORDER BY run_id"
    return list(book.connection.execute(asked, [client.name]))


def files_alone(client: Client) -> None:
    """Have it deliver to S3 and no further."""
    client.target = "target-s3-csv"
    kept = ("bucket", "prefix", "client", "tap", "endpoint_url")
    client.config = {name: client.config[name] for name in kept}


@pytest.mark.parametrize("target", ["target-redshift", "target-s3-csv"])
def test_a_mirror_that_was_lost_or_altered_is_made_anew(book: Book, client: Client, target: str) -> None:
    if target == "target-s3-csv":
        files_alone(client)
    client.load("orders", [*rows(5), {"id": "none", "account": "a", "day": DAYS[0]}], "run-1", DAYS, code=3)
    client.load("orders", rows(3), "run-2", DAYS)
    assert "2 deliveries of tap-shop" in client.rebuild().out
    first, second = before = mirror(book, client)
    assert (first["run_id"], first["rows"], first["loaded"], first["quarantined"]) == ("run-1", 5, 5, 1)
    assert (second["run_id"], second["rows"], second["destination"]) == ("run-2", 3, target)
    assert first["covered"] == [{"partition": {"account": "a"}, "from": DAYS[0], "to": DAYS[1]}]
    assert first["bytes"] > 0
    assert first["committed_at"] <= second["committed_at"]

    book.connection.execute("DELETE FROM ledger.deliveries WHERE run_id = 'run-1'")
    book.connection.execute("UPDATE ledger.deliveries SET rows = 99, manifest = 's3://nowhere/manifest.json'")
    client.rebuild()
    assert mirror(book, client) == before


def test_a_mirror_stays_when_a_destination_cannot_be_read(book: Book, client: Client) -> None:
    client.load("orders", rows(2), "run-1", DAYS)
    client.rebuild()
    before = mirror(book, client)
    client.config["port"] = 1
    ended = client.rebuild()
    assert (ended.code, "Traceback" in ended.error) == (1, False)
    assert mirror(book, client) == before
    assert len(before) == 1


@pytest.mark.parametrize("is_local", [False, True])
def test_what_a_run_has_delivered_is_asked_without_reading_what_others_left(client: Client, *, is_local: bool) -> None:
    files_alone(client)
    if is_local:
        client.config["bucket"] = (client.folder / "lake").as_uri()
    for run_id in ("run-1", "run-10", "run-2"):
        client.load("orders", rows(3), run_id, DAYS)
    client.load("ads.daily/all", rows(2), "run-1", DAYS)
    manifest = next(unit.manifest for unit in committed(client.target, client.config, "run-2"))
    if is_local:
        Path(manifest.removeprefix("file://")).write_bytes(b"spoiled")
    else:
        s3 = get_session().create_client("s3", endpoint_url=client.config["endpoint_url"])
        s3.put_object(Bucket=client.config["bucket"], Key=manifest.split("/", 3)[3], Body=b"spoiled")

    found = list(committed(client.target, client.config, "run-1"))
    assert [(unit.stream, unit.run_id, unit.rows) for unit in found] == [
        ("ads.daily/all", "run-1", 2),
        ("orders", "run-1", 3),
    ]
    assert list(committed(client.target, client.config, "run-3")) == []
    ended = client.rebuild()
    assert (ended.code, manifest in ended.error) == (1, True)
