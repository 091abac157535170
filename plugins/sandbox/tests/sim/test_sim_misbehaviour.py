"""Answers that are wrong on command, whole and streamed; the tests of paging and reports hold the other faults."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import time
import xml.etree.ElementTree as ET
import zipfile
import zlib
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from dif_sandbox.sim.faults import KINDS
from urllib3.exceptions import ReadTimeoutError

if TYPE_CHECKING:
    from conftest import MosaicApi

DAYS = {"start_date": "2026-10-30", "end_date": "2026-11-01"}
BROKEN_READ = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)


def figures(api: MosaicApi, kind: str) -> requests.Response:
    return api.get("figures", format=kind, **DAYS)


def test_every_fault_is_exercised_by_a_test() -> None:
    texts = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert set(KINDS) - set(re.findall(r'"(\w+)"', texts)) == set()


@pytest.mark.parametrize("kind", ["json", "gzip", "csv"])
def test_a_streamed_answer_can_be_torn(mosaic: MosaicApi, kind: str) -> None:
    mosaic.faults({"kind": "torn"})
    with pytest.raises(BROKEN_READ):
        figures(mosaic, kind)
    assert figures(mosaic, kind).status_code == 200


def test_a_provider_can_change_its_columns(mosaic: MosaicApi) -> None:
    known = mosaic.get("offset").json()
    (rows,) = [value for value in known.values() if isinstance(value, list)]
    field = next(iter(rows[0]))
    mosaic.faults({"kind": "columns", "where": field, "columns": {field: "text now", "brand_new": {"a": 1}}})
    (changed,) = [value for value in mosaic.get("offset").json().values() if isinstance(value, list)]
    assert changed == [{**row, field: "text now", "brand_new": {"a": 1}} for row in rows]
    assert mosaic.get("offset").json() == known


@pytest.mark.parametrize("path", ["offset", "chunks"])
def test_an_answer_can_be_torn_after_so_many_bytes(mosaic: MosaicApi, path: str) -> None:
    mosaic.faults({"kind": "torn", "size": 7})
    with mosaic.session.get(f"{mosaic.url}/v1/accounts/{mosaic.account}/{path}", stream=True) as answer:
        assert answer.status_code == 200
        with pytest.raises(BROKEN_READ):
            list(answer.iter_content(1_000))


def test_gzip_can_end_early_though_the_answer_is_whole(mosaic: MosaicApi) -> None:
    whole = figures(mosaic, "gzip").content
    mosaic.faults({"kind": "truncated"}, {"kind": "truncated", "size": 100})
    for _ in range(2):
        short = figures(mosaic, "gzip")
        assert short.status_code == 200
        assert whole.startswith(short.content)
        assert 0 < len(short.content) < len(whole)
        with pytest.raises(EOFError):
            gzip.decompress(short.content)
    assert len(short.content) == 100


def test_a_streamed_json_text_can_end_early(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "truncated"})
    short = figures(mosaic, "json")
    assert short.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(short.content)


def test_a_zip_can_end_early(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "truncated"})
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(figures(mosaic, "zip").content))


@pytest.mark.parametrize("path", ["offset", "chunks"])
def test_a_body_can_drip(mosaic: MosaicApi, path: str) -> None:
    whole = mosaic.get(path).content
    url = f"{mosaic.url}/v1/accounts/{mosaic.account}/{path}"
    mosaic.faults({"kind": "drip", "seconds": 0.05}, {"kind": "drip", "seconds": 9})
    with mosaic.session.get(url, stream=True, timeout=5) as answer:  # the whole would take a minute, a byte does not
        assert answer.raw.read(5) == whole[:5]
    with mosaic.session.get(url, stream=True, timeout=0.2) as answer, pytest.raises(ReadTimeoutError):
        answer.raw.read(1)
    mosaic.faults({"kind": "drip", "size": 10_000, "seconds": 0.0})
    assert mosaic.get(path).content == whole


def test_a_right_answer_can_be_called_something_else(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "wrong_type"}, {"kind": "wrong_type", "headers": {"content-type": "image/png"}})
    answers = [mosaic.get("offset") for _ in range(2)]
    assert [answer.headers["content-type"] for answer in answers] == ["text/plain", "image/png"]
    assert answers[0].content == answers[1].content == mosaic.get("offset").content


@pytest.mark.parametrize("path", ["offset", "chunks"])
def test_a_text_can_be_in_another_charset_than_it_says(mosaic: MosaicApi, path: str) -> None:
    truth = mosaic.get(path)
    mosaic.faults({"kind": "wrong_charset"}, {"kind": "wrong_charset", "charset": "cp1252"})
    wide, narrow = mosaic.get(path), mosaic.get(path)
    assert wide.headers["content-type"] == narrow.headers["content-type"] == truth.headers["content-type"]
    assert wide.content.decode("utf-16") == truth.content.decode()
    assert "№" in truth.content.decode()
    assert narrow.content == truth.content.decode().encode("cp1252", "replace")


@pytest.mark.parametrize("path", ["offset", "chunks"])
def test_a_byte_order_mark_can_come_before_json(mosaic: MosaicApi, path: str) -> None:
    truth = mosaic.get(path).content
    mosaic.faults({"kind": "bom"})
    assert mosaic.get(path).content == codecs.BOM_UTF8 + truth


def test_a_gzip_bomb_is_small_until_it_is_opened(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "gzip_bomb", "size": 50_000_000})
    bomb = figures(mosaic, "gzip")
    assert (bomb.headers["content-type"], len(bomb.content) < 100_000) == ("application/gzip", True)
    opener = zlib.decompressobj(16 + zlib.MAX_WBITS)
    assert len(opener.decompress(bomb.content)) == 50_000_000


def test_a_gzip_bomb_can_hide_in_a_content_encoding(mosaic: MosaicApi) -> None:
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    mosaic.faults({"kind": "gzip_bomb", "headers": headers})
    url = f"{mosaic.url}/v1/accounts/{mosaic.account}/offset"
    with mosaic.session.get(url, stream=True) as answer:
        pieces = answer.iter_content(1 << 16)
        assert sum(len(next(pieces)) for _ in range(400)) > 20_000_000


def test_a_zip_bomb_is_a_good_archive_of_one_huge_member(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "zip_bomb", "size": 50_000_000})
    content = figures(mosaic, "zip").content
    assert len(content) < 100_000
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [(member.filename, member.file_size) for member in archive.infolist()] == [("report.csv", 50_000_000)]


def test_a_bomb_without_a_size_is_a_gigabyte_that_nobody_holds(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "zip_bomb"})
    url = f"{mosaic.url}/v1/accounts/{mosaic.account}/figures"
    with mosaic.session.get(url, params={"format": "zip", **DAYS}, stream=True) as answer:
        assert answer.raw.read(10_000).startswith(b"PK")
    assert mosaic.get("offset").status_code == 200


def test_an_xml_bomb_grows_by_its_entities(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "xml_bomb"})
    content = mosaic.get("xml").content
    assert len(content) < 2_000
    with pytest.raises(ET.ParseError, match="amplification"):
        ET.fromstring(content)
    small = content.replace(b"&l9;", b"&l2;")
    assert ET.fromstring(small).findtext("row") == "lol" * 100


def test_a_storm_says_when_as_a_date_or_an_epoch(mosaic: MosaicApi) -> None:
    storms = ["date+30", "epoch+30", "30", "0", "1000000000", "soon", None]
    mosaic.faults(*({"kind": "throttle", "retry_after": text} for text in storms))
    answers = [mosaic.get("offset") for _ in storms]
    assert {answer.status_code for answer in answers} == {429}
    told: list[Any] = [answer.headers.get("retry-after") for answer in answers]
    assert told[2:] == storms[2:]
    assert 0 < parsedate_to_datetime(told[0]).timestamp() - time.time() <= 30
    assert 0 < int(told[1]) - time.time() <= 30
    assert mosaic.get("offset").status_code == 200


@pytest.mark.parametrize("kind", ["revoked_token", "revoked_grant"])
def test_a_key_can_be_revoked_for_good(mosaic: MosaicApi, kind: str) -> None:
    mosaic.faults({"match": "/cursor$", "kind": kind})
    assert mosaic.get("offset").status_code == 200
    assert [mosaic.get(path).status_code for path in ("cursor", "cursor", "offset")] == [401, 401, 401]


def test_a_fault_can_wait_for_a_body(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "status", "body": '"first": 7\\b', "status": 502, "times": None})
    assert mosaic.graphql(first=6).status_code == 200
    assert mosaic.graphql(first=7).status_code == 502
    assert mosaic.graphql(first=70).status_code == 200


@pytest.mark.parametrize("wrong", [{"kind": "bom", "body": "("}, {"kind": "wrong_charset", "charset": "klingon"}])
def test_a_fault_that_cannot_be_is_refused(mosaic: MosaicApi, wrong: dict[str, Any]) -> None:
    assert mosaic.control("PUT", "faults", [wrong]).status_code == 400


def test_a_failing_upload_of_a_report_is_as_broken_as_any_answer(mosaic: MosaicApi) -> None:
    report = mosaic.post("reports", {**DAYS, "format": "gzip"}).json()["reportId"]
    url = None
    while url is None:
        url = mosaic.get(f"reports/{report}").json()["url"]
    mosaic.faults({"match": "/mosaic-reports/", "kind": "truncated"}, {"match": "/mosaic-reports/", "kind": "html"})
    assert requests.get(url, timeout=30).content.startswith(b"<!DOCTYPE html")
    with pytest.raises(EOFError):
        gzip.decompress(requests.get(url, timeout=30).content)
    gzip.decompress(requests.get(url, timeout=30).content)
