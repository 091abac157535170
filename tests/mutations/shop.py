"""One supervised run in this process, with one mutation; what noticed it."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from click.testing import CliRunner
from dif_kit.errors import DifError, ExitCode
from dif_kit.testing import FakeApi, run_tap
from dif_ledger._pipe import PipeEnd
from dif_ledger._supervise import supervise
from dif_ledger._telemetry import Told
from dif_ledger.cli import main
from dif_sandbox.services.warehouse import connect
from target_redshift.target import TargetRedshift

from mutations.kinds import JOINTS, Mutation
from mutations.source import STREAMS, TapShop, row

__all__ = ["Outcome", "Shop"]


@dataclass(frozen=True)
class Outcome:
    """A mutation, what caught it (empty: nothing), where that says it is, and whether it did any harm at all."""

    joint: str
    kind: str
    what: str
    caught_by: str
    where: str
    is_harmless: bool = False

    @property
    def is_missed(self) -> bool:
        """Whether something is wrong and nothing says so."""
        return not self.caught_by and not self.is_harmless


@dataclass
class Shop:
    """A schema and a prefix of their own."""

    name: str
    folder: Path
    environment: Mapping[str, str]
    api: FakeApi
    s3: Any
    credentials: str
    config: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        told = self.environment
        self.config = {
            "bucket": told["TARGET_REDSHIFT_BUCKET"], "prefix": "raw", "client": self.name, "tap": "tap-shop",
            "endpoint_url": told["AWS_ENDPOINT_URL_S3"], "host": told["TARGET_REDSHIFT_HOST"],
            "port": int(told["TARGET_REDSHIFT_PORT"]), "database": told["TARGET_REDSHIFT_DATABASE"],
            "iam_role": told["TARGET_REDSHIFT_IAM_ROLE"], "schema": self.name, "checkpoint_rows": 10,
            "credential_ref": f"file://{self.credentials}",
        }  # fmt: skip
        (self.folder / f"{self.name}.json").write_text(json.dumps(self.config))

    def attempt(self, mutation: Mutation, database: Any) -> Outcome:
        """Run once with the mutation, and say what caught it."""
        around, after = JOINTS[mutation.joint]
        try:
            with around(mutation, self):
                pipe: Any = _InProcess(self, mutation)
                told = Told(self.name, "tap-shop", "target-redshift")
                end = supervise(database, told, pipe, self.config, command="", logs=self.folder)
            status, message = str(end.status), f"{end.cause}: {end.message}"
        except DifError as error:
            status, message = "failed", str(error)
        if status != "done":
            return self._caught(mutation, f"run is {status}", message)
        if after is not None:
            after(mutation, self)
        proof = CliRunner().invoke(
            main,
            ["verify", self.name, "tap-shop", "target-redshift", "--texts", "--json",
             "--target-config", str(self.folder / f"{self.name}.json")],
        )  # fmt: skip
        if proof.exit_code == ExitCode.PARTIAL:
            differences = [each for stream in json.loads(proof.stdout) for each in stream["differences"]]
            told = {f"{each['stream']} {each['day'] or each['column']}" for each in differences}
            return Outcome(mutation.joint, mutation.kind, mutation.what, "verify", ", ".join(sorted(told)))
        if proof.exit_code:
            return self._caught(mutation, "verify", proof.stderr)
        # A STATE that is told twice changes nothing; whatever else is wrong without a word is a miss.
        is_harmless = mutation.joint == "target > ledger" and mutation.kind == "double" and self.is_right()
        return Outcome(mutation.joint, mutation.kind, mutation.what, "", "", is_harmless=is_harmless)

    def _caught(self, mutation: Mutation, by: str, message: str) -> Outcome:
        where = [name for name in STREAMS if f"'{name}'" in message or f"/{name}/" in message or f'"{name}"' in message]
        where += [name for name in STREAMS if f"{name}: " in message and name not in where]
        # A STATE is of no stream: the number of its line is all there is to tell.
        line = re.search(r"line \d+", message)
        place = ", ".join(where) or (line[0] if line else message[:60])
        return Outcome(mutation.joint, mutation.kind, mutation.what, by, place)

    def is_right(self) -> bool:
        """Whether every row stands in the warehouse, once, as the provider has it."""
        expected = [(each["id"], each["day"], each["name"], f"{each['spend']:.2f}") for each in map(row, range(18))]
        return all(
            self.execute(f"SELECT id, CAST(day AS VARCHAR), name, CAST(spend AS VARCHAR) FROM {{s}}.{name} ORDER BY id")
            == expected
            for name in STREAMS
        )

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """What somebody does in the warehouse; ``{s}`` is the schema."""
        with connect(self.environment) as connection:
            done = connection.execute(sql.replace("{s}", f'"{self.name}"'))  # type: ignore[call-overload]
            return done.fetchall() if done.description else []

    def objects(self) -> list[str]:
        """The URLs of all that is staged."""
        prefix = f"raw/{self.name}/"
        found = self.s3.list_objects_v2(Bucket=self.config["bucket"], Prefix=prefix).get("Contents", [])
        return [f"s3://{self.config['bucket']}/{each['Key']}" for each in found]

    def object(self, url: str) -> bytes:
        """The bytes of an object."""
        content: bytes = self.s3.get_object(**_place(url))["Body"].read()
        return content

    def put(self, url: str, content: bytes) -> None:
        """Put other bytes in their place."""
        self.s3.put_object(**_place(url), Body=content)

    def delete(self, url: str) -> None:
        """Remove an object."""
        self.s3.delete_object(**_place(url))


def _place(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}


@dataclass
class _InProcess:
    """Tap and target as `ledger run --direct` joins them, in this process: starting two takes longer than a run."""

    shop: Shop
    mutation: Mutation

    def run(self, _log: Path, environment: Mapping[str, str]) -> PipeEnd:
        os.environ["DIF_RUN_ID"] = environment["DIF_RUN_ID"]
        try:
            sent = run_tap(TapShop, {"api_url": self.shop.api.url, "start_date": "2026-11-01"})
            lines = sent.output.encode().splitlines(keepends=True)
            if self.mutation.joint == "tap > target":
                lines = self.mutation.on_lines(lines)
            told, said, code = self._take(b"".join(lines).decode())
        finally:
            del os.environ["DIF_RUN_ID"]
        states = told.encode().splitlines(keepends=True)
        if self.mutation.joint == "target > ledger" and states:
            states = self._mutated(states)
        state = json.loads(states[-1]) if states else None
        return PipeEnd(state, (sent.last_line, said), sent.exit_code, code)

    def _take(self, text: str) -> tuple[str, str, int]:
        out = io.StringIO()
        with redirect_stdout(out):
            try:
                TargetRedshift(config=self.shop.config).listen(io.StringIO(text))
            except DifError as error:
                return out.getvalue(), f"target-redshift: {error}", int(error.exit_code)
        return out.getvalue(), "", 0

    def _mutated(self, states: list[bytes]) -> list[bytes]:
        """The last STATE: lost, or with another count; one that comes twice changes nothing."""
        if self.mutation.kind == "drop":
            self.mutation.what = "the last STATE"
            return states[:-1]
        if self.mutation.kind == "double":
            self.mutation.what = "the last STATE, twice"
            return [*states, states[-1]]
        state = json.loads(states[-1])
        stream = self.mutation.chance.choice(STREAMS)
        field_name = self.mutation.chance.choice(["records", "checksum"])
        state["dif"]["streams"][stream][field_name] = 17 if field_name == "records" else "crc32:00000000"
        self.mutation.what = f"{field_name} of {stream}"
        return [*states[:-1], json.dumps(state).encode()]
