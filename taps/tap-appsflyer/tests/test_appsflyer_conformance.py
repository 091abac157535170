"""The promises of every tap, kept by this one: against two apps with a row a day in every report."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dif_kit.tap import Stream
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, conformance
from tap_appsflyer._facts import ADDITIONAL, FIGURES, NAMES
from tap_appsflyer.aggregate import AGGREGATE_REPORTS
from tap_appsflyer.raw import RAW_REPORTS
from tap_appsflyer.tap import TapAppsFlyer

APPS = ("com.example.shop", "id1234567890")
CREDENTIAL = {"api_token": "eyJhbGciOiJBMjU2-token-of-the-tests"}
#: Field -> what stands in the header of a raw report.
HEADERS = {field: header for header, field in reversed(NAMES.items()) if "(" not in header and "/" not in header}
#: Nobody can alter a number inside a CSV: those here have more digits than a float holds already.
EXAMPLES = {"integer": "7", "number": "1.50000000000000000000123", "boolean": "true"}
EVENT_VALUE = '{"af_revenue":1.50000000000000000000123,"af_content":"a \\"b\\", c"}'
ADDED = {"date", "row_id", "row_number"}


def teach(api: FakeApi) -> None:
    """The list of apps, and every report of each."""
    api.on("GET", "/api/mng/apps", lambda request: checked(request) or listed(api, request))
    for app in APPS:
        for stream in RAW_REPORTS.values():
            path = stream.path.format(app_id=app)
            api.on("GET", path, lambda r, stream=stream, app=app: checked(r) or raw_rows(r, stream, app))
        for report in AGGREGATE_REPORTS.values():
            api.on("GET", report.path.format(app_id=app), lambda request: checked(request) or figures(request))


def checked(request: ApiRequest) -> ApiAnswer | None:
    """What whoever does not prove who asks is told."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("authorization") != f"Bearer {CREDENTIAL['api_token']}":
        return ApiAnswer({"message": "Supplied API token is invalid"}, status=401)
    return None


def listed(api: FakeApi, request: ApiRequest) -> dict[str, Any]:
    """One app a page."""
    number = int(request.query.get("offset", 0))
    attributes = {"name": "Shop", "platform": "android", "currency": "EUR", "time_zone": "Europe/Paris"}
    attributes["enable_retargetting"] = True  # type: ignore[assignment] - JSON holds anything
    more = {"next": f"{api.url}/api/mng/apps?limit=1000&offset={number + 1}"} if number + 1 < len(APPS) else {}
    return {
        "data": [{"id": APPS[number], "type": "app", "attributes": attributes}],
        "meta": {"total_items": len(APPS)},
        "links": {"self": f"{api.url}/api/mng/apps", **more},
    }


def raw_rows(request: ApiRequest, stream: type[Stream], app: str) -> ApiAnswer:
    """A row a day, twice: an event without an id that happened two times within a second."""
    report = stream.path.split("/")[-2]
    assert request.query["additional_fields"].split(",") == list(ADDITIONAL[report])
    assert request.query["maximum_rows"] == "1000000"
    columns = {name: column for name, column in stream.schema["properties"].items() if name not in ADDED}
    rows = []
    for day in days(request):
        own = {name: f"{day} 10:11:12" for name, column in columns.items() if column.get("format") == "date-time"}
        own |= {"app_id": app, "event_value": EVENT_VALUE, "custom_data": "null", "dma": "None"}
        rows.append([own.get(name) or EXAMPLES.get(column["type"][0], name) for name, column in columns.items()])
    headers = [HEADERS.get(name, name.replace("_", " ").title().replace("Id", "ID")) for name in columns]
    return written([headers, *(row for row in rows for _ in range(2))])


def figures(request: ApiRequest) -> ApiAnswer:
    """A campaign and what came by itself, each day; the app has an event of its own."""
    assert request.query["timezone"] == "Europe/Paris"
    is_again, is_daily = request.query.get("reattr") == "true", "/daily_report" in request.path
    names = ["Clicks", "CTR", "Conversion Rate", "Sessions", "Loyal Users", "Loyal Users/Installs", "Total Cost"]
    names += ["Average eCPI", *(["Conversions"] if is_again else ["Impressions", "Installs"])]
    names += [] if is_daily else ["Total Revenue", "ROI", "ARPU"]
    more = (["Country"] if "geo" in request.path else []) + (["Conversion Type"] if is_again else [])
    header = ["Date", *more, "Agency/PMD (af_prt)", "Media Source (pid)", "Campaign (c)"]
    events = [f"af_purchase (big) ({kind})" for kind in ("Unique users", "Event counter", "Sales in USD")]
    numbers = [EXAMPLES[FIGURES[field(name)]["type"][0]] for name in names]
    rows = []
    for day in days(request):
        for source, campaign in (("Organic", "None"), ("abc_int", "")):
            own = [str(day), *("DE" for _ in more), "", source, campaign, *numbers]
            own[-1] = "N/A" if source == "Organic" else own[-1]
            rows.append([*own, *([] if is_daily else ["2", "N/A", "1.50000000000000000000123"])])
    return written([[*header, *names, *([] if is_daily else events)], *rows])


def field(header: str) -> str:
    """The figure of a header."""
    return NAMES.get(header, header.lower().replace(" ", "_"))


def days(request: ApiRequest) -> list[date]:
    """The days that are asked for."""
    first, last = (date.fromisoformat(request.query[name]) for name in ("from", "to"))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def written(rows: list[list[str]]) -> ApiAnswer:
    """A file as AppsFlyer sends it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return ApiAnswer(b"\xef\xbb\xbf" + text.getvalue().encode(), headers={"Content-Type": "text/csv"})


TestAppsFlyer = conformance(
    TapAppsFlyer,
    routes=teach,
    config={"start_date": "2026-11-20", "end_date": "2026-11-21"},
    credential=CREDENTIAL,
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden=f"/api/raw-data/export/app/{APPS[0]}/installs_report/v5",
    today=date(2026, 11, 27),  # raw data is kept for 90 days
)


def test_whatever_says_who_somebody_is_says_so_in_its_description() -> None:
    properties = RAW_REPORTS["in_app_events"].schema["properties"]
    personal = {name for name, column in properties.items() if "Personal data." in column.get("description", "")}
    assert {
        "ip",
        "idfa",
        "idfv",
        "imei",
        "advertising_id",
        "android_id",
        "customer_user_id",
        "appsflyer_id",
    } <= personal
    assert not personal & {"campaign", "media_source", "event_name", "country_code", "date", "row_id"}
