"""The promises of every tap, kept by this one: against two profiles with one thing of each kind."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

from dif_kit.tap import Stream
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, conformance
from tap_amazon_ads import attribution, brands, display, dsp, products, television
from tap_amazon_ads.columns import ATTRIBUTES, known
from tap_amazon_ads.dsp_kinds import DSP_KINDS
from tap_amazon_ads.kinds import KINDS
from tap_amazon_ads.profiles import Portfolios, Profiles
from tap_amazon_ads.tap import TapAmazonAds

PROFILES = {"3991703629696934": ("CA", "CAD"), "9007199254740993": ("MX", "MXN")}
AGENCIES = {"4046781489000001": ("CA", "CAD"), "9007199254740995": ("MX", "MXN")}
ZONE = "America/Los_Angeles"
TOKEN, APP = "Atza|IwEBIJedGXjDqsU", "amzn1.application-oa2-client.1234"
CREDENTIAL = {"client_id": APP, "client_secret": "amzn1.oa2-cs.v1.secret", "refresh_token": "Atzr|IQEBLzAtAhR"}
VALUES: dict[str, Any] = {"integer": 3, "number": 0.25, "boolean": True, "array": [{"type": "x"}], "object": {"a": "b"}}
LISTS: tuple[type[Stream], ...] = (*(Portfolios, *products.LISTS, *brands.LISTS, *display.LISTS, *television.LISTS),)
# Orders come in side by side, and each must have a number of its own.
ORDER_NUMBERS = itertools.count()
REPORT_MEDIA = "application/vnd.createasyncreportrequest.v3+json"
#: Attribute -> the ids that say what it is, or nothing where the profile does; so it is no part of a key beside them.
DEPENDS_ON = {
    **dict.fromkeys((name for name in ATTRIBUTES if name.startswith("campaign")), "campaignId"),
    **dict.fromkeys(("portfolioId", "costType"), "campaignId"),
    **dict.fromkeys(("adGroupName", "adStatus", "bidOptimization"), "adGroupId"),
    **dict.fromkeys(("advertisedAsin", "advertisedSku", "promotedAsin", "promotedSku"), "adId"),
    **dict.fromkeys(("keyword", "keywordText", "keywordType", "matchType", "targeting"), "keywordId"),
    **dict.fromkeys(("targetingExpression", "targetingText", "targetingType", "adKeywordStatus"), "targetingId"),
    **dict.fromkeys(("productName", "productCategory"), "purchasedAsin"),
}
OF_DSP = {
    **dict.fromkeys(("advertiserName", "entityId"), "advertiserId"),
    **dict.fromkeys(("orderName", "orderCurrency"), "orderId"),
    **dict.fromkeys(("lineItemName", "lineItemType", "lineItemStatus"), "lineItemId"),
    **dict.fromkeys(("creativeName", "creativeType", "creativeSize", "creativeAdId"), "creativeId"),
    **dict.fromkeys(
        (f"segment{part}" for part in ("Name", "Type", "Source", "ClassCode", "MarketplaceId")), "segmentId"
    ),
    **dict.fromkeys(("parentAsin", "brandName", "productName", "productGroup", "productCategory"), "asin"),
    "productSubCategory": "asin",
}


def teach(api: FakeApi) -> None:
    """Every list and report; whoever asks must sign, say for which profile, and in which media type."""
    jobs: dict[str, dict[str, Any]] = {}
    CREDENTIAL["token_uri"] = f"{api.url}/auth/o2/token"
    api.on("POST", "/auth/o2/token", {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600})
    api.on("GET", "/v2/profiles", lambda request: checked(request, profiles(request), scoped=False))
    advertisers = {"response": [row(dsp.DspAdvertisers)], "totalResults": 1}
    api.on("GET", "/dsp/advertisers", lambda request: checked(request, advertisers))
    api.on("POST", "/attribution/report", lambda request: checked(request, attributed(request)))
    for stream in LISTS:
        api.on(stream.method, stream.path, lambda request, stream=stream: checked(request, listed(stream), stream))
    api.on("POST", "/reporting/reports", lambda request: checked(request, ordered(api, jobs, request)))


def checked(request: ApiRequest, answer: Any, stream: type[Stream] | None = None, *, scoped: bool = True) -> Any:
    """The answer, if the request says who asks, for whom, and what it takes."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if (headers.get("authorization"), headers.get("amazon-advertising-api-clientid")) != (f"Bearer {TOKEN}", APP):
        return ApiAnswer({"code": "UNAUTHORIZED", "details": "Not authorized to access this advertiser"}, status=401)
    if scoped and headers.get("amazon-advertising-api-scope") not in {**PROFILES, **AGENCIES}:
        return ApiAnswer({"code": "401", "details": "Not authorized to access scope"}, status=401)
    for name in ("accept", "content-type"):
        wanted = None if stream is None else {k.lower(): v for k, v in stream.headers.items()}.get(name)
        if wanted is not None and headers.get(name) != wanted:
            return ApiAnswer({"code": "415", "details": f"Cannot consume content type {headers.get(name)}"}, status=415)
    return answer


