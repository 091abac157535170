"""Names in the warehouse: how a stream's and its columns' names become Redshift's.

Redshift folds every name to lower case, quoted or not, and takes 127 bytes (Names and identifiers,
https://docs.aws.amazon.com/redshift/latest/dg/r_names.html). A name that must be changed gets eight digits of its own
hash, so that it is the same in every run, whatever other names there are.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["column_names", "fold", "is_variant", "table_name", "variant_name"]

LONGEST_NAME_BYTES: Final = 127
OWN_PREFIX: Final = "_dif_"

# Each table has these without being asked; a column of the same name is refused.
_SYSTEM_COLUMNS: Final = frozenset(
    {"cmax", "cmin", "ctid", "deletexid", "insertxid", "oid", "tableoid", "xmax", "xmin"}
)
_VARIANT: Final = re.compile(r"__as_[a-z]+(_[0-9]+)?\Z")


def fold(name: str) -> str:
    """The name in lower case, cut to 127 bytes with a hash if it is longer.

    Raises:
        ConfigError: no database can hold the name: it is empty, or has a NUL or half of a character.
    """
    folded = name.lower()
    try:
        size = len(folded.encode())
    except UnicodeEncodeError:
        raise ConfigError(f"the name {name!r} is not Unicode text: rename it with a stream map") from None
    if not folded.strip() or "\0" in folded:
        raise ConfigError(f"the name {name!r} cannot be a name in Redshift: rename it with a stream map")
    return folded if size <= LONGEST_NAME_BYTES else _with_hash(folded)


def table_name(stream: str, prefix: str = "") -> str:
    """The name of a stream's table.

    Raises:
        ConfigError: the name is one that Redshift or this target keeps for itself.
    """
    name = fold(prefix + stream)
    if name.startswith("#"):
        raise ConfigError(f"stream {stream!r}: a table whose name begins with # is temporary: set table_prefix")
    if name.startswith(OWN_PREFIX):
        raise ConfigError(
            f"stream {stream!r}: names that begin with {OWN_PREFIX} are the target's own: set table_prefix"
        )
    return name


def column_names(stream: str, columns: Iterable[str]) -> dict[str, str]:
    """The warehouse's name of each of a stream's columns.

    Raises:
        ConfigError: two columns would have one name. They are not told apart by a number or a hash: which of them is
            which would then depend on the columns that happen to be there.
    """
    names = {column: _column_name(column) for column in columns}
    sharing: defaultdict[str, list[str]] = defaultdict(list)
    for column, name in names.items():
        sharing[name].append(column)
    for name, held in sharing.items():
        if len(held) > 1:
            raise ConfigError(
                f"stream {stream!r}: the columns {' and '.join(map(repr, held))} would both be {name!r} in Redshift, "
                f"which does not tell upper from lower case: deselect one, or rename it with a stream map"
            )
    return names


def variant_name(name: str, kind: str) -> str:
    """The name of the column beside ``name`` that holds values of another kind: ``spend__as_text``."""
    suffix = f"__as_{kind}"
    whole = name + suffix
    return whole if len(whole.encode()) <= LONGEST_NAME_BYTES else _with_hash(name, suffix)


def is_variant(name: str) -> bool:
    """Whether a column of a table holds values that the column of their name cannot hold: no other is called so."""
    return bool(_VARIANT.search(name))


def _column_name(column: str) -> str:
    name = fold(column)
    if name in _SYSTEM_COLUMNS or _VARIANT.search(name):
        return _with_hash(name)
    return name


def _with_hash(name: str, suffix: str = "") -> str:
    end = f"_{hashlib.sha256(name.encode()).hexdigest()[:8]}{suffix}"
    kept = name.encode()[: LONGEST_NAME_BYTES - len(end.encode())]
    return kept.decode(errors="ignore") + end
