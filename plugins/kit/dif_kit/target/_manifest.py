"""The manifest of a unit as it lies on S3: Redshift's COPY manifest, and under one more key what ours states."""

from __future__ import annotations

from typing import Any

import msgspec

from dif_kit.target._ports import Manifest  # noqa: TC001 - msgspec reads the annotation when it decodes

__all__ = ["manifest_content", "parse_manifest"]


class _Stored(msgspec.Struct):
    entries: list[dict[str, Any]]
    dif: Manifest


def manifest_content(manifest: Manifest) -> bytes:
    """The JSON of ``manifest.json``.

    ``entries`` is read by COPY (Amazon Redshift, "Using a manifest to specify data files", read 2026-11): full URLs,
    ``mandatory`` so that a lost part fails the load, ``content_length``.
    """
    entries = [{"url": part.url, "mandatory": True, "meta": {"content_length": part.bytes}} for part in manifest.parts]
    return msgspec.json.encode(_Stored(entries, manifest))


def parse_manifest(content: bytes) -> Manifest:
    """The manifest in the JSON of ``manifest.json``.

    Raises:
        msgspec.DecodeError: it is not one of ours.
    """
    return msgspec.json.decode(content, type=_Stored).dif