def row(stream: type[Stream], **own: Any) -> dict[str, Any]:
    """A row with every field of a list, but those that only the tap knows."""
    added = {"region", *stream.context_columns}
    columns = {name: column for name, column in stream.schema["properties"].items() if name not in added}
    return {name: own.get(name, example(name, column)) for name, column in columns.items()}


def example(name: str, column: dict[str, Any]) -> Any:
    return "2026-11-20" if column.get("format") == "date" else VALUES.get(column["type"][0], name)


def profiles(request: ApiRequest) -> list[dict[str, Any]]:
    """The profiles of sellers, or those of the DSP and one that is an agency's of another kind."""
    if request.query["profileTypeFilter"] == "seller,vendor":
        return [profile(one, *PROFILES[one]) for one in PROFILES]
    info = {"marketplaceStringId": "A2EUQ1WTGCTBG2", "id": "ENTITY1", "type": "agency", "name": "ü"}
    other = {**profile("1", "CA", "CAD"), "accountInfo": {**info, "subType": "AMAZON_ATTRIBUTION"}}
    return [*({**profile(one, *AGENCIES[one]), "accountInfo": info} for one in AGENCIES), other]


def profile(name: str, country: str, currency: str) -> dict[str, Any]:
    return row(Profiles, profileId=int(name), countryCode=country, currencyCode=currency, timezone=ZONE)


def attributed(request: ApiRequest) -> Any:
    """A report of Amazon Attribution with one row for its first day."""
    asked = request.json()
    [stream] = [
        each
        for each in attribution.REPORTS
        if {name: each.body.get(name) for name in ("reportType", "groupBy", "metrics")}
        == {name: asked.get(name) for name in ("reportType", "groupBy", "metrics")}
    ]
    said = row(stream)
    if "clickThroughs" in said:
        said["Click-throughs"] = said.pop("clickThroughs")
    return {"reports": [{**said, "date": asked["startDate"]}], "size": 1, "cursorId": ""}


def listed(stream: type[Stream]) -> Any:
    days = {"startDate": "20261120", "endDate": "20261121"} if stream in display.LISTS else {}
    rows = [row(stream, **days)]
    path = getattr(stream.records, "path", "")
    return {path: rows, "totalResults": 1} if path else rows


def ordered(api: FakeApi, jobs: dict[str, dict[str, Any]], request: ApiRequest) -> Any:
    """The report of an order: the second poll finds the file."""
    order = request.json()
    if request.headers.get("Content-Type") != REPORT_MEDIA:
        return ApiAnswer({"code": "415", "details": "Unsupported media type"}, status=415)
    number = f"06ba6494-{next(ORDER_NUMBERS):04d}"
    jobs[number] = order
    told = {**order, "reportId": number, "failureReason": None, "url": None}
    link = {"status": "COMPLETED", "url": f"{api.url}/files/{number}?X-Amz-Signature=x"}
    api.on("GET", f"/reporting/reports/{number}", [{**told, "status": "PENDING"}, {**told, **link}])
    api.on("GET", f"/files/{number}", gzip.compress(written(figures(order)), mtime=0))
    return {**told, "status": "PENDING"}


def written(row: dict[str, Any]) -> bytes:
    """A file: nobody can alter a number inside a gzip, so those here have more digits than a float holds already."""
    return json.dumps([row]).replace("0.25", "0.2500000000000000000000123").encode()


def figures(order: dict[str, Any]) -> dict[str, Any]:
    """A row for the first day of an order; ids are numbers here, and a target is no keyword."""
    found: dict[str, Any] = {}
    for name, column in known(order["configuration"]["columns"]).items():
        is_id = re.fullmatch(r"campaignId|adGroupId|adId|targetingId|orderId|lineItemId|creativeId|advertiserId", name)
        found[name] = 158410630682987 if is_id else example(name, dict(column))
    return {**found, "date": order["startDate"], **({"keywordId": None} if "keywordId" in found else {})}


TestAmazonAds = conformance(
    TapAmazonAds,
    routes=teach,
    config={"start_date": "2026-11-20", "end_date": "2026-11-22", "regions": ["NA"]},
    credential=CREDENTIAL,
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden="/sb/targets/list",
    today=date(2026, 11, 27),  # reports are kept for 60 to 95 days
)


def test_no_attribute_can_make_two_rows_of_one_key() -> None:
    """What groups the figures is in the key, or said by an id in it."""
    for name, kind in {**KINDS, **DSP_KINDS}.items():
        free = {column for column in kind.columns if column in ATTRIBUTES} - set(kind.keys)
        keys = {*kind.keys, "targetingId"} if "keywordId" in kind.keys else set(kind.keys)  # a target has one of them
        depends_on = OF_DSP if kind.product == "dsp" else DEPENDS_ON
        assert not {column for column in free if depends_on.get(column) not in keys}, name
