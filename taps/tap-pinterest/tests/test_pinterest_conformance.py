"""The promises of every tap, kept by this one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, conformance
from tap_pinterest._facts import TARGETING_TYPES
from tap_pinterest.tap import TapPinterest

ACCOUNTS = ("549000000001", "549000000002")
ENTITIES = ("campaigns", "ad_groups", "ads", "audiences", "customer_lists")
ANALYTICS = {
    "analytics": "ad_account_analytics",
    "campaigns/analytics": "campaign_analytics",
    "ad_groups/analytics": "ad_group_analytics",
    "ads/analytics": "ad_analytics",
}
REPORTS = {
    "ADVERTISER": "advertiser_report",
    "CAMPAIGN": "campaign_report",
    "AD_GROUP": "ad_group_report",
    "PIN_PROMOTION": "pin_promotion_report",
    "ADVERTISER_TARGETING": "advertiser_targeting_report",
    "CAMPAIGN_TARGETING": "campaign_targeting_report",
    "AD_GROUP_TARGETING": "ad_group_targeting_report",
    "PIN_PROMOTION_TARGETING": "pin_promotion_targeting_report",
}
SCHEMAS = Path(__file__).parents[1] / "tap_pinterest" / "schemas"
EXAMPLES = {"string": "words", "integer": 1623245885, "number": 0.25, "boolean": True, "object": {"a": 1}, "array": [1]}
FORMATS = {"date": "2026-10-14", "date-time": "2021-06-08T09:37:18"}


def row(stream: str, **known: Any) -> dict[str, Any]:
    """A row with every column of the stream's schema."""
    schema = json.loads((SCHEMAS / f"{stream}.json").read_text())
    return {name: example(of) for name, of in schema["properties"].items()} | known


def example(of: dict[str, Any]) -> Any:
    """A value of a column."""
    if "format" in of:
        return FORMATS[of["format"]]
    types = [of["type"]] if isinstance(of["type"], str) else of["type"]
    return EXAMPLES["object" if "object" in types else types[0]]


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    """The only page of a list."""
    return {"items": rows, "bookmark": None}


def teach(api: FakeApi) -> None:
    """Two accounts with one entity of each kind, one board with a section and a pin."""
    api.on("POST", "/v5/oauth/token", {"access_token": "pina_access", "expires_in": 2_592_000})
    api.on("GET", "/v5/ad_accounts", page(*(row("ad_accounts", id=account) for account in ACCOUNTS)))
    for number, account in enumerate(ACCOUNTS, start=1):
        teach_lists(api, f"/v5/ad_accounts/{account}", account, number)
        teach_figures(api, f"/v5/ad_accounts/{account}", account, number)
    api.on("GET", "/v5/user_account", row("user_account", id="7"))
    day = row("user_account_analytics", data_status="READY")
    del day["user_account_id"]
    api.on("GET", "/v5/user_account/analytics", {"all": {"daily_metrics": [day], "summary_metrics": {}}})
    api.on("GET", "/v5/boards", page(row("boards", id="1")))
    api.on("GET", "/v5/boards/1/sections", page({"id": "11", "name": "Spring"}))
    api.on("GET", "/v5/boards/1/pins", page(row("board_pins", id="111", board_id="1")))
    api.on("GET", "/v5/boards/1/sections/11/pins", page(row("board_section_pins", id="111", board_id="1")))


def teach_lists(api: FakeApi, path: str, account: str, number: int) -> None:
    """The entities of one ad account."""
    for kind, stream in enumerate(ENTITIES):
        api.on("GET", f"{path}/{stream}", page(row(stream, id=f"{number}{kind}", ad_account_id=account)))
    api.on("GET", f"{path}/conversion_tags", {"items": [row("conversion_tags", id=f"{number}", ad_account_id=account)]})
    api.on("GET", f"{path}/keywords", lambda request: keywords(request, number))


def keywords(request: ApiRequest, number: int) -> dict[str, Any]:
    """A keyword of whatever was asked: the account, a campaign, an ad group."""
    parent = request.query.get("campaign_id") or request.query.get("ad_group_id") or str(number)
    keyword = row("keywords", id=f"{parent}9", parent_id=parent)
    del keyword["ad_account_id"]
    return page(keyword)


def teach_figures(api: FakeApi, path: str, account: str, number: int) -> None:
    """The analytics and reports of one ad account; a report is done at once."""
    for name, stream in ANALYTICS.items():
        figures = row(stream, AD_ACCOUNT_ID=account, CAMPAIGN_ID=f"{number}0", AD_GROUP_ID=f"{number}1")
        api.on("GET", f"{path}/{name}", ApiAnswer([known(stream, figures)]))
    for level, stream in REPORTS.items():
        figures = row(stream, AD_ACCOUNT_ID=account, ADVERTISER_ID=int(account), CAMPAIGN_ID=number * 10 + 0.0)
        for first in (None, *TARGETING_TYPES[::5]):
            targeted = known(stream, figures | {"TARGETING_TYPE": first, "TARGETING_VALUE": number})
            api.on("GET", f"/files/{account}/{level}.{first}.json", {str(number): [targeted]})
    api.on("POST", f"{path}/reports", lambda request: {"report_status": "IN_PROGRESS", "token": token(request.json())})
    api.on("GET", f"{path}/reports", lambda request: finished(api, account, request))


def token(order: dict[str, Any]) -> str:
    """What leads to the file of an order: its level and its first targeting type."""
    return f"{order['level']}.{order.get('targeting_types', [None])[0]}"


def known(stream: str, figures: dict[str, Any]) -> dict[str, Any]:
    """The figures without columns that are not of this level."""
    columns = json.loads((SCHEMAS / f"{stream}.json").read_text())["properties"]
    return {name: value for name, value in figures.items() if name in columns}


def finished(api: FakeApi, account: str, request: ApiRequest) -> dict[str, Any]:
    """The answer to the first question about a report."""
    return {"report_status": "FINISHED", "url": f"{api.url}/files/{account}/{request.query['token']}.json"}


TestPinterest = conformance(
    TapPinterest,
    routes=teach,
    config={"start_date": "2026-10-01", "end_date": "2026-10-15"},
    credential={"client_id": "1494001", "client_secret": "secret-of-the-app", "refresh_token": "pinr.refresh"},
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden=f"/v5/ad_accounts/{ACCOUNTS[0]}/campaigns",
    api_path="/v5",
    today=date(2026, 11, 1),  # analytics are kept for 90 days
)
