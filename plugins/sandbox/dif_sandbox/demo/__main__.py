"""`make demo`: start the sandbox, run two days, compare, show, stop."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from dif_sandbox.demo._credentials import keep_credentials
from dif_sandbox.demo._marts import QUESTION, compare_spend, load_rates
from dif_sandbox.demo._pipeline import Pipeline, PipelineError
from dif_sandbox.demo._places import Lake, Source, Warehouse
from dif_sandbox.demo._rows import Difference, differences
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import login_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGETS: Final = ("target-s3-csv", "target-redshift")
TRANSFORMED: Final = "target-redshift"  # behind its taps the marts are built
DAYS: Final = 2
HISTORY_DAYS: Final = 42
WIDTH_OF_A_FILE: Final = 120
MOST_DIFFERENCES_SHOWN: Final = 10


@dataclass(frozen=True)
class Channel:
    """A tap of the demo, where it goes, and which of the simulator's streams the client's file leaves out."""

    tap: str
    targets: tuple[str, ...]
    left_out: str

    @property
    def variable(self) -> str:
        """What its variables begin with, behind SANDBOX_ or TAP_."""
        return self.tap.removeprefix("tap-").replace("-", "_").upper()


CHANNELS: Final = (
    Channel("tap-pinterest", TARGETS, r".*_targeting_report"),
    Channel(
        "tap-google-ads",
        TARGETS[1:],
        r"(?!account$|campaign$|ad_group_ad$|campaign_performance_report$|ad_performance_report$).*",
    ),
)


@dataclass
class Tally:
    """What the runs of one stream moved, by target, summed over the days; the seconds are the warehouse's."""

    extracted: Counter[str] = field(default_factory=Counter)
    loaded: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    watermark: str = ""
    load_seconds: float = 0.0


