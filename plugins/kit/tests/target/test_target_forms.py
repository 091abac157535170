"""The forms that a target of files can give them: names, folders, packing, quotes; and what no form may do."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import zstandard
from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.support import Support
from dif_kit.target import Destination, FileFormat, Latest, Target, point_to_latest, read_current_rows, read_rows
from dif_kit.target._bucket import Bucket
from dif_kit.target._folder import Folder
from dif_kit.target._naming import file_name, require_sound
from dif_kit.target._settings import Settings
from dif_kit.testing import run_target
from hypothesis import given
from hypothesis import strategies as st

PROPERTIES = {
    "id": {"type": "integer"},
    "day": {"type": ["string", "null"], "format": "date-time"},
    "text": {"type": ["string", "null"]},
}
ACTIVATION = {"type": "ACTIVATE_VERSION", "stream": "s", "version": 1}
numbers = itertools.count(1)
RunMaker = Callable[..., Any]


def schema(stream: str = "s") -> dict[str, Any]:
    return {"type": "SCHEMA", "stream": stream, "schema": {"properties": PROPERTIES}, "key_properties": ["id"]}


def record(number: int, stream: str = "s", **more: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": stream, "record": {"id": number, **more}}


def state(bookmark: int) -> dict[str, Any]:
    return {"type": "STATE", "value": {"bookmarks": {"s": bookmark}}}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{stream}/{run_id}/{unit}", "{part} must stand in it once"),
        ("{stream}/{run_id}/{unit}/{part}/{part}", "{part} must stand in it once"),
        ("{stream}-{run_id}/{unit}/{part}", "does not tell its parts apart"),
        ("{stream}/{run_id}/{unit}{part}", "does not tell its parts apart"),
        ("../{stream}/{run_id}/{unit}/{part}", "not '.' or '..'"),
        ("/{stream}/{run_id}/{unit}/{part}", "not '.' or '..'"),
        ("{stream}/{run_id}//{unit}/{part}", "not '.' or '..'"),
        ("{stream} /{run_id}/{unit}/{part}", "letters, digits"),
        ("{stream.__class__}/{run_id}/{unit}/{part}", "and nothing else"),
        ("{stream!r}/{run_id}/{unit}/{part}", "and nothing else"),
        ("{0}/{stream}/{run_id}/{unit}/{part}", "and nothing else"),
        ("{secret}/{stream}/{run_id}/{unit}/{part}", "and nothing else"),
        ("{stream", "cannot be read"),
        ("{partition}/{stream}/{run_id}/{unit}/{part}", "and nothing else"),
    ],
)
def test_a_naming_by_which_files_could_collide_or_escape_is_refused(template: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        FileFormat.from_config({"naming": template})
    assert words in str(refused.value)


names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=5)
run_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._=-]{0,5}", fullmatch=True)
identities = st.tuples(names, run_ids, st.integers(1, 20_000), st.integers(1, 2_000_000))
sound = st.sampled_from([
    "{stream}/{run_id}/{unit}/{part}",
    "s={stream}/{date}/run-{run_id}/{unit}-{part}",
    "{year}-{month}/{stream}.{unit}/{run_id}-{part}",
    "{part}-{stream}/{unit}_{run_id}",
])  # fmt: skip


@given(sound, identities, identities)
def test_two_files_never_get_one_name(template: str, one: Any, other: Any) -> None:
    require_sound(template, is_partitioned=False)
    moment = datetime(2026, 1, 2, 3, tzinfo=UTC)

    def name(identity: Any) -> str:
        stream, run_id, unit, part = identity
        return file_name(
            template, stream=stream, run_id=run_id, started_at=moment, unit=unit, part=part, partition=None
        )

    assert (name(one) == name(other)) == (one == other)
    assert not {"", ".", ".."}.intersection(name(one).split("/"))


def test_files_lie_where_the_naming_says_and_the_manifest_where_it_always_does(run: RunMaker) -> None:
    made = run(naming="rows/{stream}/{year}/{run_id}/{unit}-{part}").take(schema(), record(1), state(1))
    (manifest,) = made.manifests
    year = datetime.now(UTC).year
    root = f"s3://lake/{made.config['prefix']}/acme/tap-x"
    assert manifest.parts[0].url == f"{root}/rows/s/{year}/{manifest.run_id}/0001-000001.csv.gz"
    assert manifest.url == f"{root}/s/{manifest.run_id}/0001/manifest.json"
    assert [row["id"] for row in made.rows()] == ["1"]


def test_rows_are_split_into_folders_by_the_day_of_a_field(run: RunMaker) -> None:
    days = ["2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", None, "2026-01-31T00:00:00Z"]
    made = run(partition_by="day").take(
        schema(), *(record(number, day=day) for number, day in enumerate(days)), record(9, text="no day"),
        {**schema("other"), "schema": {"properties": {"id": {"type": "integer"}}}}, record(1, "other"), state(1),
    )  # fmt: skip
    by_stream = {manifest.stream: manifest for manifest in made.manifests}
    parts = {part.partition: part for part in by_stream["s"].parts}
    assert {name: part.rows for name, part in parts.items()} == {
        "day=2026-01-31": 2,
        "day=2026-02-01": 1,
        "day=__HIVE_DEFAULT_PARTITION__": 2,
    }
    assert all(f"/s/{name}/{by_stream['s'].run_id}/0001/" in part.url for name, part in parts.items())
    assert [part.partition for part in by_stream["other"].parts] == [None]
    assert sorted(int(row["id"] or 0) for row in made.rows()) == [0, 1, 2, 3, 9]


def test_a_partition_is_one_folder_whatever_its_value(run: RunMaker) -> None:
    texts = ["a/../b", "é", "x" * 100, '"', ""]
    made = run(partition_by="text").take(schema(), *(record(n, text=t) for n, t in enumerate(texts)), state(1))
    folders = {part.partition for part in made.manifests[0].parts}
    assert folders == {
        "text=a%2F..%2Fb",
        "text=%C3%A9",
        "text=" + "x" * 100,
        "text=%22",
        "text=__HIVE_DEFAULT_PARTITION__",
    }
    assert {row["text"] for row in made.rows()} == set(texts)


@pytest.mark.parametrize(
    ("compression", "suffix", "unpack"),
    [
        ("gzip", ".csv.gz", gzip.decompress),
        ("zstd", ".csv.zst", lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content)),
        ("none", ".csv", bytes),
    ],
)
def test_files_are_packed_as_asked_for(
    run: RunMaker, compression: str, suffix: str, unpack: Callable[[bytes], bytes]
) -> None:
    made = run(compression=compression, add_record_metadata=False).take(schema(), record(1, text="é"), state(1))
    (key,) = [key for key in made.object_keys() if key.endswith(suffix)]
    assert unpack(made.content(key)) == '"id","day","text"\n1,\\N,"é"\n'.encode()
    assert made.rows() == [{"id": "1", "day": None, "text": "é"}]


TEXTS = ["plain", "", 'a "quote"', "a,b", "a\nb", " spaced ", "\\N", "né", "1"]


@pytest.mark.parametrize("null", ["\\N", "", "NULL"])
@pytest.mark.parametrize("quoting", ["text", "minimal", "all"])
def test_rows_are_read_back_the_same_whatever_the_quotes_and_the_null(run: RunMaker, quoting: str, null: str) -> None:
    made = run(quoting=quoting, null_text=null).take(
        schema(), record(99), *(record(number, text=text) for number, text in enumerate(TEXTS)), state(1)
    )
    assert [row["text"] for row in made.rows()] == [None, *TEXTS]


def test_quotes_stand_where_the_setting_wants_them(run: RunMaker) -> None:
    def lines(quoting: str) -> list[str]:
        made = run(quoting=quoting, null_text="", compression="none", add_record_metadata=False)
        made.take(schema(), record(1, text="a"), record(2, text="b c"), record(3, text="d,e"), state(1))
        return made.content(next(key for key in made.object_keys() if key.endswith(".csv"))).decode().splitlines()

    assert lines("minimal") == ["id,day,text", "1,,a", "2,,b c", '3,,"d,e"']
    assert lines("all") == ['"id","day","text"', '"1",,"a"', '"2",,"b c"', '"3",,"d,e"']


@pytest.mark.parametrize("null", ["0", "-1", "true", 'a"b', "a,b", "a\nb"])
def test_a_null_that_a_value_could_equal_unseen_is_refused(null: str) -> None:
    with pytest.raises(ConfigError, match="null_text is"):
        FileFormat.from_config({"null_text": null})


@pytest.mark.parametrize(("policy", "units", "files"), [("nothing", 0, 0), ("manifest", 1, 0), ("header", 1, 1)])
def test_a_stream_without_records_leaves_what_the_setting_says(
    run: RunMaker, policy: str, units: int, files: int
) -> None:
    made = run(empty_streams=policy).take(schema("full"), schema("empty"), record(1, "full"), state(1))
    empty = [manifest for manifest in made.manifests if manifest.stream == "empty"]
    assert (len(empty), sum(len(manifest.parts) for manifest in empty)) == (units, files)
    assert [row for manifest in empty for row in read_rows(manifest)] == []


def test_the_schema_lies_beside_the_rows_with_the_columns_that_were_found(run: RunMaker) -> None:
    exact = {**schema(), "bookmark_properties": ["id"]}
    made = run().take(exact, record(1), record(2, more=1.5), state(1))
    first, second = (json.loads(made.content(key)) for key in made.object_keys() if key.endswith("schema.json"))
    assert first == {
        "stream": "s",
        "schema": {"properties": PROPERTIES},
        "key_properties": ["id"],
        "bookmark_properties": ["id"],
    }
    assert second["schema"]["properties"]["more"] == {"type": ["null", "number"]}


def test_a_local_folder_is_as_good_as_a_bucket(run: RunMaker, tmp_path: Path) -> None:
    made = run(bucket=tmp_path.as_uri(), max_quarantined_rows=5).take(schema(), record(1, text="é"), state(1))
    assert made.rows() == [{"id": "1", "day": None, "text": "é"}]
    assert made.states == [{"bookmarks": {"s": 1}}]
    files = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["000001.csv.gz", "manifest.json", "schema.json"]
    text = gzip.decompress(next(tmp_path.rglob("*.csv.gz")).read_bytes()).decode()
    assert next(csv.reader(io.StringIO(text)))[0] == "id"


def test_a_stream_of_any_name_is_read_back_from_a_local_folder(run: RunMaker, tmp_path: Path) -> None:
    messages = schema("test:a %d?"), record(1, "test:a %d?", text="é"), state(1)
    made = run(bucket=tmp_path.as_uri()).take(*messages)
    assert [row["id"] for row in made.rows("test:a %d?")] == ["1"]


def test_a_local_folder_keeps_a_run_id_from_being_used_twice(
    run: RunMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIF_RUN_ID", "once")
    made = run(bucket=tmp_path.as_uri()).take(schema(), record(1), state(1))
    with pytest.raises(DeliveryError, match="exists already"):
        run(bucket=tmp_path.as_uri(), prefix=made.config["prefix"]).take(schema(), record(2), state(2))
    assert [row["id"] for row in made.rows()] == ["1"]
    assert not list(tmp_path.rglob(".*"))


def test_a_folder_that_cannot_be_written_is_told_in_one_line(run: RunMaker, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(DeliveryError, match=r"cannot be written"):
        run(bucket=blocked.as_uri()).take(schema(), record(1), state(1))


@pytest.fixture(params=["s3", "file"])
def store(request: pytest.FixtureRequest, s3: Any, tmp_path: Path) -> Any:
    if request.param == "file":
        return Folder(tmp_path.as_uri())
    return Bucket(Settings(bucket="lake", client="acme"), lambda seconds: True)


def units(made: Any) -> list[Any]:
    return [unit for delivered in made.destination.delivered for unit in delivered]


def test_the_pointer_names_the_latest_run_and_an_older_one_does_not_move_it(run: RunMaker, store: Any) -> None:
    settings = Settings(bucket="lake", client="acme", tap="tap-x", prefix=f"pointer{next(numbers)}")
    older, newer = (units(run().take(schema(), record(1), state(1))) for _ in range(2))
    for some in (older, newer, older, newer):
        point_to_latest(store, settings, some)
    found = store.read(f"{settings.prefix}/acme/tap-x/s/latest.json")
    latest = json.loads(found[0])
    assert latest["run_id"] == newer[0].manifest.run_id
    assert latest["manifests"] == [newer[0].manifest.url]


def test_a_pointer_is_not_written_over_what_came_between(store: Any, request: pytest.FixtureRequest) -> None:
    key = f"between/{request.node.name}/latest.json"
    assert store.replace(key, b"1", "application/json", None)
    assert not store.replace(key, b"2", "application/json", None)
    content, tag = store.read(key)
    assert store.replace(key, b"3", "application/json", tag)
    assert not store.replace(key, b"4", "application/json", tag)
    assert (content, store.read(key)[0], store.read(f"{key}.none")) == (b"1", b"3", None)


def test_readers_and_the_pointer_leave_out_rows_of_older_versions(run: RunMaker, tmp_path: Path) -> None:
    made = run()
    made.take(
        schema(), record(1), {**record(2), "version": 1}, {"type": "ACTIVATE_VERSION", "stream": "s", "version": 1},
        {**record(3), "version": 2}, state(1),
    )  # fmt: skip
    assert [row["id"] for row in read_current_rows(made.manifests)] == ["2", "3"]
    again = run(prefix=made.config["prefix"])
    again.take(schema(), {"type": "ACTIVATE_VERSION", "stream": "s", "version": 2}, state(2))
    assert [row["id"] for row in read_current_rows(made.manifests)] == ["3"]
    folder = Folder(tmp_path.as_uri())
    settings = Settings(bucket="lake", client="acme", tap="tap-x")
    for each in (made, again):
        point_to_latest(folder, settings, units(each))
    found = folder.read("acme/tap-x/s/latest.json")
    assert found is not None
    assert json.loads(found[0])["active_version"] == 2
    assert Latest.__struct_fields__[-1] == "active_version"


def test_versions_can_be_left_to_the_reader(run: RunMaker) -> None:
    made = run(process_activate_version_messages=False)
    made.take(
        schema(), {**record(1), "version": 1}, {"type": "ACTIVATE_VERSION", "stream": "s", "version": 1}, state(1)
    )
    assert [manifest.activates_version for manifest in made.manifests] == [None]


class Old(Target):
    """A target that will be removed."""

    name = "target-old"
    schemes = ("file",)

    def destination(self) -> Destination:
        return Mock(spec=Destination)


def test_a_run_of_what_is_deprecated_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"bucket": tmp_path.as_uri(), "client": "acme"}
    assert "deprecated" not in run_target(Old, config, [state(1)]).errors
    monkeypatch.setattr(Old, "support", Support.DEPRECATED)
    run = run_target(Old, config, [state(1)])
    assert "target-old is deprecated: docs/support.md says when" in run.errors
    assert (run.exit_code, run.states) == (0, [{"bookmarks": {"s": 1}}])
