"""The first exchange with a client: TLS, cancel requests, who it is.

Source: PostgreSQL documentation, "Start-up"; redshift_connector 2.2.0 asks for TLS first and answers md5.
"""

from __future__ import annotations

import asyncio
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import RedshiftError
from dif_sandbox.redshift.wire._messages import LENGTH, error, message, read_message

if TYPE_CHECKING:
    import ssl

    from dif_sandbox.redshift.wire._accounts import Accounts

__all__ = ["Login", "greet", "log_in"]

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
MAJOR_VERSION = 3
LARGEST_STARTUP = 10_000  # bytes: PostgreSQL's own limit
AUTHENTICATION_FAILED, UNKNOWN_DATABASE = "28000", "3D000"


@dataclass(frozen=True, slots=True)
class Login:
    """A client that is let in."""

    role: str
    application: str


async def greet(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    tls: ssl.SSLContext,
    backend: tuple[str, int],
) -> dict[str, str] | None:
    """Read up to the start-up message: its parameters, None if the client wanted something else."""
    while True:
        length, code = struct.unpack("!II", await reader.readexactly(8))
        if not 8 <= length <= LARGEST_STARTUP:  # noqa: PLR2004 - the two numbers just read
            return None
        body = await reader.readexactly(length - 8)
        if code == SSL_REQUEST:
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(tls)
        elif code == GSS_REQUEST:
            writer.write(b"N")
        elif code == CANCEL_REQUEST:
            await _cancel(backend, LENGTH.pack(length) + LENGTH.pack(code) + body)
            return None
        elif code >> 16 == MAJOR_VERSION:
            parts = [part.decode() for part in body.rstrip(b"\0").split(b"\0")]
            return dict(zip(parts[::2], parts[1::2], strict=False))
        else:
            return None


async def log_in(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    parameters: dict[str, str],
    accounts: Accounts,
    database: str,
) -> Login | None:
    """Ask for the password; None, and the client told, if it is wrong or the database is another."""
    user, salt = parameters.get("user", ""), os.urandom(4)
    writer.write(message(b"R", LENGTH.pack(5) + salt))
    await writer.drain()
    kind, body = await read_message(reader)
    role = accounts.role(user, salt, body.rstrip(b"\0").decode("utf8", "replace")) if kind == b"p" else None
    wanted = parameters.get("database", user)
    if role is not None and wanted == database:
        return Login(role, parameters.get("application_name", ""))
    if role is None:
        fault = RedshiftError(f'password authentication failed for user "{user}"', AUTHENTICATION_FAILED)
    else:
        fault = RedshiftError(f'database "{wanted}" does not exist', UNKNOWN_DATABASE)
    writer.write(error(fault, "FATAL"))
    await writer.drain()
    return None


async def _cancel(backend: tuple[str, int], request: bytes) -> None:
    """Pass a cancel request on: the key that the client holds is the backend's."""
    _, writer = await asyncio.open_connection(*backend)
    writer.write(request)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
