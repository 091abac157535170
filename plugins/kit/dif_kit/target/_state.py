"""STATE: kept back until what came before it is durable."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from dif_kit.delivery import RECEIPT_KEY, Receipt
from dif_kit.errors import DeliveryError

if TYPE_CHECKING:
    from dif_kit.target._arrived import Arrived

__all__ = ["HeldState", "UntoldState"]

_Held = msgspec.defstruct("_Held", [("dif", msgspec.Raw, msgspec.Raw(b"null"))], rename={"dif": RECEIPT_KEY})
_RECEIPT_OF: Final = msgspec.json.Decoder(_Held)
_RECEIPT: Final = msgspec.json.Decoder(Receipt | None)


class HeldState:
    """The latest STATE that the tap sent, whether it is told already, and the tap's receipt in it."""

    def __init__(self) -> None:
        self._text = b""
        self._is_told = True
        self.receipt: Receipt | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether there is a STATE that was not told."""
        return not self._is_told

    def take(self, text: bytes, line: int, arrived: Arrived) -> None:
        """Hold the JSON text of a STATE's value in place of an earlier one.

        Raises:
            DeliveryError: it has a receipt that cannot be read, or that does not fit what arrived.
        """
        try:
            held = _RECEIPT_OF.decode(text)
        except msgspec.ValidationError:  # not an object: a foreign tap's
            held = None
        try:
            receipt = _RECEIPT.decode(held.dif) if held else None  # type: ignore[attr-defined]  # made above
        except msgspec.ValidationError as error:
            raise DeliveryError(f"STATE holds under {RECEIPT_KEY!r} something that is no receipt: {error}") from error
        arrived.require(receipt, text, line)
        self._text, self._is_told = text, False
        self.receipt = receipt or self.receipt

    def tell(self) -> None:
        """Write the STATE to standard output, exactly as it came, unless it was told already.

        Raises:
            DeliveryError: nobody listens.
        """
        if self._is_told:
            return
        try:
            sys.stdout.write(self._text.decode() + "\n")
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            _silence_stdout()
            is_closed = isinstance(error, BrokenPipeError | ValueError)
            why = "standard output is closed" if is_closed else f"standard output: {error}"
            raise DeliveryError(f"STATE cannot be told: {why}; the rows are delivered") from error
        self._is_told = True


class UntoldState(HeldState):
    """The STATE of a rehearsal: what was not delivered is not told."""

    @override
    def tell(self) -> None:
        self._is_told = True


def _silence_stdout() -> None:
    """Keep the interpreter from flushing into the closed pipe at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
