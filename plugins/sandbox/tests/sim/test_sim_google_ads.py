"""The Google Ads API as its documents say: who may ask, what may be asked, how it is answered and refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

NOW = "2026-11-10T18:00:00+00:00"
DAYS = "segments.date BETWEEN '2026-11-01' AND '2026-11-07'"
PLENTY = {"operations": "1000000", "developer": "1000000/1", "customer": "1000000/1"}


class Ads:
    """One client's view of the API."""

    def __init__(self, simulators: Simulators, client: str = "demo") -> None:
        self.url, self.simulators = simulators.urls["google_ads"], simulators
        self.secrets = dict(simulators.credentials("google_ads")[client])
        token = self.token().json()["access_token"]
        self.headers = {
            "authorization": f"Bearer {token}",
            "developer-token": self.secrets["developer_token"],
            "login-customer-id": self.secrets["login_customer_id"],
        }

    def token(self, **form: str) -> requests.Response:
        """What the token service says."""
        given = {name: self.secrets[name] for name in ("client_id", "client_secret", "refresh_token")}
        return requests.post(self.secrets["token_uri"], {"grant_type": "refresh_token", **given, **form}, timeout=30)

    @property
    def root(self) -> str:
        """The manager."""
        return self.secrets["login_customer_id"]

    def ask(self, query: str, customer: str | None = None, how: str = "searchStream", **body: Any) -> requests.Response:
        """Ask with a query."""
        path = f"{self.url}/v25/customers/{customer or self.root}/googleAds:{how}"
        return requests.post(path, json={"query": query, **body}, headers=self.headers, timeout=30)

    def rows(self, query: str, customer: str | None = None) -> list[dict[str, Any]]:
        """The rows of a query, all batches of them."""
        answer = self.ask(query, customer)
        assert answer.status_code == 200, answer.text
        return [row for batch in answer.json() for row in batch.get("results", ())]

    def clients(self, status: str = "ENABLED") -> list[str]:
        """The customers that are no managers."""
        conditions = f"customer_client.manager = FALSE AND customer_client.status = '{status}'"
        query = f"SELECT customer_client.id FROM customer_client WHERE {conditions}"
        return [row["customerClient"]["id"] for row in self.rows(query)]


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    """Status, kind and code of a failure."""
    body = answer.json()
    error = (body[0] if isinstance(body, list) else body)["error"]
    (failure,) = error["details"]
    assert failure["@type"].endswith("GoogleAdsFailure")
    assert failure["requestId"]
    ((kind, code),) = failure["errors"][0]["errorCode"].items()
    return answer.status_code, kind, code


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Ads]]:
    running: list[Simulators] = []

    def make(client: str = "demo", **options: Any) -> Ads:
        options = {"budgets": PLENTY, **options}
        channel = ChannelConfig(clients=("demo", "acme"), seed=1, now=NOW, options=options)
        running.append(Simulators(Config({"google_ads": channel})))
        return Ads(running[-1], client)

    yield make
    for one in running:
        one.close()


@pytest.fixture(scope="module")
def ads(start: Callable[..., Ads]) -> Ads:
    return start()


@pytest.fixture
def customer(ads: Ads) -> str:
    return ads.clients()[-1]


def test_a_token_comes_from_another_host_and_lasts_an_hour(ads: Ads) -> None:
    assert not ads.secrets["token_uri"].startswith(ads.url)
    assert ads.token().json()["expires_in"] == 3_599
    assert ads.token(refresh_token="wrong").json()["error"] == "invalid_grant"
    assert ads.token(client_secret="wrong").json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("header", "value", "refused"),
    [
        ("authorization", None, (401, "authenticationError", "OAUTH_TOKEN_INVALID")),
        ("authorization", "Bearer nonsense", (401, "authenticationError", "OAUTH_TOKEN_INVALID")),
        ("developer-token", None, (400, "requestError", "DEVELOPER_TOKEN_PARAMETER_MISSING")),
        ("developer-token", "nonsense", (401, "authenticationError", "DEVELOPER_TOKEN_INVALID")),
        ("login-customer-id", "123-456-7890", (400, "headerError", "INVALID_LOGIN_CUSTOMER_ID")),
        ("login-customer-id", None, (403, "authorizationError", "USER_PERMISSION_DENIED")),
        ("login-customer-id", "1111111111", (403, "authorizationError", "USER_PERMISSION_DENIED")),
    ],
)
def test_each_header_is_demanded(ads: Ads, customer: str, header: str, value: str | None, refused: Any) -> None:
    before = dict(ads.headers)
    try:
        ads.headers.pop(header)
        ads.headers |= {header: value} if value else {}
        assert refusal(ads.ask("SELECT campaign.id FROM campaign", customer)) == refused
    finally:
        ads.headers = before


