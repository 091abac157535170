"""What was put aside can be sent again: exactly as it came, in its old place, from wherever it lies."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dif_kit.errors import PartialRunError
from dif_kit.target import read_rows
from dif_kit.target.replay import main

RunMaker = Callable[..., Any]


def schema(kind: str = "integer", stream: str = "s") -> dict[str, Any]:
    properties = {"id": {"type": "string"}, "n": {"type": [kind, "null"]}}
    return {"type": "SCHEMA", "stream": stream, "schema": {"properties": properties}, "key_properties": ["id"]}


def replay(*arguments: str, code: int = 0) -> list[str]:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, done.output
    return (done.stdout if code == 0 else done.stderr).splitlines()


@pytest.fixture
def put_aside(run: RunMaker) -> Any:
    """A run with one good record and one whose number is a text."""
    made = run()
    bad = '{"type":"RECORD","stream":"s","record":{"id":"b",  "n":"12345678901234567890.10"},"version":3,'
    with pytest.raises(PartialRunError):
        made.take(
            schema(), {"type": "RECORD", "stream": "s", "record": {"id": "a", "n": 1}, "version": 3},
            bad + '"time_extracted":"2026-01-01T00:00:00Z"}\n', {"type": "STATE", "value": {"bookmarks": {}}},
        )  # fmt: skip
    return made


def urls(made: Any) -> list[str]:
    quarantine = next(manifest.quarantine_url for manifest in made.manifests if manifest.quarantined)
    manifest = next(manifest.url for manifest in made.manifests if manifest.quarantined)
    return [quarantine, manifest, f"s3://lake/{made.config['prefix']}/"]


def test_a_record_is_sent_as_it_came_with_its_schema_and_its_place(put_aside: Any) -> None:
    sent = [replay(url) for url in urls(put_aside)]
    assert sent[0] == sent[1] == sent[2]
    told, message = map(json.loads, sent[0])
    assert told == schema()
    assert '"record":{"id":"b",  "n":"12345678901234567890.10"}' in sent[0][1]
    assert (message["version"], message["time_extracted"]) == (3, "2026-01-01T00:00:00Z")
    assert put_aside.manifests[-1].first_sequence < message["dif_sequence"]


def test_a_replayed_record_loads_once_the_schema_is_mended_and_keeps_its_place(
    put_aside: Any, run: RunMaker, tmp_path: Path
) -> None:
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(schema("string")["schema"]))
    lines = replay(urls(put_aside)[0], "--schema", str(mended))
    made = run().take(*(line + "\n" for line in lines))
    (row,) = read_rows(made.manifests[0])
    assert (row["id"], row["n"]) == ("b", "12345678901234567890.10")
    assert (row["_sdc_extracted_at"], row["_sdc_table_version"]) == ("2026-01-01T00:00:00Z", "3")
    assert int(row["_sdc_sequence"] or 0) == json.loads(lines[1])["dif_sequence"]
    assert int(row["_sdc_sequence"] or 0) < made.manifests[0].first_sequence
    assert made.output == ""


def test_what_is_still_bad_is_put_aside_again(put_aside: Any, run: RunMaker) -> None:
    made = run()
    with pytest.raises(PartialRunError):
        made.take(*(line + "\n" for line in replay(urls(put_aside)[0])))
    (before,), (after,) = put_aside.quarantined(), made.quarantined()
    assert {**after, "line": before["line"]} == before


def test_a_line_that_could_not_be_read_is_sent_as_it_came(run: RunMaker) -> None:
    lines = [f'{{"type":"RECORD","stream":"s","record":{{"id":{text}}}}}' for text in ("NaN", '1,"id":2')]
    made = run()
    with pytest.raises(PartialRunError):
        made.take(schema(), *(line + "\n" for line in lines))
    assert replay(urls(made)[0])[1] == lines[0]
    assert '"record":{"id":1,"id":2}' in replay(urls(made)[0])[2]


def test_records_that_a_stream_map_changed_are_sent_as_the_tap_sent_them(run: RunMaker) -> None:
    made = run(stream_maps={"s": {"__alias__": "renamed", "id": "id + '!'"}})
    with pytest.raises(PartialRunError):
        made.take(schema(), {"type": "RECORD", "stream": "s", "record": {"id": "a", "n": "x"}})
    told, message = map(json.loads, replay(urls(made)[0]))
    assert (told["stream"], message["stream"], message["record"]) == ("s", "s", {"id": "a", "n": "x"})
    assert made.quarantined()[0]["stream"] == "renamed"


def test_lines_can_be_mended_on_their_way(put_aside: Any, tmp_path: Path) -> None:
    lines = gzip.compress((json.dumps(put_aside.quarantined()[0]) + "\n").encode().replace(b'"12345', b'"9'))
    done = CliRunner().invoke(main, ["-"], input=lines)
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["-"], input=gzip.decompress(lines))
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("s3://lake/nothing-here/", 1, "holds no quarantined records"),
        ("s3://lake/nothing.jsonl.gz", 1, "cannot be read"),
        ("http://lake/nothing", 1, "neither an s3:// nor a file:// URL"),
    ],
)
def test_what_cannot_be_sent_is_told_in_one_line(s3: Any, url: str, code: int, words: str) -> None:
    (line,) = replay(url, code=code)
    assert line.startswith("dif-replay: ")
    assert words in line


def test_a_schema_is_for_one_stream_only(run: RunMaker, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(schema()["schema"]))
    made = run()
    with pytest.raises(PartialRunError):
        made.take(
            schema(), schema(stream="t"), *({"type": "RECORD", "stream": name, "record": {}} for name in ("s", "t"))
        )
    assert "one stream" in replay(urls(made)[2], "--schema", str(file), code=2)[-1]
