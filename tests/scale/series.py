"""The runs of one client of one channel, day after day, into one schema of the warehouse."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from dif_kit.errors import ExitCode
from dif_sandbox.demo._pipeline import Pipeline, PipelineError
from dif_sandbox.demo._places import Warehouse
from dif_sandbox.demo._rows import Table, differences
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import login_of
from psycopg import sql
from warm import Warm

from scale.channel import CLIENT, SCALE, Channel, Simulator
from scale.pipes import Command, Pipes

__all__ = ["TARGET", "Ended", "Series"]

BIN: Final = Path(sys.executable).parent
TARGET: Final = "target-redshift"
DAYS: Final = 6
"""So many days end with today: a provider keeps figures for so long only, and the tap goes by the machine's clock."""
LATE: Final = time(23, 30)
MOST_SHOWN: Final = 20
FAILED: Final = re.compile(r"'(extractors|loaders)'>: (\d+)")
LONGEST_SECONDS: Final = 3600
MOST_MEBIBYTES: Final = 512
"""What a tap or a target may take at any scale."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit codes, what tap and target said, the STATE that was told last."""

    tap: int
    target: int
    said: str
    state: dict[str, Any] | None

    @property
    def is_complete(self) -> bool:
        """Whether the run says that nothing is missing."""
        return (self.tap, self.target) == (0, 0) and bool((self.state or {}).get("dif", {}).get("complete"))


