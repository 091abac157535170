"""What a provider answered becomes a test, and nothing in it leads back to anybody."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from dif_kit.contribute._record import record, tap_named
from dif_kit.contribute._scrub import Scrubber
from dif_kit.errors import ConfigError
from dif_kit.testing import ApiAnswer, FakeApi, replay, run_tap

shop = sys.modules[f"{__name__.rpartition('.')[0]}.conftest"]
CONFIG = {"start_date": "2026-10-01", "end_date": "2026-10-15", "credential_ref": "env://SHOP"}
CREDENTIAL = {"access_token": "secret-token-of-the-shop"}
CANARIES = {
    "owner_email": "jane.doe@acme.test",
    "phone": "+49 170 5550100",
    "contact_phone": "1705550100",
    "business_name": "JANE",
    "note": "call Jane Doe",
    "next_token": "eyJhbGciOi.canary.x",
    "pixel_id": 549_000_001_234,
    "link": "https://jane.example.test/private?key=canary-key",
}
HEADERS = {"X-Request-Id": "req-canary-77", "X-Account": "acct-canary-88", "Set-Cookie": "sid=cookie-canary-99"}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shop with an account that has somebody behind it, and headers that name them."""
    monkeypatch.setenv("SHOP", json.dumps(CREDENTIAL))
    with FakeApi() as api:
        shop.teach(api)
        accounts = [{"id": number, "zone": "UTC", **CANARIES} for number in ("1", "2")]
        api.on("GET", "/accounts", ApiAnswer({"items": accounts, "by_owner": {"549000001234": 1}}, headers=HEADERS))
        yield api


def recorded(provider: FakeApi, folder: Path, *, most: int = 9) -> list[Path]:
    streams = {"accounts", "campaigns"}
    return record(shop.TapShop, {**CONFIG, "api_url": provider.url}, folder, streams=streams, most=most)


def test_no_canary_stands_in_what_is_written(provider: FakeApi, tmp_path: Path) -> None:
    written = "\n".join(f"{file.name}\n{file.read_text()}" for file in recorded(provider, tmp_path))
    told = [str(value) for value in CANARIES.values()] + list(HEADERS.values()) + list(CREDENTIAL.values())
    words = ("canary", "jane", "doe", "acme", "5550100", "549000001234", "X-Account", "secret-token")
    assert not [word for word in (*told, *words) if word.lower() in written.lower()]
    assert '"zone": "UTC"' in written, "what says nothing about anybody stays"
    assert '"budget": 1.5' in written


def test_a_recording_is_answered_again_with_its_rows(provider: FakeApi, tmp_path: Path) -> None:
    recorded(provider, tmp_path)
    with FakeApi() as api:
        replay(api, tmp_path)
        run = run_tap(shop.TapShop, {**CONFIG, "api_url": api.url}, streams={"accounts", "campaigns"})
    assert run.exit_code == 0, run.last_line
    assert not api.unknown
    assert [len(run.records(name)) for name in ("accounts", "campaigns")] == [2, 4]
    accounts = {row["id"] for row in run.records("accounts")}
    assert not accounts & {"1", "2"}


def test_stand_ins_hold_within_a_recording_and_lead_back_to_nothing() -> None:
    one, other = Scrubber(), Scrubber()
    assert one.body({"id": "549000001234"})["id"] == one.path("/v5/accounts/549000001234").rpartition("/")[2]
    assert one.body({"id": 549000001234})["id"] == int(one.text("549000001234"))
    assert one.text("jane@acme.test") != other.text("jane@acme.test")


@pytest.mark.parametrize(
    ("name", "value"),
    [("date", "2026-10-01"), ("at", "2026-10-01T10:00:00Z"), ("status", "ACTIVE"), ("spend", "12.50"), ("n", "3")],
)
def test_what_a_test_needs_stays(name: str, value: str) -> None:
    assert Scrubber().body({name: value}) == {name: value}


def test_only_the_first_answers_of_a_path_are_kept(provider: FakeApi, tmp_path: Path) -> None:
    kept = [json.loads(file.read_text())["request"]["path"] for file in recorded(provider, tmp_path, most=1)]
    assert len(kept) == 2


def test_a_recording_of_nothing_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHOP", json.dumps(CREDENTIAL))
    with FakeApi() as api, pytest.raises(ConfigError, match="nothing was recorded"):
        record(shop.TapShop, {**CONFIG, "api_url": api.url}, tmp_path, streams={"accounts"}, most=1)
    with pytest.raises(ConfigError, match="tap-nowhere"):
        tap_named("tap-nowhere")
    with FakeApi() as api, pytest.raises(AssertionError, match="no recording"):
        replay(api, tmp_path)
