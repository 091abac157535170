"""How files of rows are named, compressed and written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from dif_kit.errors import ConfigError
from dif_kit.target._naming import PARTITIONED, PLAIN, require_sound

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FileFormat"]

# A text for NULL that no number, boolean, or quoted text equals.
_NULL: Final = re.compile(r'(?!-?[0-9]|true$|false$)[^",\r\n]*')


class FileFormat(msgspec.Struct, frozen=True):
    """The form of a run's files of rows. The defaults are what Redshift's COPY and most readers take as it is.

    ``naming`` is the place of a file below ``<prefix>/<client>/<tap>``, ``partition_by`` the field by whose values a
    unit's rows are split into files.
    """

    naming: str = PLAIN
    partition_by: str | None = None
    compression: Literal["gzip", "zstd", "none"] = "gzip"
    quoting: Literal["text", "minimal", "all"] = "text"
    null_text: str = "\\N"
    empty_streams: Literal["nothing", "manifest", "header"] = "nothing"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FileFormat:
        """The form that the settings ask for.

        Raises:
            ConfigError: a setting cannot be used, or two files could get one name.
        """
        given = {name: value for name in cls.__struct_fields__ if (value := config.get(name)) is not None}
        given.setdefault("naming", PARTITIONED if given.get("partition_by") else PLAIN)
        try:
            made = msgspec.convert(given, cls)
        except msgspec.ValidationError as error:
            raise ConfigError(f"settings of the target: {error}") from error
        require_sound(made.naming, is_partitioned=made.partition_by is not None)
        if not _NULL.fullmatch(made.null_text):
            raise ConfigError(
                f"null_text is {made.null_text!r}: take a text without quotes, commas and newlines, no number, "
                "true or false",
            )
        return made

    @property
    def suffix(self) -> str:
        """What the name of a file of rows ends with."""
        return {"gzip": ".csv.gz", "zstd": ".csv.zst", "none": ".csv"}[self.compression]
