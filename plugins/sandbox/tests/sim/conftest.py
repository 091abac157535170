"""A simulator on a port of its own, and a client of its API that is nobody's tap."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators
from dif_sandbox.sim.mosaic._limits import LIMITS

PLENTY = dict.fromkeys(("safety_net", "ads_read", "ads_analytics", "org_read"), "1000000/60")
NOW = "2026-11-01T23:30:00+00:00"


class Api:
    """One client's view of the API, and the control paths beside it."""

    def __init__(self, url: str, simulators: Simulators, client: str, session: requests.Session) -> None:
        self.url, self.client, self.session, self.simulators = url, client, session, simulators
        self.secrets = dict(simulators.credentials("pinterest")[client])

    def token(self, **form: str) -> requests.Response:
        """A token answer for the client's own credentials."""
        given = {"grant_type": "refresh_token", "refresh_token": self.secrets["refresh_token"], **form}
        app = (self.secrets["client_id"], self.secrets["client_secret"])
        return self.session.post(f"{self.url}/v5/oauth/token", data=given, auth=app)

    def login(self) -> Api:
        """Carry a fresh access token."""
        self.session.headers["authorization"] = f"Bearer {self.token().json()['access_token']}"
        return self

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.url}/v5{path}", params=query)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.session.post(f"{self.url}/v5{path}", json=body)

    def walk(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        for page in self.pages(path, **query):
            items.extend(page["items"])
        return items

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        while True:
            answer = self.get(path, **query)
            assert answer.status_code == 200, answer.text
            yield answer.json()
            if not answer.json().get("bookmark"):
                return
            query["bookmark"] = answer.json()["bookmark"]

    def accounts(self) -> list[str]:
        return [account["id"] for account in self.walk("/ad_accounts")]

    def control(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        """The control paths know no authorization."""
        return requests.request(method, f"{self.url}/_sim/{path}", json=body, params=query, timeout=30)

    def truth(self, stream: str, **query: str) -> list[dict[str, Any]]:
        answer = self.control("GET", f"truth/{self.client}/{stream}", **query)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.content.splitlines()]

    def clock(self, now: str | None) -> None:
        assert self.control("PUT", "clock", {"now": now}).status_code == 200

    def faults(self, *faults: dict[str, Any]) -> None:
        answer = self.control("PUT", "faults", list(faults))
        assert answer.status_code == 200, answer.text


class MosaicApi:
    """One client's view of the provider Mosaic."""

    def __init__(self, simulators: Simulators, client: str, session: requests.Session) -> None:
        self.url, self.client, self.session = simulators.urls["mosaic"], client, session
        self.key = simulators.credentials("mosaic")[client]["api_key"]
        session.headers["authorization"] = f"Bearer {self.key}"
        self.accounts = [account["id"] for account in self.truth("accounts")]
        self.account = self.accounts[0]

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(f"{self.url}/v1/accounts/{self.account}/{path}", params=query)

    def post(self, path: str, body: Any) -> requests.Response:
        return self.session.post(f"{self.url}/v1/accounts/{self.account}/{path}", json=body)

    def graphql(self, **variables: Any) -> requests.Response:
        given = {"query": "query($first: Int!) { ads }", "variables": {"account_id": self.account, **variables}}
        return self.session.post(f"{self.url}/v1/graphql", json=given)

    def control(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        return requests.request(method, f"{self.url}/_sim/{path}", json=body, params=query, timeout=30)

    def truth(self, stream: str, **query: str) -> list[dict[str, Any]]:
        """All accounts' rows."""
        answer = self.control("GET", f"truth/{self.client}/{stream}", **query)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.content.splitlines()]

    def own(self, stream: str, **query: str) -> list[dict[str, Any]]:
        """The rows of the account that is asked for."""
        return [row for row in self.truth(stream, **query) if row["account_id"] == self.account]

    def clock(self, now: str) -> None:
        assert self.control("PUT", "clock", {"now": now}).status_code == 200

    def faults(self, *faults: dict[str, Any]) -> None:
        answer = self.control("PUT", "faults", list(faults))
        assert answer.status_code == 200, answer.text


StartMosaic = Callable[..., MosaicApi]
Start = Callable[..., Api]
Login = Callable[[str], Api]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a simulator with options; the answer is a logged-in client of it."""
    with contextlib.ExitStack() as stack:

        def starter(
            client: str = "demo", *, now: str | None = NOW, scale: int = 1, seed: int = 1, **options: Any
        ) -> Api:
            options.setdefault("budgets", PLENTY)
            channel = ChannelConfig(now=now, scale=scale, seed=seed, options=options)
            simulators = stack.enter_context(Simulators(Config({"pinterest": channel})))
            session = stack.enter_context(requests.Session())
            api = Api(simulators.urls["pinterest"], simulators, client, session)
            return api.login()

        yield starter


@pytest.fixture
def api(start: Start) -> Api:
    """The client demo of a simulator whose clock stands still."""
    return start()


@pytest.fixture
def other(api: Api) -> Iterator[Login]:
    """Another client of the same simulator."""
    with contextlib.ExitStack() as stack:

        def login(client: str) -> Api:
            session = stack.enter_context(requests.Session())
            return Api(api.url, api.simulators, client, session).login()

        yield login


@pytest.fixture
def start_mosaic() -> Iterator[StartMosaic]:
    """Start the provider Mosaic with options; the answer is a client of it. Its budgets are large unless given."""
    with contextlib.ExitStack() as stack:

        def starter(
            client: str = "demo", *, now: str | None = NOW, scale: int = 1, seed: int = 1, **options: Any
        ) -> MosaicApi:
            names = {rule.window.name for limit in LIMITS.values() for rule in limit.rules}
            options["budgets"] = {**dict.fromkeys(names, "1000000/1"), **options.get("budgets", {})}
            channel = ChannelConfig(now=now, scale=scale, seed=seed, options=options)
            simulators = stack.enter_context(Simulators(Config({"mosaic": channel})))
            return MosaicApi(simulators, client, stack.enter_context(requests.Session()))

        yield starter


@pytest.fixture
def mosaic(start_mosaic: StartMosaic) -> MosaicApi:
    """The client demo of the provider Mosaic."""
    return start_mosaic()
