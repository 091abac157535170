"""What is checked after each morning, each afternoon and at the end."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import psycopg

from soak.day import Day
from soak.fleet import Pair
from soak.troubles import Lasts
from soak.world import World

__all__ = ["Checks"]

SAMPLE: Final = 0.02
FEWEST_SAMPLED: Final = 3
PATIENCE_SECONDS: Final = 10
LATE: Final = {"late", "never_run", "running"}
UNACCOUNTED: Final = """
SELECT run_id, stream FROM ledger.streams JOIN ledger.runs USING (run_id) WHERE status = 'done' AND (
    extracted IS DISTINCT FROM coalesce(staged, 0) + coalesce(rejected, 0)
    OR coalesce(loaded, 0) + coalesce(superseded, 0) IS DISTINCT FROM coalesce(staged, 0)
)
"""
MIRRORED: Final = "SELECT count(*), coalesce(sum(loaded), 0) FROM ledger.deliveries WHERE client = %s"
DELIVERED: Final = "SELECT COUNT(*) AS units, COALESCE(SUM(rows_loaded), 0) AS loaded FROM {}._dif_deliveries"


@dataclass
class Checks:
    """The promises, held against warehouse, providers and ledger."""

    world: World
    start: date
    seed: int

    def today(self, day: Day) -> str:
        """The last day of which there are figures."""
        return (self.start + timedelta(days=day.number)).isoformat()

    def alarms(self, day: Day, now: datetime, verdicts: Sequence[Mapping[str, Any]]) -> None:
        """Every pair that is late or broken is named, with a cause that is its own, and none that is fine."""
        flagged: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
        for each in verdicts:
            if each["state"] in {"late", "broken"}:
                flagged[each["client"], each["tap"]].append(each)
        day.raised += len(flagged)
        for pair in self.world.fleet.pairs.values():
            day.violations += self._false_alarms(day, pair, flagged.get(pair.name, []), now)
        for pair in self._examined(day):
            differences = self.world.places.differences(pair, self.today(day))
            day.expected += bool(differences)
            if differences and pair.name not in flagged:
                day.violations.append(f"silence: {now:%a %H:%M} {pair.name} is not said to be late: {differences[:2]}")

    def state_is_ahead(self, pair: Pair) -> Iterable[str]:
        """I1: what the STATE of a run that was killed claims to be durable stands in the tables."""
        if not pair.file("state").exists():
            return
        figures = pair.channel.figures
        entry = next(each for each in pair.streams if each["tap_stream_id"] == figures)
        held = pair.read("state").get("bookmarks", {}).get(figures, {})
        marks = [each.get("replication_key_value") for each in held.get("partitions", [held])]
        if marks and all(marks) and len(marks) >= len(pair.accounts):
            until = min(str(each)[:10] for each in marks)
            if missing := self.world.places.has(pair, figures, entry["replication_key"], until):
                yield f"I1: {pair.name}: STATE says {until}, but rows are not there: {missing[:3]}"

    def left_behind(self) -> Iterator[str]:
        """I5: what is left of runs that are all over; a session may take a moment to end."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (left := self.world.places.left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            yield f"I5: left behind: {left[:3]}"

    def at_the_end(self, day: Day) -> Iterator[str]:
        """Every row of every pair that has no trouble is there, once; what was counted is what is there."""
        for pair in self.world.fleet.pairs.values():
            trouble = self.world.trouble_of(pair)
            if trouble is None or trouble.mischief.lasts is Lasts.ALWAYS:
                yield from self.world.places.differences(pair, self.today(day))
        with psycopg.connect(self.world.environment["DIF_LEDGER_URL"]) as ledger:
            for run_id, stream in ledger.execute(UNACCOUNTED):
                yield f"I3: {run_id} is done, but rows of {stream} are not accounted for"
            for client in sorted({pair.client for pair in self.world.fleet.pairs.values()}):
                mirrored = ledger.execute(MIRRORED, [client]).fetchall()[0]
                (there,) = self.world.places.query(DELIVERED, client)
                if tuple(map(int, mirrored)) != (int(there["units"]), int(there["loaded"])):
                    yield f"I3: {client}: the ledger knows {mirrored} units and rows, the warehouse has {there}"

    def _false_alarms(self, day: Day, pair: Pair, flagged: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[str]:
        trouble = self.world.trouble_of(pair)
        for each in flagged:
            if each["cause"] == "deferred" and self._is_put_off(day, pair):
                continue
            said = f"{now:%a %H:%M} {pair.name} {each['stream']} is {each['state']}, {each['cause']}: {each['message']}"
            if trouble is None or trouble.mischief.lasts in {Lasts.RUN, Lasts.ALWAYS}:
                yield f"false alarm: {said}"
            elif each["cause"] not in self.world.causes_of(pair) | LATE:
                yield f"wrong cause under {trouble.kind!r}: {said}"

    def _is_put_off(self, day: Day, pair: Pair) -> bool:
        """Whether a provider that throttles all told the pair to come back, and it is late indeed."""
        throttled = any(
            each.kind == "provider throttles" and not each.over and each.pairs[0].channel is pair.channel
            for each in self.world.troubles
        )
        return throttled and bool(self.world.places.differences(pair, self.today(day)))

    def _examined(self, day: Day) -> list[Pair]:
        """Those whom something happened to lately, and some others."""
        chance = random.Random(f"{self.seed} {day.number} sample")
        every = list(self.world.fleet.pairs.values())
        sample = chance.sample(every, min(len(every), max(FEWEST_SAMPLED, round(SAMPLE * len(every)))))
        yesterday = datetime.combine(self.start + timedelta(days=day.number - 1), datetime.min.time(), UTC)
        recent = (each for each in self.world.troubles if not each.over or each.until >= yesterday)
        lately = [pair for each in recent for pair in each.pairs[:FEWEST_SAMPLED]]
        return list({pair.name: pair for pair in (*lately, *sample)}.values())