def test_an_old_version_is_not_there(ads: Ads) -> None:
    answer = requests.get(f"{ads.url}/v22/customers:listAccessibleCustomers", headers=ads.headers, timeout=30)
    assert answer.status_code == 404


def test_the_user_sees_its_manager_and_what_is_below(ads: Ads) -> None:
    answer = requests.get(f"{ads.url}/v25/customers:listAccessibleCustomers", headers=ads.headers, timeout=30)
    assert answer.json() == {"resourceNames": [f"customers/{ads.root}"]}
    query = "SELECT customer_client.id, customer_client.level, customer_client.manager FROM customer_client"
    rows = [row["customerClient"] for row in ads.rows(query)]
    assert [row["level"] for row in rows if row["manager"]] == ["0", "1", "1"]
    ids = [row["id"] for row in rows]
    assert len(ids) - len(set(ids)) == 1, "one customer is below two managers, and comes twice"


def test_a_cancelled_customer_and_anothers_are_refused(start: Callable[..., Ads], ads: Ads) -> None:
    (cancelled,) = ads.clients("CANCELED")
    query = "SELECT campaign.id FROM campaign"
    assert refusal(ads.ask(query, cancelled)) == (403, "authorizationError", "CUSTOMER_NOT_ENABLED")
    foreign = Ads(ads.simulators, "acme").clients()[0]
    assert refusal(ads.ask(query, foreign)) == (403, "authorizationError", "USER_PERMISSION_DENIED")
    assert refusal(ads.ask(query, "9999999999")) == (401, "authenticationError", "CUSTOMER_NOT_FOUND")


def test_a_stream_is_an_array_of_batches(start: Callable[..., Ads]) -> None:
    ads = start(batch_rows=2)
    batches = ads.ask("SELECT campaign.id, campaign.name FROM campaign", ads.clients()[0]).json()
    assert [len(batch["results"]) for batch in batches] == [2, 2, 1]
    assert {batch["fieldMask"] for batch in batches} == {"campaign.id,campaign.name"}
    (empty,) = ads.ask("SELECT campaign.id FROM campaign WHERE campaign.id = 1", ads.clients()[0]).json()
    assert "results" not in empty


def test_a_search_has_pages_by_a_token_in_the_body(start: Callable[..., Ads]) -> None:
    ads = start(page_rows=2)
    query, customer = "SELECT campaign.id FROM campaign", ads.clients()[0]
    found, token = [], None
    while True:
        page = ads.ask(query, customer, "search", **({"pageToken": token} if token else {})).json()
        found += [row["campaign"]["id"] for row in page["results"]]
        if not (token := page.get("nextPageToken")):
            break
    assert found == [row["campaign"]["id"] for row in ads.rows(query, customer)]
    token = ads.ask(query, customer, "search").json()["nextPageToken"]
    wrong = ads.ask("SELECT campaign.name FROM campaign", customer, "search", pageToken=token)
    assert refusal(wrong) == (400, "requestError", "INVALID_PAGE_TOKEN")
    assert refusal(ads.ask(query, customer, "search", pageSize=5)) == (400, "requestError", "PAGE_SIZE_NOT_SUPPORTED")


def test_rows_are_nested_camel_case_and_64_bits_are_text(ads: Ads, customer: str) -> None:
    (row, *_) = ads.rows(
        f"SELECT campaign.id, segments.date, metrics.cost_micros, metrics.conversions FROM campaign WHERE {DAYS}",
        customer,
    )
    assert re.fullmatch(r"[0-9]+", row["campaign"]["id"])
    assert re.fullmatch(r"[0-9]+", row["metrics"]["costMicros"])
    assert isinstance(row["metrics"]["conversions"], float)
    assert row["campaign"]["resourceName"] == f"customers/{customer}/campaigns/{row['campaign']['id']}"


def test_what_is_not_set_is_left_out_and_zero_is_not(ads: Ads, customer: str) -> None:
    metrics = "metrics.engagements, metrics.impressions, metrics.search_impression_share"
    query = f"SELECT campaign.tracking_url_template, {metrics} FROM campaign WHERE {DAYS}"
    for row in ads.rows(query, customer):
        assert row["metrics"]["engagements"] == "0"
        assert "searchImpressionShare" not in row["metrics"]
        assert "trackingUrlTemplate" not in row["campaign"]


def test_without_a_segment_there_is_a_row_of_zeros(ads: Ads, customer: str) -> None:
    everything = ads.rows("SELECT campaign.id FROM campaign", customer)
    old = "segments.date BETWEEN '2020-01-01' AND '2020-01-02'"
    rows = ads.rows(f"SELECT campaign.id, metrics.clicks FROM campaign WHERE {old}", customer)
    assert [row["metrics"]["clicks"] for row in rows] == ["0"] * len(everything)
    assert ads.rows(f"SELECT campaign.id, segments.date, metrics.clicks FROM campaign WHERE {old}", customer) == []


