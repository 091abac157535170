"""Every statement the target emits is Redshift's grammar, not only what the front takes."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.delivery import Receipt, Window
from dif_kit.errors import DeliveryError
from dif_kit.target import Column, ColumnKind
from sqlfluff.core import Linter
from target_redshift import TargetRedshift, _sql
from target_redshift._connection import Warehouse
from target_redshift._sql import identifier, literal, qualified
from target_redshift.reading import open_tables

if TYPE_CHECKING:
    from conftest import Shop

TEXT, INTEGER = ColumnKind.TEXT, ColumnKind.INTEGER
FILES = Path(inspect.getfile(TargetRedshift)).parent / "sql"


def everything(shop: Shop) -> None:
    """Runs that meet every statement."""
    kinds = {kind.value: Column(kind.value, kind, scale=2) for kind in ColumnKind}
    shop.deliver(shop.unit({"id": INTEGER, **kinds}, []))
    columns = {"id": INTEGER, "na\"me's": TEXT, "v": INTEGER}
    shop.deliver(shop.unit(columns, [["1", "a", "1"]], run_id="run-2"), s3_region="us-east-1")
    changed = {"id": INTEGER, "na\"me's": TEXT, "v": TEXT}
    shop.deliver(shop.unit(changed, [[None, "x" * 300, "n/a"]], run_id="run-3", null="~"))
    late = shop.unit(columns, [["1", "late", "1"]], run_id="run-late")
    shop.deliver(shop.unit(columns, [["1", "a", "1"]], run_id="run-3b"))
    shop.deliver(late)
    shop.deliver(shop.unit(columns, [["2", "a", "1"]], run_id="run-4"), load_method="append")
    with pytest.raises(DeliveryError):
        shop.deliver(shop.unit(columns, [["oops", "a", "1"]], run_id="run-5"))
    kept = {"grant_select_to": ["user:public"], "sort_keys": {"*": ["day", "id"]}, "distribution_keys": {"*": "id"}}
    told = {"description": "Ad's", "properties": {"day": {"description": "Its day"}}}
    ads = {"id": INTEGER, "day": ColumnKind.DATE}
    windows = [Window({"id": 1}, "2026-01-01", "2026-01-02")]
    entry = {"line": "none", "reason": "bad", "raw": "{}"}
    unit = shop.unit(
        ads, [], stream="ads", run_id="run-6", windows=windows, bookmarks=("day",), version=1, description=told,
        quarantined=[entry],
    )  # fmt: skip
    shop.deliver(unit, load_method="replace", **kept)
    shop.deliver(shop.unit(ads, [], stream="ads", run_id="run-7", version=2), hard_delete=True)
    destination = shop.destination(load_method="overwrite")
    destination.prepare(shop.unit(columns, [], run_id="run-8").schema)
    destination.finish(Receipt("run-8", complete=True))
    later = shop.destination()
    later.connect()
    later.prepare(shop.unit(columns, [], run_id="run-9").schema)  # ends the session of the one before
    (told_of,) = later.noted([unit])
    assert (told_of.manifest, told_of.loaded, told_of.superseded) == (unit.manifest, 0, 0)
    later.close()
    destination.close()
    reading = open_tables(shop.config())
    delivered = reading.deliveries("tap-shop")
    assert [(each.stream, each.run_id) for each in delivered][:2] == [("orders", "run-1"), ("orders", "run-2")]
    assert reading.deliveries("tap-shop", "run-2") == [each for each in delivered if each.run_id == "run-2"]
    assert reading.places(delivered[0], ["id", "V", "none"])["V"].variants == ('"v__as_text"',)
    reading.close()


def test_every_statement_is_in_redshifts_grammar(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    emitted: dict[str, None] = {}
    used: set[str] = set()
    send, template = Warehouse._send, _sql._template

    def sending(warehouse: Warehouse, sql: str, take: Any) -> Any:
        emitted[sql] = None
        return send(warehouse, sql, take)

    def templating(name: str) -> Any:
        used.add(name)
        return template(name)

    monkeypatch.setattr(Warehouse, "_send", sending)
    monkeypatch.setattr(_sql, "_template", templating)
    everything(shop)
    # The second view of load errors is asked only where the first is not there: on serverless.
    emitted[_sql.statement("find_load_error_detail")] = None
    emitted[_sql.statement("health", database=literal("dev"), schema=literal("shop"))] = None
    assert used == {path.stem for path in FILES.glob("*.sql")}
    linter = Linter(dialect="redshift")
    wrong = {sql: linter.parse_string(sql).violations for sql in emitted}
    assert not {sql: found for sql, found in wrong.items() if found}


def test_the_grammar_knows_what_redshift_has_not() -> None:
    linter = Linter(dialect="redshift")
    assert linter.parse_string("INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO NOTHING").violations
    assert not linter.parse_string("SELECT 1").violations


@pytest.mark.parametrize("text", ["", "plain", "it's", "back\\slash", "\\'", "$name", "%s", '"'])
def test_a_literal_reads_back_as_it_was(shop: Shop, text: str) -> None:
    assert shop.query(f"SELECT {literal(text)} AS said") == [(text,)]


def test_names_are_quoted_whatever_they_hold() -> None:
    assert qualified("a.b", 'c"d', "select") == '"a.b"."c""d"."select"'
    assert identifier("x; DROP TABLE y") == '"x; DROP TABLE y"'
