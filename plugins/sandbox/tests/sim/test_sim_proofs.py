"""A proof that is missing, made up or too old opens nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIAdemo/20261101/x/y/aws4_request, SignedHeaders=host, Signature=00"


@pytest.fixture(scope="module")
def mosaic() -> Iterator[Simulators]:
    with Simulators(Config({"mosaic": ChannelConfig(now="2026-11-01T23:30:00+00:00")})) as simulators:
        yield simulators


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer nobody"},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Basic ZGVtbzp3cm9uZw=="},
        {"authorization": SIGNED},
        {"x-api-key": "mos_"},
        {"x-client": "demo", "x-timestamp": "now", "x-signature": "00"},
        {"x-client": "demo", "x-timestamp": "1", "x-signature": "00"},
        {"x-client": "demo", "x-timestamp": str(int(time.time())), "x-signature": "00"},
    ],
)
def test_what_proves_nothing_is_refused(mosaic: Simulators, headers: dict[str, str]) -> None:
    assert requests.get(f"{mosaic.urls['mosaic']}/v1/accounts", headers=headers, timeout=10).status_code == 401


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 401),
        ({"grant_type": "client_credentials", "client_id": "app-demo", "client_secret": "wrong"}, 401),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}, 401),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, 400),
        ({"grant_type": "password", "username": "demo", "password": "wrong"}, 400),
        ({"grant_type": "implicit"}, 400),
    ],
)
def test_no_token_for_a_wrong_proof(mosaic: Simulators, form: dict[str, str], status: int) -> None:
    secrets = mosaic.credentials("mosaic")["demo"]
    app = (secrets["client_id"], secrets["client_secret"]) if status == 400 else None
    answer = requests.post(f"{mosaic.urls['mosaic']}/oauth/token", data=form, auth=app, timeout=10)
    assert answer.status_code == status
    assert "access_token" not in answer.text
