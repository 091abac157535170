"""What a person sees: the grid, one run's story, and the page in a real browser where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Book

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
AT = NOW.strftime("%Y-%m-%dT%H:%M:%S%z")
EVIL = "<script>alert(1)</script>[/]"  # markup of HTML, and of the terminal
BROWSER = shutil.which("chromium")


@pytest.fixture
def kept(book: Book) -> Book:
    """A client that is fresh, one whose token has expired, and one with a name that is markup."""
    whole = {"ads": {"windows": [("1", "2026-11-01", "2026-11-25")], "extracted": 12_345}}
    for days in range(20, 0, -1):
        book.run(NOW - timedelta(days=days, hours=-18), streams=json.loads(json.dumps(whole)))
    book.run(NOW - timedelta(hours=4), client=EVIL, tap="tap-meta", streams=json.loads(json.dumps(whole)))
    book.run(NOW - timedelta(hours=2), client="globex", tap="tap-meta", streams=json.loads(json.dumps(whole)))
    book.run(
        NOW - timedelta(hours=1), client="globex", tap="tap-meta", status="failed", cause="token_expired",
        message=f"sign in again {EVIL}", waited_seconds=300, retries=4, log_path="logs/run.log",
        request={"method": "GET", "url": "https://graph.example.com/me?access_token=REDACTED", "status": 401},
        streams={"ads": {"extracted": 10, "loaded": 7, "rejected": 3, "windows": []}},
    )  # fmt: skip
    failure = {"run_id": "run-0023", "stream": "ads", "partition": json.dumps({"account": 7}), "reason": "forbidden"}
    book._insert("failures", failure)
    return book


def test_the_grid_shows_every_channel_and_says_what_is_wrong(kept: Book, command: Callable[..., Any]) -> None:
    ended = command("status", "--now", AT)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert re.match(r"client +meta +pinterest", lines[0])
    assert re.search(r"acme +· +● 11-25 \d+h 12\.3k", ended.out)
    assert "✕ globex tap-meta: token expired: sign in again" in ended.out
    assert lines[-1] == "status: 2 of 3 channels are as promised"


def test_the_story_of_a_run_ends_with_what_to_do(kept: Book, command: Callable[..., Any]) -> None:
    out = command("status", "globex", "tap-meta").out
    for told in (
        "globex tap-meta failed  run-0023", "took 1.0 h, of which 5 min waiting for budgets, 4 retries",
        "token expired: sign in again", "missing: ads account 7: forbidden", "access_token=REDACTED",
        "log        logs/run.log", "again      ledger run globex tap-meta target-redshift",
    ):  # fmt: skip
        assert told in out
    assert re.search(r"ads +10 +10 +7 +3 +not all", out)
    assert out.splitlines()[-1] == "✕ broken: ads"
    earlier = command("status", "globex", "tap-meta", "--run", "run-0022").out
    assert "run-0022" in earlier
    assert "✕ broken" not in earlier, "how the channel stands now is no part of an earlier run"
    assert command("status", "globex", "tap-none").code == 2


def write(command: Callable[..., Any], folder: Path) -> str:
    ended = command("page", "--now", AT, "--output", str(folder / "page.html"), "--title", f"Us {EVIL}")
    assert ended.code == 0, ended.error
    return (folder / "page.html").read_text()


def test_the_page_needs_nothing_else_and_what_it_was_told_is_text(
    kept: Book, command: Callable[..., Any], tmp_path: Path
) -> None:
    page = write(command, tmp_path)
    assert EVIL not in page
    assert page.count("<script") == 2
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|href)=|url\(|@import|fetch\(|innerHTML""", page)
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert [client for client, _ in data["clients"]] == sorted([EVIL, "acme", "globex"])


@pytest.mark.skipif(BROWSER is None, reason="there is no chromium here")
def test_a_browser_shows_every_client_as_text(kept: Book, command: Callable[..., Any], tmp_path: Path) -> None:
    write(command, tmp_path)
    assert BROWSER
    address = (tmp_path / "page.html").as_uri() + "#globex/tap-meta"
    shown = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000", "--dump-dom", address,
        ],
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    body = shown[shown.index("<body") :]
    assert body.count('class="cell ') == 3
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
    assert "sign in again &lt;script&gt;" in body
    assert re.search(r'<dialog id="detail" open', body)
    assert "access_token=REDACTED" in body
