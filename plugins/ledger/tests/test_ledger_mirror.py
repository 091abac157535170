"""A run that nobody supervises is seen, too: its target tells the ledger; that this fails ends nothing and is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Book, Client

ROWS = [{"id": number, "account": "a", "day": f"2026-11-0{number}", "spend": 1.5} for number in (1, 2, 3)]


def told(book: Book) -> list[dict[str, Any]]:
    return list(book.connection.execute("SELECT * FROM ledger.deliveries ORDER BY committed_at, stream, unit"))


def hears(client: Client, url: str) -> Client:
    """Targets of the client that know where the ledger is."""
    client.environment = {**client.environment, "DIF_LEDGER_URL": url}
    return client


@pytest.mark.parametrize(
    ("target", "method"),
    [("target-redshift", "upsert"), ("target-redshift", "overwrite"), ("target-s3-csv", "")],
)
def test_what_a_target_tells_is_what_a_rebuild_finds(book: Book, client: Client, target: str, method: str) -> None:
    hears(client, client.environment["DIF_VAULT_URL"])
    client.target = target
    if target == "target-s3-csv":
        client.config = {name: client.config[name] for name in ("bucket", "prefix", "client", "tap", "endpoint_url")}
    else:
        client.config["load_method"] = method
    bookmarks = () if method == "overwrite" else ("day",)
    client.load("ads", [*ROWS, ROWS[0]], "run-1", ("2026-11-01", "2026-11-03"), bookmarks=bookmarks)
    client.load(
        "ads", [*ROWS, {**ROWS[0], "id": "none"}], "run-2", ("2026-11-01", "2026-11-03"), 3, bookmarks=bookmarks
    )
    mirrored = told(book)
    assert [(each["run_id"], each["rows"], each["quarantined"]) for each in mirrored] == [
        ("run-1", 4, 0),
        ("run-2", 3, 1),
    ]
    if target == "target-redshift":
        assert [(each["loaded"], each["superseded"]) for each in mirrored] == [(3, 1), (3, 0)]
    assert client.rebuild().code == 0
    again = told(book)
    for one in (*mirrored, *again) if target == "target-s3-csv" else ():
        one |= {"committed_at": None, "superseded": None}  # S3 tells its own moment, and nobody counts by keys
    assert again == mirrored


def test_a_ledger_that_does_not_answer_does_not_keep_a_load_from_its_end(book: Book, client: Client) -> None:
    said = hears(client, "postgresql://dif:secret@127.0.0.1:9/dif").load("ads", ROWS, "run-1")
    assert f"`ledger rebuild {client.name} tap-shop target-redshift` makes up for it" in said
    assert "secret" not in said
    assert told(book) == []
    assert client.execute("SELECT count(*) FROM {s}.ads") == [(3,)]
    assert client.rebuild().code == 0
    assert [each["rows"] for each in told(book)] == [3]


def test_a_database_without_a_ledger_is_told_of_once(book: Book, client: Client) -> None:
    book.connection.execute("DROP SCHEMA ledger CASCADE")
    client.config["checkpoint_rows"] = 1
    said = hears(client, client.environment["DIF_VAULT_URL"]).load("ads", ROWS, "run-1")
    assert said.count("makes up for it") == 1
    assert "does not exist" in said


def test_a_target_that_knows_no_ledger_tells_nobody(book: Book, client: Client) -> None:
    assert "ledger" not in client.load("ads", ROWS, "run-1")
    assert told(book) == []