def test_figures_of_a_campaign_are_the_sum_of_its_days(ads: Ads, customer: str) -> None:
    def clicks(query: str) -> int:
        return sum(int(row["metrics"]["clicks"]) for row in ads.rows(query, customer))

    whole = clicks(f"SELECT campaign.id, metrics.clicks FROM campaign WHERE {DAYS}")
    for segments in ("segments.date", "segments.hour", "segments.device, segments.ad_network_type", "segments.week"):
        assert clicks(f"SELECT campaign.id, {segments}, metrics.clicks FROM campaign WHERE {DAYS}") == whole > 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("campaign.id FROM campaign", "EXPECTED_SELECT"),
        ("SELECT campaign.id", "EXPECTED_FROM"),
        ("SELECT campaign.id FROM campaigns", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.colour FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT metrics.video_views FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT ad_group.id FROM campaign", "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT campaign.id FROM campaign WHERE ad_group.id = 1", "PROHIBITED_RESOURCE_TYPE_IN_WHERE_CLAUSE"),
        ("SELECT label.id, metrics.clicks FROM label", "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        (
            f"SELECT campaign.id, segments.slot FROM campaign WHERE {DAYS}",
            "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE",
        ),
        (
            f"SELECT segments.conversion_action, metrics.clicks FROM campaign WHERE {DAYS}",
            "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
        ),
        ("SELECT campaign.id, segments.date FROM campaign", "EXPECTED_FILTERS_ON_DATE_RANGE"),
        (
            "SELECT campaign.id FROM campaign WHERE segments.device = 'MOBILE'",
            "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
        ),
        ("SELECT campaign.id FROM campaign WHERE segments.date = '1.11.2026'", "INVALID_DATE_FORMAT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.status = 'ON'", "BAD_ENUM_CONSTANT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = 'one'", "BAD_NUMBER"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id IN ()", "PROHIBITED_EMPTY_LIST_IN_CONDITION"),
        ("SELECT campaign.id FROM campaign WHERE segments.date DURING NEVER", "INVALID_VALUE_WITH_DURING_OPERATOR"),
        ("SELECT campaign.id FROM campaign WHERE campaign.name = 'open", "STRING_NOT_TERMINATED"),
        ("SELECT campaign.id FROM campaign LIMIT 0", "LIMIT_VALUE_TOO_LOW"),
        ("SELECT campaign.id FROM campaign PARAMETERS colour = true", "BAD_PARAMETER_NAME"),
        ("SELECT campaign.id FROM campaign nonsense", "UNEXPECTED_INPUT"),
        (f"SELECT click_view.gclid FROM click_view WHERE {DAYS}", "DATE_RANGE_TOO_WIDE"),
    ],
)
def test_a_query_that_is_not_in_order_is_refused_with_its_code(ads: Ads, customer: str, query: str, code: str) -> None:
    assert refusal(ads.ask(query, customer)) == (400, "queryError", code)


def test_clicks_are_kept_for_90_days(ads: Ads, customer: str) -> None:
    query = "SELECT click_view.gclid, segments.date FROM click_view WHERE segments.date = '{}'"
    assert ads.rows(query.format("2026-08-20"), customer)
    assert refusal(ads.ask(query.format("2026-08-01"), customer)) == (400, "queryError", "DATE_RANGE_TOO_WIDE")


def test_a_manager_has_no_metrics(ads: Ads) -> None:
    answer = ads.ask(f"SELECT customer.id, metrics.clicks FROM customer WHERE {DAYS}")
    assert refusal(answer) == (400, "queryError", "REQUESTED_METRICS_FOR_MANAGER")


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("campaign.status = 'ENABLED'", 4),
        ("campaign.status != 'ENABLED'", 1),
        ("campaign.advertising_channel_type IN ('SEARCH', 'DISPLAY')", 3),
        ("campaign.advertising_channel_type NOT IN ('SEARCH')", 3),
        ("campaign.name LIKE 'Search%'", 2),
        ("campaign.name REGEXP_MATCH '.*№ 3'", 1),
        ("campaign.tracking_url_template IS NULL", 5),
        ("campaign.optimization_score >= 0 AND campaign.status = 'REMOVED'", 1),
        ("segments.date DURING LAST_7_DAYS AND metrics.clicks > 0", 5),
    ],
)
def test_conditions_leave_what_meets_them(ads: Ads, customer: str, condition: str, left: int) -> None:
    assert len(ads.rows(f"SELECT campaign.id FROM campaign WHERE {condition}", customer)) == left


