"""One partition of a stream in one run: where it starts, what is news, how far it came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_kit.errors import ExtractionError
from dif_kit.tap._piece import Piece
from dif_kit.tap._replication import format_moment, read_moment
from dif_kit.tap._template import render
from dif_kit.tap._window import Days, is_backfill, today_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dif_kit.decode import Record
    from dif_kit.tap._bookmarks import Bookmarks
    from dif_kit.tap._readable import ReadableStream
    from dif_kit.tap._steps import Chunk
    from dif_kit.tap._window import Window

__all__ = ["PartitionProgress"]

# A row that changes while its list is read may be missed by this run. The bookmark stays this far before the start of
# the run, so that the next one sees it; clocks of providers are wrong by minutes at most.
_CLOCK_SKEW: Final = timedelta(minutes=10)
_DAY: Final = timedelta(days=1)


class PartitionProgress:
    """Where one partition starts, and the bookmark that it earns.

    A window's bookmark is the last whole day that was covered, and moves after each slice. A list's bookmark is the
    newest row, and moves at the end, or with each row if the API sorts them.
    """

    def __init__(
        self,
        stream: ReadableStream,
        context: Mapping[str, Any],
        partition: Mapping[str, Any],
        bookmarks: Bookmarks | None,
    ) -> None:
        self._stream = stream
        self._context = context
        self._partition = partition
        self._bookmarks = bookmarks
        self._start = None if bookmarks is None else bookmarks.get(partition)
        self._oldest_news = self._moment(self._start) if stream.window is None and self._start is not None else None
        self._newest: datetime | None = self._oldest_news
        self._restriction = stream.restriction
        self._unseen = set(self._restriction or ())
        self._seen: set[tuple[Any, ...]] = set()
        self._final_until: date | None = None
        self._is_backfill = False
        self._missing = stream.tap.receipts.missing
        #: The days that are read, for a window.
        self.days: Days | None = None

    def pieces(self, *, tell: bool = False) -> Iterator[Piece]:
        """The parts in which the partition is read, in the order of their days.

        Days that the provider no longer has are left out, and the log says so if ``tell``.

        Raises:
            DifError: the settings or the partition do not say which days.
        """
        window = self._stream.window
        if window is None:
            since = self._start if self._stream.since else None
            return iter((Piece(self._context, self._partition, since=since),))
        self.days = self._days(window, tell=tell)
        slices = iter(()) if self.days is None else self.days.slices(window.days)
        return (Piece(self._context, self._partition, days=part) for part in slices)

    def take(self, chunk: Chunk) -> None:
        """These rows are about to be sent."""
        if chunk.final_until is not None:
            self._final_until = min(chunk.final_until, self._final_until or chunk.final_until)

    def wanted(self, rows: Iterable[Record]) -> Iterator[Record]:
        """The rows that the settings ask for."""
        if self._stream.is_distinct:
            rows = self._distinct(rows)
        if self._restriction is None:
            yield from rows
            return
        for row in rows:
            name = str(row.get(self._stream.primary_keys[0]))
            if name in self._restriction:
                self._unseen.discard(name)
                yield row

    def _distinct(self, rows: Iterable[Record]) -> Iterator[Record]:
        for row in rows:
            key = tuple(row.get(column) for column in self._stream.primary_keys)
            if key not in self._seen:
                self._seen.add(key)
                yield row

    def is_news(self, row: Record) -> bool:
        """Whether a row is as new as the bookmark; a row that does not say is news."""
        if self._oldest_news is None or self._stream.is_sorted:
            return True
        moment = self._moment_of(row)
        return moment is None or moment >= self._oldest_news

    def passed(self, row: Record) -> None:
        """The row, and all below it, is written or was no news."""
        if self._bookmarks is None or self._stream.window is not None:
            return
        moment = self._moment_of(row)
        if moment is None or (self._newest is not None and moment <= self._newest):
            return
        self._newest = moment
        if self._stream.is_sorted:
            self._put_newest()

    def cover(self, piece: Piece) -> None:
        """All rows of a piece are written: its days count as covered, today and later excepted."""
        self._stream.tap.jobs.delivered(self._stream.name, self._partition, piece.days)
        if piece.days is None or not piece.ends_its_days:
            return
        if self._stream.window is not None and self._stream.window.is_summed:
            return  # a target cannot find the rows of a day
        self._stream.tap.receipts.covered(self._stream.name, self._row_partition(), piece.days)
        last = min(piece.days.last, self._today() - _DAY, self._final_until or piece.days.last)
        is_earned = last >= piece.days.first and not self._is_backfill and not self._lacks_rows_below()
        if self._bookmarks is not None and is_earned:
            reached = self._bookmarked_day()
            self._bookmarks.put(self._partition, max(last, reached or last).isoformat())
        self._stream.offer_state()

    def finish(self) -> None:
        """The partition is whole."""
        tap = self._stream.tap
        if self._bookmarks is not None and self._stream.window is None and self._newest is not None:
            self._put_newest()
        key = self._stream.primary_keys[0] if self._unseen else ""
        for name in sorted(self._unseen):
            reason = f"asked for in the setting {self._stream.restricted_by}, but the API does not list it"
            tap.receipts.failed(self._stream.name, {key: name}, reason)

    def _put_newest(self) -> None:
        if self._bookmarks is None or self._newest is None or (self._stream.since and self._lacks_rows_below()):
            return
        newest = min(self._newest, self._stream.tap.receipts.started_at - _CLOCK_SKEW)
        if self._oldest_news is None or newest > self._oldest_news:
            self._bookmarks.put(self._partition, format_moment(newest, self._stream.replication_format))

    def _lacks_rows_below(self) -> bool:
        """Whether something is missing below the rows so far: the next run finds it by these rows alone."""
        return bool(self._stream.streams_below) and self._stream.tap.receipts.missing > self._missing

    def _days(self, window: Window, *, tell: bool) -> Days | None:
        """The days to read; None if there are none yet."""
        tap = self._stream.tap
        today = self._today()
        start = tap.day("start_date")
        if start is None:
            raise ExtractionError("start_date is not set")
        bookmark, end = self._bookmarked_day(), tap.day("end_date")
        self._is_backfill = is_backfill(start=start, end=end, bookmark=bookmark)
        if bookmark is not None and end is not None and tap.fleet.is_backfill and not self._is_backfill:
            first = max(start, bookmark + _DAY)  # a backfill of its own STATE goes on; it reads each day once
        else:
            lookback = tap.config.get("lookback_days")
            first = window.first_day(
                start=start,
                bookmark=None if self._is_backfill else bookmark,
                lookback_days=window.lookback_days if lookback is None else lookback,
            )
        oldest = window.oldest_day(today)
        if oldest is not None and first < oldest:
            if tell:
                message = "%s: the provider keeps %s days; %s to %s cannot be read"
                gone = self._partition, window.retention_days, first, oldest - _DAY
                self._stream.logger.warning(message, *gone)
            first = oldest
        last = end or today
        return Days(first, last) if first <= last else None

    def _today(self) -> date:
        window = self._stream.window
        zone = render(window.zone, self._context) if window is not None else "UTC"
        if not isinstance(zone, str) or not zone:
            raise ExtractionError(f"the time zone is {zone!r} here")
        return today_in(zone, now=self._stream.tap.receipts.started_at)

    def _bookmarked_day(self) -> date | None:
        value = None if self._bookmarks is None else self._bookmarks.get(self._partition)
        return None if value is None else read_moment(value, "date").date()

    def _row_partition(self) -> dict[str, Any]:
        """The partition by the columns of its rows, so that a target can find them."""
        column_of = {key: column for column, key in self._stream.context_columns.items()}
        return {column_of.get(key, key): value for key, value in self._partition.items()}

    def _moment(self, value: Any) -> datetime:  # noqa: ANN401 - a provider's word
        return read_moment(value, self._stream.replication_format).astimezone(UTC)

    def _moment_of(self, row: Record) -> datetime | None:
        value = row.get(self._stream.replication_key or "")
        return None if value is None else self._moment(value)
