"""Streams that a client defines in the settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from dif_kit.budget import Budget  # noqa: TC001 - msgspec reads it
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from dif_kit.tap._stream import Stream

__all__ = ["CustomStream", "custom_streams", "custom_streams_schema", "schema_of"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class CustomStream(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One stream as a client defines it, an item of a setting. A subclass says what may be chosen.

    Its fields are the choices, with their types and descriptions (``typing.Annotated``, ``msgspec.Meta``): they make
    the schema of the setting. `Tap.custom_streams` says which setting it is.
    """

    #: What its streams may be paid from besides the budgets of the tap's own streams: settings may name these, too.
    budgets: ClassVar[tuple[Budget, ...]] = ()

    name: str

    def define(self) -> type[Stream]:
        """The stream.

        Raises:
            ConfigError: a choice is wrong; says which, what is known instead.
        """
        raise NotImplementedError

    def made_of(self, base: type[Stream], **facts: Any) -> type[Stream]:  # noqa: ANN401 - the facts of a stream
        """A stream of this name: ``base`` with these facts."""
        more = {"name": self.name, "__module__": base.__module__, "__doc__": f"{base.__doc__ or ''}"}
        return type(self.name.title().replace("_", ""), (base,), {**more, **facts})


def schema_of(known: Mapping[str, Any], columns: Iterable[str], *, keys: Sequence[str]) -> dict[str, Any]:
    """The schema of rows that hold ``keys``, which cannot be null, then ``columns``, out of a table of known columns.

    Raises:
        ConfigError: a column is not known; names those that are meant perhaps.
    """
    properties: dict[str, Any] = {}
    for column in dict.fromkeys((*keys, *columns)):
        if column not in known:
            import difflib  # noqa: PLC0415 - for a mistake only

            close = difflib.get_close_matches(column, known, n=3)
            raise ConfigError(
                f"there is no column {column!r}" + (f"; did you mean {' or '.join(close)}?" if close else "")
            )
        types = known[column]["type"]
        kept = [kind for kind in ([types] if isinstance(types, str) else types) if kind != "null"]
        properties[column] = {**known[column], "type": kept[0] if column in keys and len(kept) == 1 else types}
    return {"type": "object", "required": list(keys), "properties": properties}


def custom_streams(
    kinds: Mapping[str, type[CustomStream]], config: Mapping[str, Any], taken: AbstractSet[str]
) -> list[type[Stream]]:
    """The streams that the settings define, in their order; ``taken`` are the names of the tap's own.

    Raises:
        ConfigError: a definition is wrong; says where, and what is.
    """
    made: dict[str, type[Stream]] = {}
    for setting, kind in kinds.items():
        for number, item in enumerate(config.get(setting) or ()):
            name = f" ({item['name']})" if isinstance(item, dict) and "name" in item else ""
            try:
                definition = _checked(msgspec.convert(item, kind), {*taken, *made})
                made[definition.name] = definition.define()
            except (msgspec.ValidationError, ConfigError) as error:
                raise ConfigError(f"{setting}[{number}]{name}: {error}") from error
    return list(made.values())


def _checked(definition: CustomStream, taken: AbstractSet[str]) -> CustomStream:
    if not _NAME.fullmatch(definition.name):
        raise ConfigError("a stream's name has small letters, digits and underscores only")
    if definition.name in taken:
        raise ConfigError("there is a stream of this name already")
    return definition


def custom_streams_schema(kind: type[CustomStream]) -> dict[str, Any]:
    """The JSON schema of a setting that lists such streams."""
    _, parts = msgspec.json.schema_components((kind,))
    for choice in parts[kind.__name__]["properties"].values():
        choice.pop("default", None)  # the SDK would write it into whatever stands there, and fail if that is no object
    text = " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
    return {"type": ["array", "null"], "items": parts[kind.__name__], "description": text}
