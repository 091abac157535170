"""A run of a target against a real S3: what is staged, delivered, put aside and told."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dif_kit.errors import ConfigError, DeliveryError, PartialRunError
from dif_kit.target import read_rows

PROPERTIES = {"id": {"type": "integer"}, "name": {"type": ["string", "null"]}}


def schema(stream: str = "s", keys: tuple[str, ...] = ("id",), **more: Any) -> dict[str, Any]:
    return {"type": "SCHEMA", "stream": stream, "schema": {"properties": PROPERTIES | more}, "key_properties": keys}


def record(number: Any, stream: str = "s", **more: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": stream, "record": {"id": number, **more}}


def state(bookmark: int, **receipt: Any) -> dict[str, Any]:
    value: dict[str, Any] = {"bookmarks": {"s": bookmark}}
    if receipt:
        value["dif"] = {"run_id": "run-1", **receipt}
    return {"type": "STATE", "value": value}


RunMaker = Callable[..., Any]


def test_a_unit_lies_under_its_run_with_a_manifest_that_copy_reads(run: RunMaker) -> None:
    made = run().take(state(0, complete=False), schema(), record(1, name="a"), state(1, complete=True))
    folder = f"{made.config['prefix']}/acme/tap-x/s/run-1/0001"
    assert made.object_keys() == [f"{folder}/000001.csv.gz", f"{folder}/manifest.json", f"{folder}/schema.json"]
    manifest = json.loads(made.s3.get_object(Bucket="lake", Key=f"{folder}/manifest.json")["Body"].read())
    size = made.s3.head_object(Bucket="lake", Key=f"{folder}/000001.csv.gz")["ContentLength"]
    part = f"s3://lake/{folder}/000001.csv.gz"
    assert manifest["entries"] == [{"url": part, "mandatory": True, "meta": {"content_length": size}}]
    facts = manifest["dif"]
    assert (facts["rows"], facts["quarantined"], facts["null"], facts["key_properties"]) == (1, 0, "\\N", ["id"])
    assert facts["columns"][1] == {"name": "name", "kind": "text", "nullable": True, "max_bytes": 1, "scale": None}
    assert made.rows() == [{"id": "1", "name": "a"}]
    text = gzip.decompress(made.s3.get_object(Bucket="lake", Key=f"{folder}/000001.csv.gz")["Body"].read()).decode()
    assert text.startswith(
        '"id","name","_sdc_extracted_at","_sdc_received_at","_sdc_sequence","_dif_run_id"\n1,"a",\\N,'
    )


def test_state_is_told_exactly_as_it_came_and_only_after_delivery(run: RunMaker) -> None:
    text = '{"bookmarks": {"s":  1.10, "é": "\\u00e9"}}'
    made = run().take(schema(), record(1), f'{{"type": "STATE", "value": {text}}}\n')
    assert made.output == text + "\n"
    assert made.destination.told_before == [""]


def test_a_run_says_at_its_end_what_it_delivered(run: RunMaker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="dif_kit")
    run().take(schema(), record(1), record(2), schema("t"), record(3, "t"), state(1))
    assert caplog.messages[-1] == "delivered 3 rows of 2 streams; 0 records in quarantine"
    with pytest.raises(PartialRunError):
        run().take(schema(), record("no number"), record(2), state(1))
    assert caplog.messages[-1] == "delivered 1 row of 1 stream; 1 record in quarantine"


def test_state_is_not_told_when_delivery_fails(run: RunMaker) -> None:
    made = run()
    made.destination.failure = DeliveryError("the warehouse is gone")
    with pytest.raises(DeliveryError, match="the warehouse is gone"):
        made.take(schema(), record(1), state(1))
    assert made.output == ""
    assert made.destination.closed == 1


def test_a_checkpoint_tells_the_state_before_it_and_later_rows_are_another_unit(run: RunMaker) -> None:
    lines = [schema(), *(record(number, name="x" * 200_000) for number in range(20)), state(1), record(20), state(2)]
    made = run(checkpoint_rows=3).take(*lines)
    assert [entry["bookmarks"]["s"] for entry in made.states][-1] == 2
    assert [int(row["id"]) for row in made.rows()] == list(range(21))
    assert sum(len(units) for units in made.destination.delivered) == len(made.manifests)


def test_a_checkpoint_waits_for_a_state(run: RunMaker) -> None:
    lines = [schema(), *(record(number, name="x" * 200_000) for number in range(20)), state(1)]
    assert len(run(checkpoint_rows=1).take(*lines).manifests) == 1


@pytest.mark.slow
def test_a_large_stream_is_parts_of_about_the_size_asked_for(run: RunMaker) -> None:
    noise = random.Random(1)
    lines = [schema(), *(record(number, name=noise.randbytes(50_000).hex()) for number in range(300)), state(1)]
    made = run(max_part_bytes=6 * 1024 * 1024).take(*lines)
    (manifest,) = made.manifests
    assert [part.bytes >= 6 * 1024 * 1024 for part in manifest.parts] == [True, True, False]
    assert [int(row["id"]) for row in made.rows()] == list(range(300))
    assert made.uploads() == []


def test_a_run_that_fails_while_pieces_are_on_their_way_leaves_none(run: RunMaker) -> None:
    noise = random.Random(1)
    lines = [schema(), *(record(number, name=noise.randbytes(50_000).hex()) for number in range(200)), {"type": "WHAT"}]
    made = run()
    with pytest.raises(DeliveryError, match="unknown type 'WHAT'"):
        made.take(*lines)
    assert (made.manifests, made.uploads()) == ([], [])


def test_a_field_without_schema_becomes_a_column_and_begins_a_unit(run: RunMaker) -> None:
    made = run().take(schema(), record(1), record(2, more=5), record(3), state(1))
    assert [len(manifest.columns) for manifest in made.manifests] == [6, 7]
    assert made.rows() == [
        {"id": "1", "name": None},
        {"id": "2", "name": None, "more": "5"},
        {"id": "3", "name": None, "more": None},
    ]
    assert [len(prepared.columns) for prepared in made.destination.prepared] == [6, 7]


def test_a_field_without_schema_can_be_put_aside(run: RunMaker) -> None:
    made = run(unknown_fields="quarantine")
    with pytest.raises(PartialRunError, match="1 records are in quarantine"):
        made.take(schema(), record(1), record(2, more=5), state(1))
    assert made.rows() == [{"id": "1", "name": None}]


def test_a_field_without_schema_can_end_the_run(run: RunMaker) -> None:
    with pytest.raises(DeliveryError, match="line 3: stream 's' has a field that its SCHEMA has not: 'more'"):
        run(unknown_fields="fail").take(schema(), record(1), record(2, more=5), state(1))


def test_a_schema_that_changes_begins_a_unit_and_the_same_one_does_not(run: RunMaker) -> None:
    wider = schema(added={"type": "boolean"})
    made = run().take(schema(), record(1), schema(), record(2), wider, record(3, added=True), state(1))
    assert [manifest.rows for manifest in made.manifests] == [2, 1]
    assert made.rows()[2] == {"id": "3", "name": None, "added": "true"}


def test_a_key_that_changes_begins_a_unit(run: RunMaker) -> None:
    made = run().take(schema(), record(1), schema(keys=("id", "name")), record(2, name="b"), state(1))
    assert [manifest.key_properties for manifest in made.manifests] == [("id",), ("id", "name")]


def test_a_text_that_equals_the_null_text_is_kept(run: RunMaker) -> None:
    made = run().take(schema(), record(1), record(2, name="\\N"), record(3, name="\\N1"), record(4), state(1))
    assert [row["name"] for row in made.rows()] == [None, "\\N", "\\N1", None]
    assert [manifest.null for manifest in made.manifests] == ["\\N", "\\N1", "\\N2"]


def test_a_bad_record_is_in_quarantine_with_reason_and_line_and_the_run_is_partial(run: RunMaker) -> None:
    made = run()
    nan = '{"type":"RECORD","stream":"s","record":{"id":NaN}}'
    with pytest.raises(PartialRunError, match=r"3 records are in quarantine.*line 3.*expected an integer"):
        made.take(schema(), record(1), record("x"), record(None), nan + "\n", record(2), state(1))
    assert [row["id"] for row in made.rows()] == ["1", "2"]
    assert [(entry["stream"], entry["line"]) for entry in made.quarantined()] == [("s", 3), ("s", 4), ("s", 5)]
    by_line = {entry["line"]: entry for entry in made.quarantined()}
    assert (by_line[3]["reason"], by_line[3]["raw"]) == ('id: expected an integer, found "a"', '{"id":"x"}')
    assert (by_line[3]["holds"], by_line[5]["holds"], by_line[5]["raw"]) == ("record", "line", nan)
    assert by_line[3]["schema_message"] == schema() | {"key_properties": ["id"]}
    assert (made.manifests[0].quarantine_url or "").endswith("/quarantine/0001.jsonl.gz")
    assert made.manifests[0].quarantined == 3
    assert made.states == [{"bookmarks": {"s": 1}}]


def test_a_unit_of_bad_records_alone_has_a_manifest_without_parts(run: RunMaker) -> None:
    made = run()
    with pytest.raises(PartialRunError):
        made.take(schema(), record("x"), state(1))
    (manifest,) = made.manifests
    assert (manifest.rows, manifest.parts, manifest.quarantined) == (0, (), 1)


def test_too_many_bad_records_end_the_run_and_can_be_looked_at(run: RunMaker) -> None:
    made = run(max_quarantined_rows=2)
    with pytest.raises(DeliveryError, match=r"more than max_quarantined_rows \(2\)"):
        made.take(schema(), *(record("x") for _ in range(5)), state(1))
    assert len(made.quarantined()) == 3
    assert made.manifests == []
    assert made.states == []


def test_streams_that_interleave_keep_their_own_order(run: RunMaker) -> None:
    lines = [schema("a"), schema("b")]
    for number in range(50):
        lines += [record(number, "a"), record(-number, "b")]
    made = run().take(*lines, state(1))
    assert [int(row["id"]) for row in made.rows("a")] == list(range(50))
    assert [int(row["id"]) for row in made.rows("b")] == [-number for number in range(50)]


def test_a_name_that_is_not_safe_in_a_key_is_encoded(run: RunMaker) -> None:
    made = run().take(schema("../a b"), record(1, "../a b"), state(1))
    assert all("/..%2Fa%20b/" in key for key in made.object_keys())
    assert made.rows("../a b") == [{"id": "1", "name": None}]


def test_the_sequence_grows_over_the_lines_and_over_runs(run: RunMaker, s3: Any) -> None:
    from dif_kit.target import read_rows

    sequences = []
    for _ in range(2):
        made = run().take(schema(), record(1), record(2), state(1))
        sequences += [int(row["_sdc_sequence"] or 0) for row in read_rows(made.manifests[0])]
    assert sequences == sorted(set(sequences))


def test_the_run_id_comes_from_the_environment_before_the_receipt(
    run: RunMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIF_RUN_ID", "given")
    made = run().take(state(0, complete=False), schema(), record(1), state(1, complete=True))
    assert made.manifests[0].run_id == "given"


def test_a_foreign_tap_needs_no_receipt(run: RunMaker) -> None:
    assert run().take(schema(), record(1), state(1)).states == [{"bookmarks": {"s": 1}}]


def test_a_receipt_that_is_not_complete_is_a_partial_run_with_its_state(run: RunMaker) -> None:
    failed = [{"stream": "s", "partition": {"account": "7"}, "reason": "forbidden"}]
    made = run()
    with pytest.raises(PartialRunError, match=r"account.*forbidden"):
        made.take(state(0, complete=False), schema(), record(1), state(1, complete=False, failed=failed))
    assert made.rows() == [{"id": "1", "name": None}]
    assert made.states[-1]["bookmarks"] == {"s": 1}


def test_records_that_the_tap_sent_but_did_not_arrive_fail_the_run(run: RunMaker) -> None:
    made = run()
    with pytest.raises(DeliveryError, match="sent 3 records of stream 's', 1 arrived"):
        made.take(state(0, complete=False), schema(), record(1), state(1, complete=True, streams={"s": {"records": 3}}))
    assert made.states == []
    assert made.destination.delivered == []


def test_the_windows_of_the_receipt_are_in_the_manifest(run: RunMaker) -> None:
    window = {"partition": {"account": "7"}, "from": "2026-11-01", "to": "2026-11-02"}
    streams = {"s": {"records": 1, "windows": [window]}}
    made = run().take(state(0, complete=False), schema(), record(1), state(1, complete=True, streams=streams))
    (covered,) = made.manifests[0].windows
    assert (covered.partition, covered.from_, covered.to) == ({"account": "7"}, "2026-11-01", "2026-11-02")


def test_a_torn_last_line_fails_the_run_after_what_came_before(run: RunMaker) -> None:
    made = run()
    with pytest.raises(DeliveryError, match="middle of line 4"):
        made.take(schema(), record(1), state(1), '{"type":"RECORD","stream":"s","rec')
    assert made.rows() == [{"id": "1", "name": None}]
    assert made.states == [{"bookmarks": {"s": 1}}]


def test_a_whole_last_line_needs_no_newline(run: RunMaker) -> None:
    made = run().take(schema(), state(1), json.dumps(record(1)))
    assert made.rows() == [{"id": "1", "name": None}]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"type": "ACTIVATE_VERSION", "stream": "other", "version": 1}, "ACTIVATE_VERSION of stream 'other' before"),
        ({"type": "ACTIVATE_VERSION", "stream": "s", "version": "1"}, "line 4 of the input"),
        ({"type": "HELLO"}, "unknown type 'HELLO'"),
        ({"type": "RECORD", "stream": "other", "record": {}}, "before its SCHEMA"),
        ({"type": "STATE"}, "STATE without `value`"),
        ({"type": "SCHEMA", "stream": "s"}, "SCHEMA without"),
        ({"type": "STATE", "value": {"dif": {"nothing": 1}}}, "no receipt"),
        ({"type": "BATCH", "stream": "s", "encoding": {"format": "avro"}, "manifest": ["/x"]}, "avro"),
    ],
)
def test_a_message_that_cannot_be_obeyed_ends_the_run_and_nothing_is_told(
    run: RunMaker, line: dict[str, Any], words: str
) -> None:
    made = run()
    with pytest.raises(DeliveryError, match=words):
        made.take(schema(), record(1), state(1), line)
    assert made.states == []
    assert made.manifests == []


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_the_files_of_a_batch_are_rows_as_any(run: RunMaker, tmp_path: Path, compression: str) -> None:
    content = b'{"id":1,"name":"a"}\n{"id":"bad"}\n{"id":2}\n'
    file = tmp_path / "batch.jsonl"
    file.write_bytes(gzip.compress(content) if compression == "gzip" else content)
    encoding = {"format": "jsonl", "compression": compression}
    made = run()
    with pytest.raises(PartialRunError):
        made.take(
            schema(),
            {"type": "BATCH", "stream": "s", "encoding": encoding, "manifest": [file.as_uri()]},
            record(3),
            state(1),
        )
    assert [row["id"] for row in made.rows()] == ["1", "2", "3"]


def test_stream_maps_change_rename_and_drop(run: RunMaker) -> None:
    maps = {"s": {"double": "int(id * 2)", "name": None}, "t": {"__alias__": "renamed"}, "gone": None}
    lines = [schema("s"), schema("t"), schema("gone"), record(1), record(2, "t"), record(3, "gone"), state(1)]
    made = run(stream_maps=maps).take(*lines)
    assert made.rows("s") == [{"id": "1", "double": "2"}]
    assert made.rows("renamed") == [{"id": "2", "name": None}]
    assert {manifest.stream for manifest in made.manifests} == {"s", "renamed"}


def test_flattening_makes_columns_of_objects_and_keeps_the_digits(run: RunMaker) -> None:
    cost = {"type": "object", "properties": {"amount": {"type": "number", "multipleOf": 0.01}}}
    line = '{"type":"RECORD","stream":"s","record":{"id":1,"cost":{"amount":12345678901234567890.10}}}\n'
    made = run(flattening_enabled=True, flattening_max_depth=1).take(schema(cost=cost), line, state(1))
    assert made.rows() == [{"id": "1", "name": None, "cost__amount": "12345678901234567890.10"}]


def test_a_run_id_is_used_once(run: RunMaker) -> None:
    made = run().take(state(0, complete=False), schema(), record(1), state(1, complete=True))
    again = run(prefix=made.config["prefix"])
    with pytest.raises(DeliveryError, match="exists already: this run id was used before"):
        again.take(state(0, complete=False), schema(), record(2), state(1, complete=True))
    assert again.states == []
    assert made.rows() == [{"id": "1", "name": None}]


@pytest.mark.parametrize("setting", [{"client": "a/b"}, {"tap": ".."}, {"prefix": "a//b"}])
def test_a_name_that_would_break_the_layout_is_refused(run: RunMaker, setting: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        run(**setting).take(schema())


def test_rows_can_do_without_metadata(run: RunMaker) -> None:
    made = run(add_record_metadata=False).take(schema(), record(1), state(1))
    assert [column.name for column in made.manifests[0].columns] == ["id", "name"]


def test_a_version_is_a_column_and_its_activation_a_unit_of_its_own(run: RunMaker) -> None:
    first = {**record(1), "version": 7}
    activation = {"type": "ACTIVATE_VERSION", "stream": "s", "version": 7}
    made = run().take(schema(), first, activation, {**record(2), "version": 7}, activation, activation, state(1))
    assert [(manifest.rows, manifest.activates_version) for manifest in made.manifests] == [(1, 7), (1, 7), (0, 7)]
    assert [manifest.columns[-1].name for manifest in made.manifests] == ["_sdc_table_version"] * 3
    assert [row["_sdc_table_version"] for manifest in made.manifests for row in read_rows(manifest)] == ["7", "7"]


def test_a_destination_is_told_bookmarks_and_the_first_sequence_of_the_run(run: RunMaker) -> None:
    made = run().take({**schema(), "bookmark_properties": ["name"]}, record(1), state(1))
    assert made.destination.prepared[0].bookmark_properties == ("name",)
    (manifest,) = made.manifests
    (row,) = read_rows(manifest)
    assert 0 < manifest.first_sequence <= int(row["_sdc_sequence"] or 0)


def test_days_that_were_covered_without_a_row_reach_the_destination(run: RunMaker) -> None:
    window = {"partition": {"account": "7"}, "from": "2026-11-01", "to": "2026-11-02"}
    streams = {"s": {"records": 0, "windows": [window]}}
    made = run().take(schema(), state(0, complete=True, streams=streams))
    (manifest,) = made.manifests
    assert (manifest.rows, manifest.parts, [covered.to for covered in manifest.windows]) == (0, (), ["2026-11-02"])
    assert [unit.manifest.url for units in made.destination.delivered for unit in units] == [manifest.url]


def test_the_destination_finishes_before_the_last_state_is_told_and_knows_the_receipt(run: RunMaker) -> None:
    made = run().take(schema(), record(1), state(1, complete=True, streams={"s": {"records": 1, "windows": []}}))
    ((told, output),) = made.destination.finished
    assert told is not None
    assert told.complete
    assert output == ""
    assert len(made.states) == 1


def test_a_run_that_fails_is_not_finished(run: RunMaker) -> None:
    made = run()
    made.destination.failure = DeliveryError("no")
    with pytest.raises(DeliveryError):
        made.take(schema(), record(1))
    assert made.destination.finished == []
