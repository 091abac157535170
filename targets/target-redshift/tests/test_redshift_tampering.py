"""I3: what the warehouse has read is what was staged: objects that were touched since are noticed before COMMIT."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pytest
from dif_kit.errors import DeliveryError, PartialRunError
from dif_kit.target import ColumnKind
from target_redshift import TargetRedshift
from target_redshift._destination import RedshiftDestination

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conftest import Shop
    from dif_kit.target import StagedUnit, Store

PREFIX = "tampered"


def key(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def tags(shop: Shop, unit: StagedUnit) -> Mapping[str, str]:
    """What a store that wrote the unit's objects would know them by."""
    urls = [unit.manifest.url, *(part.url for part in unit.manifest.parts)]
    if unit.manifest.quarantine_url:
        urls.append(unit.manifest.quarantine_url)
    return {url: shop.s3.head_object(Bucket=shop.world.bucket, Key=key(url))["ETag"] for url in urls}


def altered(content: bytes) -> bytes:
    """As many rows as before, and every count as it was."""
    return gzip.compress(gzip.decompress(content).replace(b"1.50", b"1.51").replace(b"bad", b"wad"))


@pytest.mark.parametrize("what", ["part", "quarantine"])
def test_a_value_that_is_altered_before_copy_is_not_loaded(shop: Shop, what: str) -> None:
    put_aside = [{"line": 1, "reason": "bad", "raw": "{}"}]
    unit = shop.unit(
        {"id": ColumnKind.INTEGER, "spend": ColumnKind.DECIMAL}, [["1", "1.50"], ["2", "2.25"]], quarantined=put_aside
    )
    unit = msgspec.structs.replace(unit, tags=tags(shop, unit))
    url = unit.manifest.parts[0].url if what == "part" else str(unit.manifest.quarantine_url)
    before = shop.s3.get_object(Bucket=shop.world.bucket, Key=key(url))["Body"].read()
    assert altered(before) != before
    shop.s3.put_object(Bucket=shop.world.bucket, Key=key(url), Body=altered(before))
    with pytest.raises(DeliveryError, match=f"{url} is not what this run wrote there"):
        shop.deliver(unit)
    assert shop.rows("orders", "id") == []
    assert shop.rows("_dif_deliveries", "unit") == []
    shop.s3.put_object(Bucket=shop.world.bucket, Key=key(url), Body=before)
    shop.deliver(unit)
    assert shop.rows("orders", "id") == [(1,), (2,)]


def test_a_store_knows_its_objects_again_however_they_were_sent(shop: Shop) -> None:
    store: Store = shop.store()
    folder = f"{PREFIX}/{shop.schema}"
    upload = store.upload(f"{folder}/large", "text/plain")
    for piece in (b"x" * 5 * 1024 * 1024, b"y"):
        upload.send(piece)
    found = {store.url(f"{folder}/small"): store.put(f"{folder}/small", b"z", "text/plain")}
    found[store.url(f"{folder}/large")] = upload.complete()
    store.require_unchanged(found)
    shop.s3.put_object(Bucket=shop.world.bucket, Key=f"{folder}/large", Body=b"x" * 5 * 1024 * 1024 + b"z")
    with pytest.raises(DeliveryError, match="large is not what this run wrote there"):
        store.require_unchanged(found)
    shop.s3.delete_object(Bucket=shop.world.bucket, Key=f"{folder}/small")
    with pytest.raises(DeliveryError, match="small is gone"):
        store.require_unchanged(found)


def test_what_the_target_stages_bears_the_tags_of_all_its_objects(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nothing would be looked at, and nobody would know."""
    seen: list[StagedUnit] = []
    deliver = RedshiftDestination.deliver

    def watched(destination: RedshiftDestination, units: Sequence[StagedUnit]) -> None:
        seen.extend(units)
        deliver(destination, units)

    monkeypatch.setattr(RedshiftDestination, "deliver", watched)
    messages: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": "orders", "schema": {"properties": {"id": {"type": "integer"}}},
         "key_properties": ["id"]},
        {"type": "RECORD", "stream": "orders", "record": {"id": 1}},
        {"type": "RECORD", "stream": "orders", "record": {"id": "none"}},
    ]  # fmt: skip
    with pytest.raises(PartialRunError):
        TargetRedshift(config=shop.config()).listen(io.StringIO("".join(json.dumps(each) + "\n" for each in messages)))
    (unit,) = seen
    assert dict(unit.tags) == tags(shop, unit)
    assert len(unit.tags) == 3, "manifest, rows, quarantine"
