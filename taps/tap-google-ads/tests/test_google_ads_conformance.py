"""The promises of every tap, kept by this one, and those that are its own."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, conformance
from tap_google_ads._facts import FIELDS
from tap_google_ads.tap import TapGoogleAds

MANAGER = "1000000000"
CUSTOMERS = ("9007199254", "2000000002")
EXAMPLES = {"number": 0.25, "boolean": True, "array": ["words"]}
CREDENTIAL = {
    "client_id": "1.apps.googleusercontent.com",
    "client_secret": "secret-of-the-app",
    "refresh_token": "1//refresh",
    "developer_token": "token-of-dev",
}


def answer(request: ApiRequest, customer: str) -> Any:
    """One row with every field that was asked for, as the API writes it."""
    query = request.json()["query"]
    asked, resource = re.fullmatch(r"SELECT (.+) FROM (\w+)(?: WHERE .*)?", query).groups()
    if resource == "customer_client":
        rows = [row(asked, {"customer_client.id": one, "customer_client.time_zone": "UTC"}) for one in CUSTOMERS]
        return [{"results": rows[:1], "fieldMask": "x", "requestId": "r"}, {"results": rows[1:]}]
    day = re.search(r"segments\.date (?:BETWEEN|=) '(\d{4}-\d\d-\d\d)'", query)
    return [{"results": [row(asked, {"customer.id": customer, "segments.date": day[1] if day else None})]}]


def row(asked: str, known: dict[str, Any]) -> dict[str, Any]:
    """A nested row in camel case."""
    made: dict[str, Any] = {}
    customer = known.get("customer.id", MANAGER)
    # No two customers have the same, and no float holds the number.
    own = {"integer": f"900719925474099{customer[-1]}1", "string": f"words of {customer}"}
    for field in asked.split(", "):
        *path, last = (re.sub(r"_(\w)", lambda found: found[1].upper(), part) for part in field.split("."))
        place = made
        for part in path:
            place = place.setdefault(part, {})
        kind = FIELDS[field]["type"][0]
        place[last] = known.get(field, (EXAMPLES | own)[kind])
    return made


def teach(api: FakeApi) -> None:
    """A manager with two customers. Tokens come from another host than data: the credential says from which."""
    CREDENTIAL["token_uri"] = f"{api.url}/token"
    api.on("POST", "/token", {"access_token": "ya29.access", "expires_in": 3599, "token_type": "Bearer"})
    for customer in (MANAGER, *CUSTOMERS):
        api.on("POST", path_of(customer), lambda request, customer=customer: checked(request, customer))
    api.on(
        "POST", f"/v25/customers/{MANAGER}/googleAds:search", lambda request: paged(checked(request, MANAGER), request)
    )


def paged(answered: Any, request: ApiRequest) -> Any:
    """The same rows in two pages, of which the first is empty."""
    if isinstance(answered, ApiAnswer):
        return answered
    return answered[0] if request.json().get("pageToken") == "more" else {"nextPageToken": "more", "fieldMask": "x"}


def checked(request: ApiRequest, customer: str) -> Any:
    """The answer, if the request proves who asks, and through whom."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    wanted = {"authorization": "Bearer ya29.access", "developer-token": "token-of-dev", "login-customer-id": MANAGER}
    if wanted.items() <= headers.items():
        return answer(request, customer)
    return ApiAnswer(refusal("authenticationError", "OAUTH_TOKEN_INVALID"), status=401)


def refusal(kind: str, code: str, **details: Any) -> list[Any]:
    """An error as a stream has it."""
    error = {"errorCode": {kind: code}, "message": "no", **({"details": details} if details else {})}
    return [{"error": {"message": "Request failed.", "details": [{"errors": [error]}]}}]


def path_of(customer: str) -> str:
    """Where a customer's queries go."""
    return f"/v25/customers/{customer}/googleAds:searchStream"


TestGoogleAds = conformance(
    TapGoogleAds,
    routes=teach,
    config={"login_customer_id": MANAGER, "start_date": "2026-11-20", "end_date": "2026-11-22"},
    credential=CREDENTIAL,
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden=path_of(CUSTOMERS[0]),
    api_path="/v25",
    today=date(2026, 11, 27),  # clicks are kept for 90 days
)
