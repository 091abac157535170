"""What PostgreSQL says, as Redshift would say it: types, parameters, errors.

Source: redshift_connector 2.2.0 (type oids of SUPER and VARBYTE, server_version); r_Character_types and published logs
(8001); r_MERGE; c_serial_isolation-serializable-isolation-troubleshooting and published logs (1023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import INTERNAL
from dif_sandbox.redshift.wire._messages import FIELD_FACTS, LENGTH, SHORT, SIGNED, fields, message, parse_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Answers"]

SERVER_VERSION = "8.0.2"
BYTEA = 17
TYPE_OIDS = {3802: 4000, BYTEA: 6551}  # jsonb is SUPER, bytea is VARBYTE
TEXT_FORMAT = b"\0\0"
SHOWN_PARAMETERS = frozenset(
    {
        b"client_encoding",
        b"DateStyle",
        b"TimeZone",
        b"integer_datetimes",
        b"is_superuser",
        b"server_encoding",
        b"session_authorization",
    }
)
SHOWN_FIELDS = frozenset("SCMDHP")
TOO_LONG = "Value too long for character type"
TOO_LONG_DETAIL = (
    "\n  -----------------------------------------------\n"
    f"  error:  {TOO_LONG}\n  code:      8001\n"
    "  -----------------------------------------------\n"
)
CHECK_VIOLATION, TEXT_TOO_LONG = "23514", "22001"
CARDINALITY_VIOLATION, SERIALIZATION_FAILURE = "21000", "40001"


class Answers:
    """Translates the backend's messages of one session."""

    def __init__(self, long_names: Mapping[str, str]) -> None:
        self._long_names = long_names
        self.written_table = "0"  # oid: what a serialization error names
        self.process = 0
        self.varbytes: list[int] = []  # columns of the result under way

    def translate(self, kind: bytes, body: bytes) -> bytes:
        """The message for the client; empty if it is none of the client's business."""
        match kind:
            case b"S":
                return self._parameter(body)
            case b"T":
                return message(kind, self._row_description(body))
            case b"E" | b"N":
                return self.error(kind, body)
            case b"D" if self.varbytes:
                return message(kind, self._hexadecimal(body))
            case b"C":
                self.varbytes = []
        return message(kind, body)

    def error(self, kind: bytes, body: bytes, *, place: bool = True) -> bytes:
        """An error or a notice with Redshift's code and words; without the place if the text was not the client's."""
        content = parse_fields(body)
        if not place:
            content.pop("P", None)
        if kind == b"E":
            self._reword(content)
        shown = {key: value for key, value in content.items() if key in SHOWN_FIELDS}
        return message(kind, fields(shown))

    def _reword(self, content: dict[str, str]) -> None:
        code = content.get("C")
        if code in (CHECK_VIOLATION, TEXT_TOO_LONG):  # the only checks are those of byte lengths
            content |= {"C": TEXT_TOO_LONG, "M": TOO_LONG, "D": TOO_LONG_DETAIL}
        elif code == CARDINALITY_VIOLATION and "MERGE" in content.get("M", ""):
            content |= {"C": INTERNAL, "M": "Found multiple matches to update the same tuple."}
            content.pop("H", None)
        elif code == SERIALIZATION_FAILURE:
            detail = (
                f"Serializable isolation violation on table - {self.written_table}, transactions forming the cycle are:"
                f" (pid:{self.process})"
            )
            content |= {"C": INTERNAL, "M": "1023", "D": detail}
            content.pop("H", None)

    @staticmethod
    def _parameter(body: bytes) -> bytes:
        name = body.split(b"\0", 1)[0]
        if name == b"server_version":
            return message(b"S", b"server_version\0" + SERVER_VERSION.encode() + b"\0")
        return message(b"S", body) if name in SHOWN_PARAMETERS else b""

    def _row_description(self, body: bytes) -> bytes:
        count, at = SHORT.unpack_from(body)[0], 2
        parts = [body[:2]]
        self.varbytes = []
        for number in range(count):
            end = body.index(b"\0", at)
            name = body[at:end]
            if b"~" in name:
                name = self._long_names.get(name.decode(), name.decode()).encode()
            facts = bytearray(body[end + 1 : end + 1 + FIELD_FACTS])
            (oid,) = LENGTH.unpack_from(facts, 6)
            if oid == BYTEA and facts[-2:] == TEXT_FORMAT:
                self.varbytes.append(number)
            if oid in TYPE_OIDS:
                LENGTH.pack_into(facts, 6, TYPE_OIDS[oid])
            parts += [name, b"\0", bytes(facts)]
            at = end + 1 + FIELD_FACTS
        return b"".join(parts)

    def _hexadecimal(self, row: bytes) -> bytes:
        """A row whose VARBYTE values are bare hexadecimal digits, as Redshift sends them."""
        out, at = bytearray(row[:2]), 2
        for number in range(SHORT.unpack_from(row)[0]):
            (length,) = SIGNED.unpack_from(row, at)
            value = row[at + 4 : at + 4 + max(length, 0)]
            at += 4 + max(length, 0)
            if length >= 0 and number in self.varbytes:
                value = value.removeprefix(b"\\x")
                length = len(value)
            out += SIGNED.pack(length) + value
        return bytes(out)
