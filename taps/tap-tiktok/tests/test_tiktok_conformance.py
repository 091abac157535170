"""The promises of every tap, kept by this one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from dif_kit.testing import ApiRequest, FakeApi, conformance
from tap_tiktok._facts import FIELDS
from tap_tiktok.tap import TapTikTok

ADVERTISERS = ("7002238017842757633", "7002238017842757634")
CREDENTIAL = {"access_token": "long-term-token-of-the-user", "app_id": "7000000000000000001", "secret": "secret-of-app"}
EXAMPLES: dict[str, Any] = {"integer": 3, "number": 0.25, "boolean": True, "array": ["one"], "object": {"a": "b"}}
ROOT = "/open_api/v1.3"
#: Path -> where its rows are, which list it is, and what its rows are known by.
LISTS = {
    "/campaign/get/": ("list", "campaigns", "campaign_id"),
    "/adgroup/get/": ("list", "ad_groups", "adgroup_id"),
    "/ad/get/": ("list", "ads", "ad_id"),
    "/file/image/ad/search/": ("list", "images", "image_id"),
    "/file/video/ad/search/": ("list", "videos", "video_id"),
    "/file/music/get/": ("musics", "music", "music_id"),
    "/creative/portfolio/list/": ("creative_portfolios", "portfolios", "creative_portfolio_id"),
    "/dmp/custom_audience/list/": ("list", "custom_audiences", "audience_id"),
    "/dmp/saved_audience/list/": ("saved_audiences", "saved_audiences", "saved_audience_id"),
    "/pixel/list/": ("pixels", "pixels", "pixel_id"),
    "/app/list/": ("apps", "apps", "app_id"),
}


def row(name: str, **known: Any) -> dict[str, Any]:
    """A row with every field that the tap knows."""
    found = {}
    for field, column in FIELDS[name].items():
        moment = {"date-time": "2026-11-20 10:00:00"}.get(column.get("format", ""))
        found[field] = known.get(field, moment or EXAMPLES.get(column["type"][0], field))
    return found


def teach(api: FakeApi) -> None:
    """Two advertisers with a row in each list and each report."""
    named = [{"advertiser_id": advertiser, "advertiser_name": "a"} for advertiser in ADVERTISERS]
    api.on("GET", f"{ROOT}/oauth2/advertiser/get/", lambda request: answered(request, {"list": named}))
    api.on("GET", f"{ROOT}/advertiser/info/", about)
    for path, (place, name, key) in LISTS.items():
        api.on(
            "GET",
            ROOT + path,
            lambda request, place=place, name=name, key=key: answered(
                request, page(place, row(name, **{key: f"{key}-of-{request.query['advertiser_id']}"}))
            ),
        )
    api.on("GET", f"{ROOT}/report/integrated/get/", figures)


def about(request: ApiRequest) -> Any:
    (advertiser,) = json.loads(request.query["advertiser_ids"])
    return answered(request, {"list": [row("advertisers", advertiser_id=advertiser, display_timezone="Etc/UTC")]})


def figures(request: ApiRequest) -> Any:
    """One row for the first day that is asked for: figures are texts."""
    asked = request.query
    day = f"{asked.get('start_date', '2026-11-20')} 00:00:00"
    dimensions = {name: f"{name}-1" for name in json.loads(asked["dimensions"])}
    dimensions |= {name: day for name in dimensions if name.startswith("stat_time")}
    metrics = dict.fromkeys(json.loads(asked["metrics"]), "7")
    metrics |= {name: "-" for name in metrics if name == "secondary_goal_result"}
    return answered(request, page("list", {"dimensions": dimensions, "metrics": metrics}))


def page(place: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """The only page."""
    return {place: list(rows), "page_info": {"page": 1, "page_size": 100, "total_number": len(rows), "total_page": 1}}


def answered(request: ApiRequest, data: dict[str, Any]) -> dict[str, Any]:
    """The answer, if the request proves who asks; the app's secret goes where it has to and nowhere else."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    said = {"request_id": "2026112010000001"}
    if headers.get("access-token") != CREDENTIAL["access_token"]:
        return {"code": 40105, "message": "Access token is incorrect or has been revoked.", "data": {}, **said}
    is_asked = request.path.endswith("/oauth2/advertiser/get/")
    if is_asked != ((request.query.get("app_id"), request.query.get("secret")) == (APP_ID, SECRET)):
        return {"code": 40113, "message": "The app is not known.", "data": {}, **said}
    return {"code": 0, "message": "OK", "data": data, **said}


APP_ID, SECRET = CREDENTIAL["app_id"], CREDENTIAL["secret"]

TestTikTok = conformance(
    TapTikTok,
    routes=teach,
    config={"start_date": "2026-11-20", "end_date": "2026-11-21"},
    credential=CREDENTIAL,
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden=f"{ROOT}/campaign/get/",
    api_path=ROOT,
    today=date(2026, 11, 27),  # figures over all days reach back a year
)
