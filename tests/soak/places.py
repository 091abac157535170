"""What stands in the warehouse, compared with what the providers say should."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import boto3
from dif_sandbox.demo._rows import Table, differences
from dif_sandbox.services.warehouse import connect, login_of
from psycopg import sql
from psycopg.errors import UndefinedTable
from psycopg.rows import dict_row
from target_redshift._names import variant_name
from target_redshift._types import KIND_WORDS

from soak.fleet import NeverAskedError, Pair

__all__ = ["ADDED", "Places"]

ADDED: Final = "soak_added"
"""The column that a change of schema brings; no provider has it."""
MOST_SHOWN: Final = 5
SESSIONS: Final = """
SELECT usename, datname, query FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND usename <> 'postgres'
"""
"""Of clients, that is: the sandbox itself is ``postgres``."""
STAGES: Final = "SELECT relname FROM pg_class WHERE relname LIKE '\\_dif\\_stage%'"


class Places:
    """The warehouse, looked at as an analyst looks at it."""

    def __init__(self, environment: Mapping[str, str], start: str) -> None:
        self._environment, self._start = environment, start
        self._connection = connect(environment, login_of(environment), dict_row)
        self._s3 = boto3.Session().client("s3")  # not the process's: that keeps the credentials of another sandbox
        self.rows = 0

    def differences(self, pair: Pair, last_day: str) -> list[str]:
        """In what the pair's tables are not what the provider has of the days until the last."""
        try:
            return list(self._differences(pair, last_day))[:MOST_SHOWN]
        except NeverAskedError as error:
            return [str(error)]

    def _differences(self, pair: Pair, last_day: str) -> Iterator[str]:
        for entry in pair.streams:
            stream, keys = entry["tap_stream_id"], entry["key_properties"]
            days = {"start_date": self._start, "end_date": last_day}
            truth = Table(stream, keys).add(pair.provider.truth(pair.owner, stream, **days))
            found = Table(stream, keys).add(map(_as_sent, self._rows(pair, stream)))
            self.rows += len(truth.rows)
            yield from (f"I2: {pair.client} {pair.tap} {each}" for each in differences(truth, found))
            if found.repeated:
                yield f"I2: {pair.client} {pair.tap} {stream}: {found.repeated} rows stand more than once"

    def has(self, pair: Pair, stream: str, key: str, until: str) -> list[str]:
        """I1: the rows until a day, by their keys, that the provider has and the table has not."""
        keys = next(each["key_properties"] for each in pair.streams if each["tap_stream_id"] == stream)
        truth = Table(stream, keys).add(pair.provider.truth(pair.owner, stream, start_date=self._start, end_date=until))
        found = Table(stream, keys).add(self._rows(pair, stream))
        return [
            str(each) for each in truth.rows.keys() - found.rows if str(truth.rows[each].get(key, ""))[:10] <= until
        ]

    def query(self, statement: str, *parts: str) -> list[dict[str, Any]]:
        """The answer to a statement; ``{}`` are names."""
        return self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, parts))).fetchall()

    def left(self) -> list[str]:
        """What runs have left behind: sessions in any database, temporary tables, unfinished uploads."""
        begun = self._s3.list_multipart_uploads(Bucket=self._environment["TARGET_REDSHIFT_BUCKET"]).get("Uploads", ())
        return [
            *(f"{each['usename']} is in {each['datname']}: {each['query']}" for each in self.query(SESSIONS)),
            *(f"temporary table {each['relname']}" for each in self.query(STAGES)),
            *(f"upload {upload['Key']}" for upload in begun),
        ]

    def close(self) -> None:
        """Let go of the session."""
        self._s3.close()
        self._connection.close()

    def _rows(self, pair: Pair, stream: str) -> list[dict[str, Any]]:
        table = pair.table_prefix + stream.lower()
        with suppress(UndefinedTable):  # nothing was ever loaded
            return self.query("SELECT * FROM {}.{}", pair.client, table)
        return []


def _as_sent(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what a change of schema added; a column that changed its kind has its value in a sibling."""
    row = {name: value for name, value in row.items() if name != ADDED}
    siblings = {variant_name(name, word): name for name in row for word in KIND_WORDS}
    for sibling in siblings.keys() & row.keys():
        value = row.pop(sibling)
        if value is not None:
            row[siblings[sibling]] = value
    return row
