"""What tables have in common, whatever file holds them: a header that names columns once, a footer at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LONGEST_PREAMBLE", "column_names", "expect_end"]

#: So many lines may stand above a header that is looked for.
LONGEST_PREAMBLE: Final = 1000
_LONGEST_FOOTER: Final = 50


def column_names(own: Sequence[str], declared: Sequence[str] | None) -> list[str]:
    """The names of the columns: the header's own, or those declared in their place.

    Raises:
        UndecodableError: a name stands twice or is empty, or the header is not as long as what is declared.
    """
    if declared is not None and own and len(own) != len(declared):
        raise UndecodableError(f"the header has {len(own)} columns, {len(declared)} are declared: {list(own)}")
    names = list(own if declared is None else declared)
    twice = sorted(name for name, count in Counter(names).items() if count > 1 and name)
    if twice:
        raise UndecodableError(f"the header names {', '.join(twice)} twice; state `columns`: {names}")
    if "" in names:
        raise UndecodableError(
            f"the header leaves column {names.index('') + 1} without a name; state `columns`: {names}"
        )
    return names


def expect_end(rows: Iterator[Sequence[object]], width: int) -> None:
    """Refuse rows behind what was taken for the footer: they would be lost.

    Raises:
        UndecodableError: there is one.
    """
    for count, fields in enumerate(rows):
        if len(fields) == width or count == _LONGEST_FOOTER:
            raise UndecodableError(f"there are rows behind the footer, such as {list(fields)[:3]}")
