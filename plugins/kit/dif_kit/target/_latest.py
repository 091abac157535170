"""The pointer of a stream for readers: which run was the last, and where its units are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit.errors import DeliveryError
from dif_kit.target._layout import root
from dif_kit.target._naming import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.target._ports import Manifest, StagedUnit
    from dif_kit.target._settings import Settings
    from dif_kit.target._store import Store

__all__ = ["Latest", "point_to_latest"]

_TRIES: Final = 20


class Latest(msgspec.Struct, frozen=True):
    """The content of ``<prefix>/<client>/<tap>/<stream>/latest.json``.

    ``manifests`` are the URLs of the run's units so far, in their order. Rows of versions below ``active_version``, and
    rows without one, are no longer part of the stream, in whatever unit they lie.
    """

    stream: str
    run_id: str
    first_sequence: int
    manifests: tuple[str, ...]
    active_version: int | None = None


def point_to_latest(store: Store, settings: Settings, units: Sequence[StagedUnit]) -> None:
    """Let the pointer of every stream say that these units are delivered; a later run's pointer stays as it is.

    Raises:
        DeliveryError: the pointer cannot be read or written.
    """
    streams: dict[str, list[Manifest]] = {}
    for unit in units:
        streams.setdefault(unit.manifest.stream, []).append(unit.manifest)
    for stream, manifests in streams.items():
        _point(store, f"{root(settings)}/{safe(stream)}/latest.json", manifests)


def _point(store: Store, key: str, manifests: Sequence[Manifest]) -> None:
    for _ in range(_TRIES):
        found = store.read(key)
        before = _parse(store.url(key), found[0]) if found else None
        after = _next(before, manifests)
        if after == before:
            return
        if store.replace(key, msgspec.json.encode(after), "application/json", found[1] if found else None):
            return
    raise DeliveryError(f"{store.url(key)} cannot be written: {_TRIES} times another writer was first")


def _next(before: Latest | None, manifests: Sequence[Manifest]) -> Latest:
    """The pointer after these units of one run; not moved by a run that began before the one it names."""
    last = manifests[-1]
    ours = tuple(manifest.url for manifest in manifests)
    versions = [manifest.activates_version for manifest in manifests] + [before.active_version if before else None]
    active = max((version for version in versions if version is not None), default=None)
    if before is None or before.first_sequence < last.first_sequence:
        return Latest(last.stream, last.run_id, last.first_sequence, ours, active)
    if before.run_id != last.run_id:
        return msgspec.structs.replace(before, active_version=active)
    added = tuple(url for url in ours if url not in before.manifests)
    return msgspec.structs.replace(before, manifests=before.manifests + added, active_version=active)


def _parse(url: str, content: bytes) -> Latest:
    try:
        return msgspec.json.decode(content, type=Latest)
    except msgspec.DecodeError as error:
        raise DeliveryError(f"{url} is not the pointer of a stream: {error}") from error
