"""The three places that must agree: the simulator's own truth, the files on S3, the tables in the warehouse."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import requests
from psycopg import sql
from psycopg.rows import dict_row

from dif_sandbox.demo._rows import Table
from dif_sandbox.services.warehouse import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

__all__ = ["Lake", "Source", "Warehouse"]


@dataclass(frozen=True, slots=True)
class Source:
    """What the simulator says a perfect run would have delivered for one client."""

    url: str
    client: str

    def streams(self) -> list[str]:
        """The names of the streams the simulator has rows of, as the tap calls them."""
        answer = requests.get(f"{self.url}/_sim/truth/{self.client}", timeout=30)
        answer.raise_for_status()
        names: list[str] = answer.json()["streams"]
        return names

    def table(self, stream: str, keys: tuple[str, ...], start: date, end: date | None = None) -> Table:
        """The rows of a stream as of the simulator's clock, from `start` (to `end`) where they are dated."""
        address = f"{self.url}/_sim/truth/{self.client}/{stream}"
        days = {"start_date": start.isoformat(), **({} if end is None else {"end_date": end.isoformat()})}
        answer = requests.get(address, params=days, timeout=60)
        answer.raise_for_status()
        return Table(stream, keys).add(json.loads(line) for line in answer.content.splitlines() if line)

    def set_clock(self, moment: str) -> None:
        """Move the simulated world to a moment (ISO 8601, UTC)."""
        requests.put(f"{self.url}/_sim/clock", json={"now": moment}, timeout=30).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """What the simulator was asked since the log was last emptied, oldest first."""
        answer = requests.get(f"{self.url}/_sim/requests", timeout=30)
        answer.raise_for_status()
        log: list[dict[str, Any]] = answer.json()["requests"]
        return log

    def forget_requests(self) -> None:
        """Empty the simulator's log of requests."""
        requests.delete(f"{self.url}/_sim/requests", timeout=30).raise_for_status()


class Lake:
    """The staged files of one bucket, found by their manifests alone: what no manifest lists does not exist."""

    def __init__(self, bucket: str, client: str, environment: Mapping[str, str], prefix: str = "") -> None:
        self._s3 = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        found = [self._manifest(bucket, key) for key in keys if key.endswith("/manifest.json")]
        self.manifests = sorted(
            (manifest for manifest in found if manifest["client"] == client),
            key=lambda manifest: (manifest["stream"], manifest["run_id"], manifest["unit"]),
        )

    def _manifest(self, bucket: str, key: str) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())["dif"]
        return manifest

    def keys(self, stream: str) -> tuple[str, ...]:
        """The primary key that the stream's manifests state."""
        return next((tuple(found["key_properties"]) for found in self.manifests if found["stream"] == stream), ())

    def table(self, stream: str) -> Table:
        """All rows of a stream in the order they were written, the latest of each key kept."""
        table = Table(stream, self.keys(stream))
        for manifest in self.manifests:
            if manifest["stream"] == stream:
                for part in manifest["parts"]:
                    table.add(self._rows(part["url"], manifest["null"]))
        return table

    def _rows(self, url: str, null: str) -> Iterator[dict[str, str | None]]:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        packed = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        text = io.StringIO(gzip.decompress(packed).decode(), newline="")
        for row in csv.DictReader(text, strict=True):
            yield {name: None if value == null else value for name, value in row.items()}


class Warehouse:
    """The tables of one schema, read over the wire as any client of Redshift reads them."""

    def __init__(self, schema: str, environment: Mapping[str, str], login: Mapping[str, str]) -> None:
        self._schema = schema
        self._connection = connect(environment, login, dict_row)

    def table(self, stream: str, keys: tuple[str, ...]) -> Table:
        """All rows of a stream's table."""
        return Table(stream, keys).add(self._connection.execute(sql.SQL("SELECT * FROM {}").format(self._name(stream))))

    def deliveries(self) -> list[dict[str, Any]]:
        """The delivery rows: which unit of which stream was loaded, with its counts."""
        return self.query(sql.SQL("SELECT * FROM {}").format(self._name("_dif_deliveries")))

    def query(self, statement: sql.SQL | sql.Composed) -> list[dict[str, Any]]:
        """The answer to one statement; empty where it has none."""
        cursor = self._connection.execute(statement)
        return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _name(self, table: str) -> sql.Identifier:
        return sql.Identifier(self._schema, table.lower())
