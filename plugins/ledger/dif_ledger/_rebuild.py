"""The mirror of deliveries, made anew from what the destinations state themselves."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from dif_kit.delivery import Delivered
from dif_kit.target import Noted, find_manifests, open_tables, read_manifest, written_at

from dif_ledger._store import replace_deliveries
from dif_ledger._target import staged_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.target import DeliveredTables

    from dif_ledger._facts import Database

__all__ = ["committed", "rebuild"]


def rebuild(database: Database, target: str, config: Mapping[str, Any]) -> int:
    """Mirror all that a target has committed of its client and tap; how many units there are.

    ``config`` is as `target_config` gives it. Everything is read before the first row of the mirror is touched.

    Raises:
        ConfigError, CredentialError, DeliveryError: warehouse or files cannot be read; the mirror is as it was.
    """
    rows = list(committed(target, config))
    replace_deliveries(database, (str(config["client"]), str(config["tap"]), target), rows)
    return len(rows)


def committed(target: str, config: Mapping[str, Any], run_id: str | None = None) -> Iterator[Delivered]:
    """The units that a target has committed of its client and tap, those of one run or all.

    Raises:
        ConfigError, CredentialError, DeliveryError: warehouse or files cannot be read.
    """
    tables = open_tables(target, config)
    if tables is None:
        yield from _of_files(target, config, run_id)
        return
    with closing(tables):
        yield from _of_tables(target, tables, config, run_id)


def _of_tables(
    target: str, tables: DeliveredTables, config: Mapping[str, Any], run_id: str | None
) -> Iterator[Delivered]:
    """What the warehouse noted in the transactions of the rows; what was covered stands in the manifests."""
    for noted in tables.deliveries(str(config["tap"]), run_id):
        manifest = read_manifest(noted.manifest_url, config.get("endpoint_url"))
        yield Delivered(
            noted.run_id,
            noted.client,
            noted.tap,
            noted.stream,
            noted.unit,
            target,
            noted.manifest_url,
            noted.rows_staged,
            noted.rows_loaded,
            noted.rows_quarantined,
            noted.finished_at,
            manifest.bytes,
            manifest.windows,
            noted.records_received,
            noted.checksum,
            noted.rows_superseded,
        )


def _of_files(target: str, config: Mapping[str, Any], run_id: str | None) -> Iterator[Delivered]:
    """Where files are the end of the way: a unit is delivered when its manifest is written."""
    endpoint_url = config.get("endpoint_url")
    for manifest in find_manifests(config["bucket"], staged_folder(config), endpoint_url, run_id):
        at = written_at(manifest.url, endpoint_url)
        yield Noted(manifest, manifest.rows, None, at).delivered(target)
