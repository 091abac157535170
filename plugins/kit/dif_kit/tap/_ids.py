"""What requests must name: ids of another stream, or words of a setting, as many at a time as an endpoint takes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dif_kit.errors import ConfigError, ExtractionError
from dif_kit.tap._bookmarks import partition_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit._sdk import SdkStream
    from dif_kit.decode import Record
    from dif_kit.tap._series import Series

__all__ = ["Choices", "IdBatches", "IdList", "KnownIds", "Source", "id_list", "id_of", "sources_of"]

_REMEMBERED: Final = 128  # lists; one that is asked for again after more of them is read again

#: Names a list of ids: the stream, the field of its rows, the partition.
IdList: TypeAlias = tuple[str, str, bytes]


@dataclass(frozen=True, slots=True)
class IdBatches:
    """An endpoint that wants ids of another stream in each request, ``size`` of them at most.

    ``stream`` has the same parent; all its rows of the partition give their ``key``, whether it is selected or not. The
    ids fill the hole that ``hole`` names, ``{ids}`` if it names none: as a list, or as one text if ``joined_by`` is
    given.
    """

    stream: type[SdkStream]
    key: str
    size: int
    joined_by: str | None = None
    hole: str = "ids"

    def batches(self, ids: tuple[Any, ...]) -> Iterator[Any]:
        """The value of ``{ids}`` for each request."""
        return _cut(ids, self.size, self.joined_by)


@dataclass(frozen=True, slots=True)
class Choices:
    """An endpoint that wants words of a list in each request, such as breakdowns, ``size`` of them at most.

    The tap's setting ``setting`` lists them; give it a default. They fill the hole that ``hole`` names: as a list, or
    as one text if ``joined_by`` is given. ``forms`` are what a word is written as, in place of ``{}``: in each, for an
    endpoint that answers for all only if it is asked twice.
    """

    setting: str
    size: int
    hole: str
    joined_by: str | None = None
    forms: tuple[str, ...] = ("{}",)

    def words(self, config: Mapping[str, Any]) -> tuple[Any, ...]:
        """The words of the setting, each once; raises ConfigError if there are none: nothing would be asked."""
        listed = tuple(dict.fromkeys(config.get(self.setting) or ()))
        if not listed:
            raise ConfigError(f"{self.setting} is empty: list what to read, or deselect the streams that need it")
        return tuple(form.replace("{}", str(word)) for word in listed for form in self.forms)

    def batches(self, words: tuple[Any, ...]) -> Iterator[Any]:
        """The value of the hole for each request."""
        return _cut(words, self.size, self.joined_by)


Source: TypeAlias = IdBatches | Choices


class KnownIds:
    """The ids that were read in this run, and the readings under way, so that each list is read once.

    A reading is registered before it begins; whoever needs its ids waits for it instead of reading again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: OrderedDict[IdList, tuple[Any, ...]] = OrderedDict()
        self._readings: dict[IdList, Series] = {}

    def find(self, name: IdList) -> tuple[Any, ...] | None:
        """The ids in their order, each once; None if they are not known."""
        return self._ids.get(name)

    def put(self, name: IdList, ids: list[Any]) -> None:
        """Remember the ids of a partition that was read to its end."""
        with self._lock:
            self._ids[name] = tuple(dict.fromkeys(ids))
            self._readings.pop(name, None)
            while len(self._ids) > _REMEMBERED:
                self._ids.popitem(last=False)

    def reading(self, name: IdList) -> Series | None:
        """Who is about to find the ids out."""
        return self._readings.get(name)

    def expect(self, name: IdList, reading: Series) -> None:
        """``reading`` will put the ids."""
        self._readings[name] = reading


def id_list(stream: str, key: str, partition: Mapping[str, Any]) -> IdList:
    """The name of a list of ids."""
    return stream, key, partition_key(partition)


def sources_of(ids: Source | tuple[Source | None, ...] | None) -> tuple[Source | None, ...]:
    """What a stream asks by, one after another; None asks without ids."""
    return ids if isinstance(ids, tuple) else (ids,)


def id_of(row: Record, key: str, stream: str) -> Any:  # noqa: ANN401 - a text or a number
    """The id in a row; raises ExtractionError if it has none."""
    if row.get(key) is None:
        raise ExtractionError(f"a row of {stream} has no {key!r}")
    return row[key]


def _cut(values: tuple[Any, ...], size: int, joined_by: str | None) -> Iterator[Any]:
    for start in range(0, len(values), size):
        batch = list(values[start : start + size])
        yield batch if joined_by is None else joined_by.join(map(str, batch))
