"""Every stream judged, what has changed since it was last told, and told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_kit.errors import DeliveryError

from dif_ledger._facts import of_streams
from dif_ledger._levels import State, Verdict, judge, load_levels
from dif_ledger._notices import Notice, notices

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from dif_ledger._facts import Database
    from dif_ledger._notify import Channel

__all__ = ["check", "missing_days", "notify"]


def check(database: Database, folder: Path, now: datetime, client: str | None = None) -> list[Verdict]:
    """The verdict on every stream of which something is promised; raises ConfigError for a file of levels."""
    levels = {}
    verdicts = []
    for facts in of_streams(database, now, client):
        if facts.client not in levels:
            levels[facts.client] = load_levels(folder, facts.client)
        level = levels[facts.client].of(facts.tap, facts.stream)
        if level is not None:
            verdicts.append(judge(level, levels[facts.client].zone, facts, now))
    return verdicts


def missing_days(verdicts: Iterable[Verdict]) -> list[tuple[str, str, str, str]]:
    """What to catch up on, oldest first: day, client, tap, stream."""
    return sorted((day, each.client, each.tap, each.stream) for each in verdicts for day in each.missing)


def notify(database: Database, channels: Sequence[Channel], verdicts: Sequence[Verdict], now: datetime) -> list[Notice]:
    """Tell each channel what has changed since it was last told, and remember that it knows.

    A channel that cannot be reached is told again next time; the others need not hear it twice.

    Raises:
        DeliveryError: one of the channels did not take a message; the others were told.
    """
    told: list[Notice] = []
    failed = []
    for channel in channels:
        changed = _changed(database, channel.name, verdicts)
        try:
            for notice, members in notices(changed):
                channel.send(notice.title, notice.text, notice)
                _remember(database, channel.name, members, now)
                told.append(notice)
        except DeliveryError as error:
            failed.append(str(error))
    if failed:
        raise DeliveryError("; ".join(failed))
    return told


def _changed(database: Database, channel: str, verdicts: Iterable[Verdict]) -> list[Verdict]:
    known = {row["key"]: (row["state"], row["cause"]) for row in database.execute("SELECT * FROM ledger.alerts")}
    changed = []
    for each in verdicts:
        before = known.get(_key(channel, each))
        was_bad = before is not None and State(before[0]).is_bad
        is_bad = each.state.is_bad
        if is_bad != was_bad or (is_bad and before != (each.state.value, each.cause)):
            changed.append(each)
    return changed


def _remember(database: Database, channel: str, verdicts: Iterable[Verdict], now: datetime) -> None:
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger.alerts (key, client, tap, stream, state, cause, since, notified_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO UPDATE SET state = excluded.state, "
            "cause = excluded.cause, since = excluded.since, notified_at = excluded.notified_at",
            [
                (_key(channel, each), each.client, each.tap, each.stream, each.state.value, each.cause, now, now)
                for each in verdicts
            ],
        )


def _key(channel: str, verdict: Verdict) -> str:
    return f"{channel}\t{verdict.client}\t{verdict.tap}\t{verdict.stream}"
