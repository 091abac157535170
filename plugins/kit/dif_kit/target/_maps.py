"""The SDK's stream maps and flattening, applied to exact records."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError
from singer_sdk.mapper import RemoveRecordTransform

from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target._duplicates import repeats_a_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from singer_sdk.mapper import PluginMapper, StreamMap

    from dif_kit.target._quarantine import Rejected
    from dif_kit.target._rows import Records

__all__ = ["PlainMaps", "SdkMaps", "StreamMaps", "stream_maps"]

_EXACT: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_NUMBERS: Final = msgspec.json.Encoder(decimal_format="number")


class PlainMaps:
    """Every stream as it is."""

    are_none: ClassVar[bool] = True

    def schemas(
        self,
        stream: str,
        json_schema: Mapping[str, Any],
        keys: Sequence[str],
    ) -> Iterator[tuple[str, Mapping[str, Any], Sequence[str]]]:
        """The name, schema and keys of each stream that is made of ``stream``."""
        yield stream, json_schema, keys

    def names(self, stream: str) -> list[str]:
        """The names of the streams that are made of ``stream``."""
        return [stream]

    def records(self, stream: str, records: Records) -> Iterator[tuple[str, Records, list[Rejected]]]:
        """The records of each stream that is made of ``stream``, and those that cannot be kept."""
        yield stream, records, []


class SdkMaps(PlainMaps):
    """Streams as the settings ``stream_maps`` and ``flattening_*`` make them.

    Fractions are decimals with the digits the tap wrote. A record is written anew, so numbers keep their value, not
    their notation.
    """

    are_none = False

    def __init__(self, mapper: PluginMapper) -> None:
        self._mapper = mapper

    def schemas(
        self,
        stream: str,
        json_schema: Mapping[str, Any],
        keys: Sequence[str],
    ) -> Iterator[tuple[str, Mapping[str, Any], Sequence[str]]]:
        """The mapped streams.

        Raises:
            ConfigError: a map does not fit the stream.
        """
        try:
            self._mapper.register_raw_stream_schema(stream, dict(json_schema), list(keys))
        except (MapExpressionError, StreamMapConfigError) as error:
            raise ConfigError(f"stream map of {stream!r}: {error}") from error
        for mapped in self._maps(stream):
            yield mapped.stream_alias, mapped.transformed_schema, mapped.transformed_key_properties or ()

    def names(self, stream: str) -> list[str]:
        """The names of the mapped streams."""
        return [mapped.stream_alias for mapped in self._maps(stream)]

    def records(self, stream: str, records: Records) -> Iterator[tuple[str, Records, list[Rejected]]]:
        """The mapped records; a record that cannot be read exactly is rejected.

        Raises:
            DeliveryError: an expression of a map fails.
        """
        for index, mapped in enumerate(self._maps(stream)):
            kept: list[tuple[int, msgspec.Raw]] = []
            rejected: list[Rejected] = []
            for place, raw in enumerate(records.raws):
                try:
                    record = _read(bytes(raw))
                except ValueError as error:
                    if index == 0:
                        rejected.append(records.rejected(place, str(error)))
                    continue
                made = self._transform(mapped, record, records.lines[place])
                if made is not None:
                    kept.append((place, msgspec.Raw(_NUMBERS.encode(made))))
            yield mapped.stream_alias, _picked(records, kept), rejected

    def _maps(self, stream: str) -> list[StreamMap]:
        return [
            mapped
            for mapped in self._mapper.stream_maps.get(stream, [])
            if not isinstance(mapped, RemoveRecordTransform)
        ]

    def _transform(self, mapped: StreamMap, record: dict[str, Any], line: int) -> dict[str, Any] | None:
        try:
            return mapped.transform(record)
        except (MapExpressionError, ValueError, TypeError, KeyError, ArithmeticError) as error:
            message = f"line {line}: the stream map of {mapped.stream_alias!r} fails: {type(error).__name__}: {error}"
            raise DeliveryError(message) from error


StreamMaps = PlainMaps


def stream_maps(config: Mapping[str, Any], mapper: PluginMapper) -> StreamMaps:
    """What the settings ask for."""
    is_mapped = bool(config.get("stream_maps")) or bool(config.get("flattening_enabled"))
    return SdkMaps(mapper) if is_mapped else PlainMaps()


def _read(raw: bytes) -> dict[str, Any]:
    try:
        record = _EXACT.decode(raw)
        is_repeated = repeats_a_key(raw)
    except RecursionError:
        raise ValueError("the record is nested too deeply to be read") from None
    except msgspec.ValidationError:
        raise ValueError("the record is not an object") from None
    if is_repeated:
        raise ValueError("the record has the same key twice")
    return record


def _picked(records: Records, kept: list[tuple[int, msgspec.Raw]]) -> Records:
    return replace(records.at([place for place, _ in kept]), raws=[raw for _, raw in kept])
