"""The manifest of a unit as it lies on S3: Redshift's COPY manifest, and under one more key what ours states."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit._seal import with_seal
from dif_kit.target._ports import Manifest  # noqa: TC001 - msgspec reads the annotation when it decodes

if TYPE_CHECKING:
    from dif_kit.target._ports import StreamSchema

__all__ = ["manifest_content", "parse_manifest", "schema_content"]

_NUMBERS: Final = msgspec.json.Encoder(decimal_format="number")
_UNSEALED: Final = "0" * 64


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    entries: list[dict[str, Any]]
    dif: Manifest
    seal: str = ""


def manifest_content(manifest: Manifest) -> bytes:
    """The JSON of ``manifest.json``.

    ``entries`` is read by COPY (Amazon Redshift, "Using a manifest to specify data files", read 2026-11): full URLs,
    ``mandatory`` so that a lost part fails the load, ``content_length``. ``seal`` is the SHA-256 of the whole text with
    zeros in its place: what was altered later is no manifest.
    """
    entries = [{"url": part.url, "mandatory": True, "meta": {"content_length": part.bytes}} for part in manifest.parts]
    text = msgspec.json.encode(_Stored(entries, manifest, _UNSEALED))
    return with_seal(text, _UNSEALED, sha256(text).hexdigest())


def parse_manifest(content: bytes) -> Manifest:
    """The manifest in the JSON of ``manifest.json``.

    Raises:
        msgspec.DecodeError: it is not one of ours, or was altered since it was written.
    """
    stored = msgspec.json.decode(content, type=_Stored)
    if stored.seal and sha256(with_seal(content, stored.seal, _UNSEALED)).hexdigest() != stored.seal:
        raise msgspec.ValidationError("it was altered since it was written: its seal does not fit")
    return stored.dif


def schema_content(schema: StreamSchema) -> bytes:
    """The JSON of ``schema.json``: the JSON Schema of the rows, without the columns that are ours."""
    return _NUMBERS.encode(
        {
            "stream": schema.stream,
            "schema": schema.json_schema,
            "key_properties": schema.key_properties,
            "bookmark_properties": schema.bookmark_properties,
        }
    )