class Series:
    """One client's runs, each from the state that the one before left."""

    def __init__(self, channel: Channel, simulator: Simulator, sandbox: Sandbox, warm: Warm, folder: Path) -> None:
        self.channel, self.simulator, self.sandbox, self.warm, self.folder = channel, simulator, sandbox, warm, folder
        self.pipes = Pipes(warm)
        self.schema = f"scale_{channel.simulator}"
        # Budgets in process: what a provider says about a pause would be remembered for the runs that follow.
        told = sandbox.environment(is_alone=True)
        self.environment = {name: value for name, value in told.items() if name != "DIF_REDIS_URL"}
        self.environment["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        today = datetime.now(UTC).date()
        self.day = today - timedelta(days=DAYS - 1)
        self.start = today - timedelta(days=channel.history_days if SCALE == 1 else channel.most_history_days)
        self.state: dict[str, Any] | None = None
        self._runs = 0

    def next_day(self) -> date:
        """Move the provider's clock on by a day."""
        self.day += timedelta(days=1)
        assert self.day <= datetime.now(UTC).date(), "a series has no more days: the tap's clock is the machine's"
        self.set_clock()
        return self.day

    def set_clock(self) -> None:
        """Have it late on the series' day."""
        self.simulator.put("clock", {"now": datetime.combine(self.day, LATE, UTC).isoformat()})

    def run(self) -> Ended:
        """One ``meltano run``; at scale 1, where its start would be all that is waited for, tap and target alone."""
        self._runs += 1
        place = self.folder / str(self._runs)
        place.mkdir()
        return self._piped(place) if SCALE == 1 else self._by_meltano(place)

    def _by_meltano(self, place: Path) -> Ended:
        """What a client's schedule does. Meltano itself ends with 1 whatever failed; its log has the plugins' codes."""
        tap, target = self.config(), self._target_config()
        _written(place / "tap.json", tap)
        _written(place / "target.json", target)
        folder = self.folder / "meltano"
        folder.mkdir(exist_ok=True)
        log = folder / f"{TARGET}.log"
        log.unlink(missing_ok=True)
        pipeline = Pipeline(
            (self.channel.tap,), TARGET, CLIENT, folder, self.environment, longest_seconds=LONGEST_SECONDS
        )
        selected = {"_SELECT": [f"{stream}.*" for stream in self.channel.streams]}
        settings = _variables(self.channel.tap, tap | selected) | _variables(TARGET, target)
        codes: dict[str, int] = {}
        try:
            pipeline.run(MELTANO_CLI_LOG_FORMAT="key_value", **settings)
        except PipelineError:
            codes = {kind: int(code) for kind, code in FAILED.findall(log.read_text())}
            if not codes:
                raise
        ended = codes.get("extractors", 0), codes.get("loaders", 0)
        return Ended(*ended, log.read_text(), pipeline.state(self.channel.tap))

    def _piped(self, place: Path) -> Ended:
        """Tap and target joined by a pipe, as an orchestrator joins them."""
        tap = self.tap(place, self.state)
        into = [TARGET, "--config", _written(place / "target.json", self._target_config())]
        target = Command(into, str(place / "target.log"), str(place / "states"), self.environment)
        ((of_tap, of_target),) = self.pipes.run([tap, target])
        peak = self.pipes.peak_mebibytes
        assert 0 < peak < MOST_MEBIBYTES, f"I5: tap or target took {peak:.0f} MiB"
        told = [line for line in (place / "states").read_text().split("\n") if line]
        self.state = json.loads(told[-1]) if told else self.state
        said = "".join((place / name).read_text() for name in ("tap.log", "target.log"))
        return Ended(of_tap, of_target, said, json.loads(told[-1]) if told else None)

    def tap(self, place: Path, state: Mapping[str, Any] | None = None, **settings: Any) -> Command:
        """The tap as a command, its files in a folder of its own."""
        words = [self.channel.tap, "--config", _written(place / "tap.json", self.config() | settings)]
        words += ["--catalog", _written(place / "catalog.json", self._catalog)]
        if state:
            words += ["--state", _written(place / "state.json", state)]
        return Command(words, str(place / "tap.log"), str(place / "out"), self.environment)

    def config(self) -> dict[str, Any]:
        """A whole config of the tap."""
        return {
            "api_url": self.simulator.url + self.channel.api,
            "credential_ref": f"file://{self.simulator.credential_file}",
            "start_date": self.start.isoformat(),
            "end_date": self.day.isoformat(),
            **self.channel.settings(self.simulator.credential),
        }

    @cached_property
    def _catalog(self) -> dict[str, Any]:
        """The tap's catalog with the channel's streams selected."""
        place = self.folder / "discover"
        place.mkdir()
        words = [self.channel.tap, "--config", _written(place / "tap.json", self.config()), "--discover"]
        command = Command(words, str(place / "tap.log"), str(place / "out"), self.environment)
        assert self.pipes.run([command]) == [[0]], (place / "tap.log").read_text()
        found: dict[str, Any] = json.loads((place / "out").read_text())
        for entry in found["streams"]:
            root = next(item["metadata"] for item in entry["metadata"] if not item["breadcrumb"])
            root["selected"] = entry["tap_stream_id"] in self.channel.streams
        return found

    @cached_property
    def stated(self) -> dict[str, Mapping[str, Any]]:
        """The streams that are read of which the provider has totals, with where they are."""
        roots = (
            (entry["tap_stream_id"], item["metadata"])
            for entry in self._catalog["streams"]
            for item in entry["metadata"]
            if not item["breadcrumb"]
        )
        return {name: root["dif.totals"] for name, root in roots if root["selected"] and root.get("dif.totals")}

    def verified(self) -> dict[str, set[str]]:
        """By stream with totals: the days of the last ones read on which the provider says something else."""
        place = self.folder / str(self._runs)
        first, last = self._verified_days
        environment = {**os.environ, **self.environment}
        environment["PATH"] = f"{self.warm.bin}{os.pathsep}{environment['PATH']}"  # it asks the tap anew
        done = self.warm.run(
            ["ledger", "verify", CLIENT, self.channel.tap, "target-redshift", "--source", "--json",
             "--from", first.isoformat(), "--to", last.isoformat(),
             "--target-config", place / "target.json", "--tap-config", place / "tap.json"],
            env=environment, timeout=600,
        )  # fmt: skip
        assert done.returncode in (0, ExitCode.PARTIAL), done.stderr.decode()
        found: dict[str, set[str]] = {stream: set() for stream in self.stated}
        for stream in json.loads(done.stdout):
            wrong = {each["day"] for each in stream["differences"] if each["place"] == "provider"}
            if stream["stream"] in found:
                found[stream["stream"]] |= wrong
        return found

    @contextmanager
    def altered(self, stream: str) -> Iterator[str]:
        """One figure of a stream is one too high in the warehouse, on the last of the days that are verified."""
        figure, table = self.stated[stream]["figures"][0].lower(), sql.Identifier(self.schema, stream)
        entry = next(entry for entry in self._catalog["streams"] if entry["tap_stream_id"] == stream)
        parts: dict[str, Any] = {"table": table, "figure": sql.Identifier(figure)}
        parts |= {"day": sql.Identifier(entry["replication_key"].lower()), "last": self._verified_days[1].isoformat()}
        add = sql.SQL(
            "UPDATE {table} SET {figure} = {figure} + {by} WHERE _sdc_sequence = "
            "(SELECT MAX(_sdc_sequence) FROM {table} WHERE {day} = {last} AND {figure} > 0)"
        )
        with closing(Warehouse(self.schema, self.environment, login_of(self.environment, CLIENT))) as warehouse:
            warehouse.query(add.format(**parts, by=1))
            try:
                yield parts["last"]
            finally:
                warehouse.query(add.format(**parts, by=-1))

    @property
    def _verified_days(self) -> tuple[date, date]:
        return self.day - timedelta(days=3), self.day - timedelta(days=1)

    def keys(self, stream: str) -> tuple[str, ...]:
        """The primary key of a stream."""
        return next(
            tuple(entry["key_properties"]) for entry in self._catalog["streams"] if entry["tap_stream_id"] == stream
        )

    def truth(self, stream: str) -> Table:
        """What a perfect run would have delivered by now."""
        rows = self.simulator.truth(stream, start_date=self.start.isoformat(), end_date=self.day.isoformat())
        return Table(stream, self.keys(stream)).add(rows)

    def accounts(self) -> list[str]:
        """The ids of the client's accounts."""
        stream, column = self.channel.accounts
        return [str(row[column]) for row in self.simulator.truth(stream)]

    def held(self, streams: Iterable[str]) -> dict[str, dict[Any, Any]]:
        """The rows of some streams as they stand in the warehouse, by their keys."""
        with closing(Warehouse(self.schema, self.environment, login_of(self.environment, CLIENT))) as warehouse:
            return {stream: warehouse.table(stream, self.keys(stream)).rows for stream in streams}

    def differences(self, *, without_account: str = "", without_streams: Collection[str] = ()) -> list[str]:
        """In what the warehouse is not what the provider has; the rows of one account may be left out."""
        wrong: list[str] = []
        with closing(Warehouse(self.schema, self.environment, login_of(self.environment, CLIENT))) as warehouse:
            for stream in (each for each in self.channel.streams if each not in without_streams):
                truth, found = self.truth(stream), warehouse.table(stream, self.keys(stream))
                if without_account:
                    truth, found = _without(truth, without_account), _without(found, without_account)
                wrong += map(str, differences(truth, found))
                if found.repeated:
                    wrong.append(f"{stream}: {found.repeated} rows stand more than once")
        return wrong[:MOST_SHOWN]

    def _target_config(self) -> dict[str, Any]:
        variables = self.environment
        return {
            "client": CLIENT,
            "tap": self.channel.tap,
            "prefix": self.schema,
            "schema": self.schema,
            "load_method": "replace",  # the default keeps what a provider withdraws
            "load_methods": dict(self.channel.load_methods),
            "bucket": variables["TARGET_REDSHIFT_BUCKET"],
            "host": variables["TARGET_REDSHIFT_HOST"],
            "port": int(variables["TARGET_REDSHIFT_PORT"]),
            "database": variables["TARGET_REDSHIFT_DATABASE"],
            "iam_role": variables["TARGET_REDSHIFT_IAM_ROLE"],
            "credential_ref": f"file://{self._warehouse_login()}",
        }

    def _warehouse_login(self) -> Path:
        return Path(self.environment["DIF_CREDENTIALS"].removeprefix("file://"), CLIENT, "redshift")


def _without(table: Table, account: str) -> Table:
    """The rows that do not speak of an account."""
    rows = {key: row for key, row in table.rows.items() if all(account not in str(value) for value in row.values())}
    table.rows = rows
    return table


def _variables(plugin: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """A plugin's settings as Meltano reads them from the environment; names with dots it would lose."""
    prefix = plugin.replace("-", "_")
    if "budgets" in settings:
        slashed = {name.replace(".", "/"): texts for name, texts in settings["budgets"].items()}
        settings = {**settings, "budgets": slashed}
    return {
        f"{prefix}_{name}".upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }


def _written(path: Path, document: Mapping[str, Any]) -> str:
    path.write_text(json.dumps(document))
    return os.fspath(path)