class Demo:
    """One client's two days, `today` the second, in a sandbox of their own.

    The days follow the real ones: a provider keeps daily figures for so long only, and the tap knows it.
    """

    def __init__(self, client: str, folder: Path, today: date, console: Console) -> None:
        self.client, self.folder, self.console = client, folder, console
        self.days = [today - timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
        self.start = today - timedelta(days=HISTORY_DAYS)
        self.tallies: dict[str, Tally] = {}

    def run(self) -> int:
        """The exit code: 0 if source, files and warehouse agree on every row."""
        began = time.monotonic()
        self.say(f"starting the sandbox in {self.folder}: PostgreSQL behind a Redshift front, S3, Valkey, channels")
        with Sandbox(self.folder / "sandbox", durable=False) as sandbox:
            environment = sandbox.environment()
            self.say(f"sandbox ready after {time.monotonic() - began:.1f} s")
            keep_credentials(environment, self.folder)
            self.say("credentials are in the vault: encrypted in PostgreSQL, each under a data key of KMS")
            sources = {
                channel: Source(environment[f"SANDBOX_{channel.variable}_URL"], self.client) for channel in CHANNELS
            }
            load_rates(self.client, self.start, self.days[-1], environment, self.folder)
            for day in self.days:
                self.run_day(day, sources, environment)
            return self.judge(sources, environment)

    def run_day(self, day: date, sources: Mapping[Channel, Source], environment: Mapping[str, str]) -> None:
        """Move the simulated world to a day and run the client's jobs into both targets."""
        for source in sources.values():
            source.set_clock(datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC).isoformat())
        again = "" if day == self.days[0] else ": new figures, and the last days restated"
        self.say(f"day {self.days.index(day) + 1} of {DAYS}, {day}{again}")
        for target in TARGETS:
            channels = [channel for channel in CHANNELS if target in channel.targets]
            taps = tuple(channel.tap for channel in channels)
            then = ("dbt:build",) if target == TRANSFORMED else ()
            pipeline = Pipeline(taps, target, self.client, self.folder, environment, then)
            days = {"START": self.start.isoformat(), "END": day.isoformat()}
            settings = {f"TAP_{one.variable}_{name}_DATE": value for one in channels for name, value in days.items()}
            with self.console.status(f"meltano --environment={self.client} run {pipeline.name}"):
                seconds = pipeline.run(**settings)
            records = sum(self.count_extracted(tap, target, pipeline.state(tap)) for tap in taps)
            self.say(f"  meltano --environment={self.client} run {pipeline.name}: {records:,} records, {seconds:.1f} s")

    def count_extracted(self, tap: str, target: str, state: Mapping[str, Any]) -> int:
        """Add a tap's receipt to the tallies; the answer is the records of all streams."""
        receipt = state.get("dif")
        if not receipt or not receipt.get("complete"):
            message = f"the state of {tap} to {target} holds no complete receipt: the run is partial"
            raise PipelineError(message)
        for stream, sent in receipt["streams"].items():
            tally = self.tallies.setdefault(stream, Tally())
            tally.extracted[target] += sent["records"]
            tally.watermark = _watermark(state, stream) or tally.watermark
        return sum(sent["records"] for sent in receipt["streams"].values())

    def judge(self, sources: Mapping[Channel, Source], environment: Mapping[str, str]) -> int:
        """Compare the three places row by row, print what was moved and what was found."""
        lake = Lake(environment["TARGET_S3_CSV_BUCKET"], self.client, environment)
        warehouse = Warehouse(self.client, environment, login_of(environment, self.client))
        try:
            self.count_loaded(lake, warehouse)
            staged = Lake(environment["TARGET_REDSHIFT_BUCKET"], self.client, environment)
            found = [self.compare(channel, source, lake, staged, warehouse) for channel, source in sources.items()]
            self.show_tallies()
            self.show_query(warehouse)
            by_name = {channel.variable.lower(): source for channel, source in sources.items()}
            spends, unequal = compare_spend(by_name, self.start, self.days[-1], warehouse, f"{self.client}_marts")
        finally:
            warehouse.close()
        differing = [one for _, wrong in found for one in wrong] + unequal
        return self.conclude(sum(rows for rows, _ in found), spends, differing)

    def count_loaded(self, lake: Lake, warehouse: Warehouse) -> None:
        """Add what the manifests and the delivery rows say was loaded and rejected."""
        for manifest in lake.manifests:
            self.tallies[manifest["stream"]].loaded["target-s3-csv"] += manifest["rows"]
            self.tallies[manifest["stream"]].rejected += manifest["quarantined"]
        for delivery in warehouse.deliveries():
            if delivery["tap"] == "tap-fx":
                continue
            tally = self.tallies[delivery["stream"]]
            tally.loaded["target-redshift"] += delivery["rows_loaded"]
            tally.rejected += delivery["rows_quarantined"]
            tally.load_seconds += (delivery["finished_at"] - delivery["started_at"]).total_seconds()

    def compare(
        self, channel: Channel, source: Source, lake: Lake, staged: Lake, warehouse: Warehouse
    ) -> tuple[int, list[Difference]]:
        """The rows of the streams that were selected, and every difference of files or warehouse from the source."""
        rows, wrong = 0, []
        for stream in source.streams():
            if re.fullmatch(channel.left_out, stream):
                continue
            if stream not in self.tallies:
                wrong.append(Difference(stream, (), "stream", "present", "absent"))
                continue
            keys = staged.keys(stream)
            truth = source.table(stream, keys or ("id",), self.start, self.days[-1])
            rows += len(truth.rows)
            if keys or truth.rows:
                loaded = warehouse.table(stream, keys)
                wrong += differences(truth, loaded)
                if TARGETS[0] in channel.targets:
                    wrong += differences(truth, lake.table(stream))
                if loaded.repeated:
                    wrong.append(Difference(stream, (), "rows of one key", 1, loaded.repeated + 1))
        return rows, wrong

    def show_tallies(self) -> None:
        """The one table: what went through, stream by stream."""
        grid = Grid(box=box.SIMPLE_HEAD, title=f"{self.client}, {DAYS} days", title_justify="left")
        grid.add_column("stream")
        for target in TARGETS:
            grid.add_column(f"extracted for\n{target}", justify="right")
            grid.add_column("loaded", justify="right")
        grid.add_column("rejected", justify="right")
        grid.add_column("watermark")
        grid.add_column("load s", justify="right")
        for stream, tally in self.tallies.items():
            moved = [counts[target] for target in TARGETS for counts in (tally.extracted, tally.loaded)]
            numbers = [f"{count:,}" for count in (*moved, tally.rejected)]
            grid.add_row(stream, *numbers, tally.watermark, f"{tally.load_seconds:.2f}")
        self.console.print(grid)

    def show_query(self, warehouse: Warehouse) -> None:
        """One question an analyst asks, and the warehouse's answer."""
        warehouse.query(sql.SQL("SET search_path TO {}").format(sql.Identifier(f"{self.client}_marts")))
        answer = warehouse.query(sql.SQL(QUESTION))
        self.say(f"what did each channel cost? {QUESTION}", markup=False)
        grid = Grid(*answer[0], box=box.SIMPLE_HEAD) if answer else Grid()
        for row in answer:
            grid.add_row(*(str(value) for value in row.values()))
        self.console.print(grid)

    def conclude(self, rows: int, spends: int, wrong: list[Difference]) -> int:
        """The last lines."""
        if not wrong:
            self.say(
                f"demo: spend of {spends:,} campaign days, in two currencies, is the channels' own to the last digit"
            )
            self.say(f"demo: {rows:,} rows in {len(self.tallies)} streams, warehouse = S3 = source")
            return 0
        for difference in wrong[:MOST_DIFFERENCES_SHOWN]:
            self.say(f"  {difference}", markup=False)
        self.say(f"demo: {len(wrong):,} differences in {rows:,} rows: warehouse, S3 and source do not agree")
        return 1

    def say(self, text: str, *, markup: bool = True) -> None:
        """One line to the reader, written at once."""
        self.console.print(text, highlight=False, markup=markup, soft_wrap=True)


def _watermark(state: Mapping[str, Any], stream: str) -> str:
    """The furthest bookmark of a stream, over all its partitions."""
    bookmark = state.get("bookmarks", {}).get(stream, {})
    held = [bookmark, *bookmark.get("partitions", ())]
    return max((str(each["replication_key_value"]) for each in held if "replication_key_value" in each), default="")


def main() -> int:
    """Parse, run, and turn a failure into one clear message."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--client", default="demo")
    parser.add_argument(
        "--dir", type=Path, default=Path(".demo"), help="where everything is kept; removed at the start"
    )
    options = parser.parse_args()
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    folder = options.dir.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        return Demo(options.client, folder, datetime.now(UTC).date(), console).run()
    except PipelineError as failure:
        console.print(f"demo: {failure}", markup=False, highlight=False, soft_wrap=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