def test_rows_are_sorted_and_cut_when_asked(ads: Ads, customer: str) -> None:
    rows = ads.rows("SELECT campaign.id FROM campaign ORDER BY campaign.id DESC LIMIT 3", customer)
    ids = [int(row["campaign"]["id"]) for row in rows]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    (bare, *_) = ads.rows("SELECT campaign.id FROM campaign PARAMETERS omit_unselected_resource_names = true", customer)
    assert list(bare["campaign"]) == ["id"]


def test_the_days_operations_are_used_up_and_pages_are_none(start: Callable[..., Ads]) -> None:
    ads = start(page_rows=1, budgets={**PLENTY, "operations": "3"})
    query = "SELECT campaign.id FROM campaign"
    customer = ads.clients()[0]
    token = ads.ask(query, customer, "search").json()["nextPageToken"]
    for _ in range(3):
        token = ads.ask(query, customer, "search", pageToken=token).json()["nextPageToken"]
    assert ads.ask(query, customer).status_code == 200
    refused = ads.ask(query, customer)
    assert refusal(refused) == (429, "quotaError", "RESOURCE_EXHAUSTED")
    assert "retry-after" not in refused.headers
    quota = refused.json()[0]["error"]["details"][0]["errors"][0]["details"]["quotaErrorDetails"]
    assert quota["rateScope"] == "DEVELOPER"
    assert quota["retryDelay"] == f"{14 * 3600}s"  # 10:00 in California


def test_a_burst_is_refused_for_its_account(start: Callable[..., Ads]) -> None:
    ads = start(budgets={**PLENTY, "customer": "2/3600"})
    customer = ads.clients()[0]
    answers = [ads.ask("SELECT campaign.id FROM campaign", customer) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    quota = answers[-1].json()[0]["error"]["details"][0]["errors"][0]["details"]["quotaErrorDetails"]
    assert quota["rateScope"] == "ACCOUNT"
    assert ads.ask("SELECT campaign.id FROM campaign", ads.clients()[1]).status_code == 200


def test_a_throttle_fault_tells_its_wait_in_the_body(start: Callable[..., Ads]) -> None:
    ads = start()
    fault = {"match": "googleAds", "kind": "throttle", "retry_after": "7"}
    requests.put(f"{ads.url}/_sim/faults", json=[fault], timeout=30).raise_for_status()
    answer = ads.ask("SELECT campaign.id FROM campaign")
    assert answer.status_code == 429
    assert '"retryDelay": "7s"' in answer.text or '"retryDelay":"7s"' in answer.text
    assert "retry-after" not in answer.headers


def test_a_day_is_restated_until_it_is_final_and_rows_are_withdrawn(start: Callable[..., Ads]) -> None:
    ads = start()
    seen: dict[int, dict[str, str]] = {}
    for age in (1, 5, 14, 40):
        day = f"2026-{11 if age < 20 else 12}-{(1 + age) if age < 20 else 11:02}"
        requests.put(f"{ads.url}/_sim/clock", json={"now": f"{day}T18:00:00Z"}, timeout=30).raise_for_status()
        ads.headers["authorization"] = f"Bearer {ads.token().json()['access_token']}"
        query = (
            "SELECT ad_group_ad.ad.id, segments.device, segments.ad_network_type, metrics.clicks FROM ad_group_ad "
            "WHERE segments.date = '2026-11-01'"
        )
        seen[age] = {
            f"{row['adGroupAd']['ad']['id']} {row['segments']}": row["metrics"]["clicks"]
            for customer in ads.clients()
            for row in ads.rows(query, customer)
        }
    assert seen[14] == seen[40]
    assert seen[1].keys() > seen[14].keys()
    assert any(seen[5][key] != clicks for key, clicks in seen[14].items())


def test_the_truth_is_what_all_enabled_customers_answer(ads: Ads) -> None:
    query = f"SELECT campaign.id, segments.date, metrics.clicks, metrics.conversions FROM campaign WHERE {DAYS}"
    asked = [row for customer in dict.fromkeys(ads.clients()) for row in ads.rows(query, customer)]
    days = {"start_date": "2026-11-01", "end_date": "2026-11-07"}
    path = f"{ads.url}/_sim/truth/demo/campaign_performance_report"
    truth = requests.get(path, params=days, timeout=30).text.strip().split("\n")
    assert len(truth) == len(asked) > 0
    assert '"campaign_id":' in truth[0]
    assert '"metrics_clicks":' in truth[0]


def test_the_same_seed_is_the_same_everywhere_and_scale_means_customers() -> None:
    sizes = []
    for scale in (1, 10):
        channel = ChannelConfig(clients=("demo",), seed=5, scale=scale, now=NOW)
        with (
            Simulators(Config({"google_ads": channel})) as first,
            Simulators(Config({"google_ads": channel})) as second,
        ):
            ids = [Ads(one).clients() for one in (first, second)]
            assert ids[0] == ids[1]
            sizes.append(len(set(ids[0])))
    assert sizes == [3, 273]
