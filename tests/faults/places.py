"""What stands in the lake and in the warehouse, read behind the target's back."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import psycopg
from dif_sandbox.services.warehouse import connect, login_of
from psycopg import sql
from psycopg.rows import dict_row

from faults import truth

__all__ = ["Found", "Lake", "Unit", "Warehouse"]

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Unit:
    """One manifest: whose run, how many rows, and the places of the source's rows that were put aside."""

    url: str
    run_id: str
    stream: str
    rows: int
    quarantined: int
    put_aside: tuple[int, ...]


@dataclass
class Found:
    """All that is delivered: rows as a reader sees them, units as they were committed."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    def places(self, stream: str) -> dict[str, int]:
        """The place of the row that stands under each key."""
        return {str(row[truth.KEYS[stream][0]]): truth.place(stream, dict(row)) for row in self.rows.get(stream, ())}

    def put_aside(self, stream: str) -> set[int]:
        """The places of the rows in quarantine."""
        return {number for unit in self.units if unit.stream == stream for number in unit.put_aside}


class Lake:
    """The files of one prefix, found by their manifests alone; what was read is remembered, for nothing changes."""

    def __init__(self, bucket: str, prefix: str, environment: Mapping[str, str]) -> None:
        self._bucket, self._prefix = bucket, f"{prefix}/"
        self._s3 = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        self._units: dict[str, Unit] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def found(self) -> Found:
        """All units, and the latest row of each key by `_sdc_sequence`, as the files' readers are told to take it."""
        self._look()
        found = Found(units=list(self._units.values()))
        for stream in truth.KEYS:
            versions: dict[str, Row] = {}
            for unit in found.units:
                if unit.stream == stream:
                    _keep_latest(versions, self._rows[unit.url], truth.KEYS[stream][0])
            found.rows[stream] = list(versions.values())
        return found

    def units(self) -> list[Unit]:
        """All units that have a manifest."""
        self._look()
        return list(self._units.values())

    def unfinished_uploads(self) -> list[str]:
        """Objects that were begun and neither finished nor given up."""
        begun = self._s3.list_multipart_uploads(Bucket=self._bucket, Prefix=self._prefix).get("Uploads", ())
        return [upload["Key"] for upload in begun]

    def close(self) -> None:
        """Let go of connections."""
        self._s3.close()

    def _look(self) -> None:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix):
            for item in page.get("Contents", ()):
                if item["Key"].endswith("/manifest.json") and item["Key"] not in self._units:
                    self._take(item["Key"])

    def _take(self, key: str) -> None:
        facts = json.loads(self._get(key))["dif"]
        put_aside: tuple[int, ...] = ()
        if facts["quarantined"]:
            folder, unit = key.rsplit("/", 2)[0], key.rsplit("/", 2)[1]
            lines = gzip.decompress(self._get(f"{folder}/quarantine/{unit}.jsonl.gz")).decode().splitlines()
            put_aside = tuple(truth.place(facts["stream"], json.loads(json.loads(line)["raw"])) for line in lines)
        unit = Unit(
            facts["url"], facts["run_id"], facts["stream"], facts["rows"], facts["quarantined"], put_aside
        )  # fmt: skip
        self._rows[unit.url] = [row for part in facts["parts"] for row in self._part(part["url"], facts["null"])]
        self._units[key] = unit

    def _part(self, url: str, null: str) -> Iterator[dict[str, Any]]:
        text = gzip.decompress(self._get(url.removeprefix(f"s3://{self._bucket}/"))).decode()
        for row in csv.DictReader(io.StringIO(text, newline=""), strict=True):
            yield {name: None if value == null else value for name, value in row.items()}

    def _get(self, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return content


class Warehouse:
    """One schema of the warehouse, and the lake below it."""

    def __init__(self, schema: str, lake: Lake, environment: Mapping[str, str], client: str) -> None:
        self._schema, self._lake = schema, lake
        self._session: psycopg.Connection[dict[str, Any]] = connect(
            environment, login_of(environment, client), dict_row
        )

    def found(self) -> Found:
        """All rows of the tables, and the units that are noted as delivered."""
        tables = self._tables()
        delivered = {row["manifest_url"]: row for row in self._all("_dif_deliveries", tables)}
        units = [unit for unit in self._lake.units() if unit.url in delivered]
        found = Found({stream: self._all(stream, tables) for stream in truth.KEYS}, units)
        for stream, rows in found.rows.items():
            keys = Counter(row[truth.KEYS[stream][0]] for row in rows)
            found.repeated += [f"{stream} {name}" for name, times in keys.items() if times > 1]
        for unit in units:
            noted = delivered[unit.url]
            if (noted["rows_staged"], noted["rows_quarantined"]) != (unit.rows, unit.quarantined):
                found.repeated.append(f"{unit.url}: the delivery says {noted}")
        return found

    def sessions(self) -> list[str]:
        """What a target's sessions that are still there do, and temporary tables that are not gone."""
        pattern = f'%"{self._schema}"%'
        sessions = self._session.execute(
            "SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE %s", (pattern,)
        )
        return [row["query"] for row in sessions]

    def temporary_tables(self) -> list[str]:
        """The temporary tables of targets, anybody's."""
        tables = self._session.execute("SELECT relname FROM pg_class WHERE relname LIKE '\\_dif\\_stage%'")
        return [row["relname"] for row in tables]

    def end_sessions(self) -> None:
        """End every session that has worked on the schema, as a restart of the warehouse does."""
        self._session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE %s",
            (f'%"{self._schema}"%',),
        )

    def close(self) -> None:
        """End the session."""
        self._session.close()
        self._lake.close()

    def _tables(self) -> set[str]:
        found = self._session.execute(
            "SELECT DISTINCT table_name FROM svv_columns WHERE table_schema = %s", (self._schema,)
        )
        return {row["table_name"] for row in found}

    def _all(self, table: str, tables: Iterable[str]) -> list[Row]:
        if table not in tables:
            return []
        name = sql.Identifier(self._schema, table)
        return list(self._session.execute(sql.SQL("SELECT * FROM {}").format(name)))


def _keep_latest(versions: dict[str, Row], rows: Iterable[Row], key: str) -> None:
    for row in rows:
        before = versions.get(row[key])
        if before is None or int(before["_sdc_sequence"]) < int(row["_sdc_sequence"]):
            versions[row[key]] = row
