"""The endpoints of AppsFlyer's Pull API: https://dev.appsflyer.com/hc/reference (read 2026-11)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.appsflyer import _errors as say
from dif_sandbox.sim.appsflyer._files import ADDITIONAL, RAW, written
from dif_sandbox.sim.appsflyer._truth import AGGREGATES, RAW_REPORTS, AppsFlyerTruth, order_of
from dif_sandbox.sim.appsflyer._world import EVENTS, World
from dif_sandbox.sim.budgets import Gate
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.keys import Keys
from dif_sandbox.sim.limits import Limits, adjusted
from dif_sandbox.sim.paging import Offset
from dif_sandbox.sim.server import Refusal, Request, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.world import Account

__all__ = ["AppsFlyer"]

BEARER: Final = "Bearer "
KEPT_DAYS: Final = 90
ROW_LIMITS: Final = (200_000, 1_000_000)
SHORT_DAYS: Final = 2
"""A range of so many days at most counts by the minute, a longer one by the day."""
_RANGE: Final = {"from", "to", "timezone", "currency", "media_source", "category"}
_OF_RAW: Final = {*_RANGE, "geo", "maximum_rows", "additional_fields", "agency", "event_name"}
_OF_AGGREGATE: Final = {*_RANGE, "reattr", "attribution_touch_type"}
_NAMES: Final = {"af_prt": "Agency/PMD (af_prt)", "media_source": "Media Source (pid)", "campaign": "Campaign (c)"}
_FIGURES: Final = {
    "clicks": "Clicks", "ctr": "CTR", "conversion_rate": "Conversion Rate", "sessions": "Sessions",
    "loyal_users": "Loyal Users", "loyal_users_rate": "Loyal Users/Installs", "total_cost": "Total Cost",
    "average_ecpi": "Average eCPI",
}  # fmt: skip
_REVENUE: Final = {
    "total_revenue": "Total Revenue",
    "roi": "ROI",
    "arpu": "ARPU",
    **{
        f"{event} ({kind})": f"{event} ({kind})"
        for event in EVENTS
        for kind in ("Unique users", "Event counter", "Sales in USD")
    },
}


class AppsFlyer(Api):
    """The simulated API of some clients, each an account with a token and apps.

    Options: ``budgets`` (``calls``, ``minute`` to ``"<limit>/<seconds>"``; ``raw``, ``app_day``, ``account_day`` to
    ``"<limit>"``), ``row_limits`` that may be asked for, ``ends_count`` (whether what happened in the very second in
    which a range ends is in it, where the range says one: that is not published).

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, {"budgets", "row_limits", "ends_count"})
        days = Gate(days=stage.clock.timestamp)
        super().__init__(stage, Limits(adjusted(say.LIMITS, options.get("budgets", {})), days))
        draw = Draw("appsflyer", seed)
        self._keys = Keys(draw, clients, "eyJhbGciOiJBMjU2S1cifQ.")
        self._row_limits = tuple(options.get("row_limits", ROW_LIMITS))
        self._ends_count = bool(options.get("ends_count", True))
        self._world = World.of(stage.clock, draw, clients, scale)
        self.truth = AppsFlyerTruth(self._world)
        self.route("GET", "/api/mng/apps", "apps", self._list_apps)
        for report in RAW_REPORTS.values():
            self.route("GET", f"/api/raw-data/export/app/{{app_id}}/{report}/v5", "raw", self._raw(report))
        for name, is_again in AGGREGATES.values():
            if not is_again:  # the same path, with a parameter
                self.route("GET", f"/api/agg-data/export/app/{{app_id}}/{name}/v5", "aggregate", self._aggregate(name))

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client, the app and the report asked for.

        Raises:
            Refusal: the token is missing or dead; the app is another's or none, which are not told apart.
        """
        client = self._keys.admit(_token(request), self.stage.faults, request)
        if client is None:
            raise Refusal(self.refuse(401))
        app = given.get("app_id")
        if app is not None and app not in self._owned(client):
            raise Refusal(self.refuse(404))
        return {"account": client, "app": app or "", "report": request.path.split("/")[-2]}

    def costs(self, kind: str, given: Mapping[str, Any]) -> Mapping[str, int]:
        """A short range counts by the minute, a longer one by the day."""
        if kind != "aggregate":
            return {}
        first, last = _days(given)
        if (last - first).days < SHORT_DAYS:
            return {"app_day": 0, "account_day": 0}
        return {"minute": 0}

    def refuse(self, status: int) -> Response:
        """The error that stands for a status."""
        return say.refusal_of(status)

    def throttle(self, retry_after: str | None) -> Response:  # noqa: ARG002 - AppsFlyer never says how long
        """The quota of raw data, used up until midnight."""
        return say.raw_quota()

    def invalid(self, message: str) -> Response:
        """What is wrong with a parameter."""
        return json_response({"message": message}, 400)

    def client_of(self, request: Request) -> str | None:
        """Whose token a request carries."""
        return self._keys.client_of(_token(request))

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's token."""
        return {client: {"api_token": key} for client, key in self._keys.by_client.items()}

    def _owned(self, client: str) -> Mapping[str, Account]:
        return {account.id: account for account in self._world.accounts[client]}

    def _account(self, call: Call) -> Account:
        return self._owned(str(call.caller["account"]))[str(call.caller["app"])]

    def _list_apps(self, call: Call) -> Response:
        _check_parameters(call, {"limit", "offset", "capabilities"})
        found = [self._world.app(account) for account in self._world.accounts[str(call.caller["account"])]]
        page = Offset(default=1_000).read(call.given, found, call.wish())
        links = {"self": call.request.url}
        if page.start + page.size < page.total:
            links["next"] = f"{call.request.url}?limit={page.size}&offset={page.start + page.size}"
        rows = [{"id": app.pop("id"), "type": app.pop("type"), "attributes": app} for app in page.items]
        return json_response({"data": rows, "meta": {"total_items": page.total}, "links": links})

    def _raw(self, report: str) -> Any:  # noqa: ANN401 - an `Answer` of the API
        def answer(call: Call) -> Response:
            _check_parameters(call, _OF_RAW)
            account, (first, last) = self._account(call), _days(call.given, times=True)
            zone = self._zone(call, account)
            today = self._world.clock.now().astimezone(zone).date()
            if first < today - timedelta(days=KEPT_DAYS):
                raise say.invalid("Raw reports historical lookback is limited to 90 days")
            if (most := int(call.given.get("maximum_rows", ROW_LIMITS[0]))) not in self._row_limits:
                raise say.invalid("Invalid limit type")
            asked = [name for name in call.given.get("additional_fields", "").split(",") if name]
            if unknown := set(asked) - ADDITIONAL.keys():
                raise say.invalid(f"Unknown additional fields: {', '.join(sorted(unknown))}")
            columns = {**RAW, **{name: ADDITIONAL[name] for name in asked}}
            within = _within(call.given, ends_count=self._ends_count)
            rows = (row for moment, row in self._world.raw(account, report, first, last, zone) if within(moment))
            wanted = {"media_source", "country_code"} & set(columns)
            filters = {"media_source": call.given.get("media_source"), "country_code": call.given.get("geo")}
            events = [name for name in call.given.get("event_name", "").split(",") if name]
            kept = (
                row
                for row in rows
                if all(filters[name] in {None, row.get(name)} for name in wanted)
                and (not events or row["event_name"] in events)
            )
            return _csv(written(islice(kept, most), columns))

        return answer

    def _aggregate(self, report: str) -> Any:  # noqa: ANN401 - an `Answer` of the API
        def answer(call: Call) -> Response:
            _check_parameters(call, _OF_AGGREGATE)
            account = self._account(call)
            self._zone(call, account)
            is_again = call.given.get("reattr") == "true"
            order = order_of((report, is_again), *_days(call.given))
            columns = {"date": "Date", **({"country": "Country"} if order.by_country else {}), **_NAMES}
            columns |= {"conversion_type": "Conversion Type", "conversions": "Conversions"} if is_again else {}
            columns |= {} if is_again else {"impressions": "Impressions", "installs": "Installs"}
            columns |= {**_FIGURES, **(_REVENUE if order.has_revenue else {})}
            source = call.given.get("media_source")
            rows = (row for row in self._world.aggregate(account, order) if source in {None, row["media_source"]})
            return _csv(written(rows, columns))

        return answer

    def _zone(self, call: Call, account: Account) -> ZoneInfo:
        asked = call.given.get("timezone", "UTC")
        if asked not in {"UTC", str(account.market.zone)}:
            raise say.invalid("The timezone must be that of the app's settings")
        return ZoneInfo(asked)


def _token(request: Request) -> str | None:
    said = request.headers.get("authorization", "")
    return said.removeprefix(BEARER) if said.startswith(BEARER) else None


def _days(given: Mapping[str, Any], *, times: bool = False) -> tuple[date, date]:
    """The days of a range; of raw data a range may say times besides."""
    said = [str(given.get(name, "")) for name in ("from", "to")]
    if not all(
        re.fullmatch(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?" if times else r"\d{4}-\d{2}-\d{2}", each)
        for each in said
    ):
        raise say.invalid("from and to must be days, as 2026-11-20")
    try:
        first, last = map(datetime.fromisoformat, said)
    except ValueError as wrong:
        raise say.invalid("from and to must be days, as 2026-11-20") from wrong
    if first > last:
        raise say.invalid("From date can't be after To date")
    return first.date(), last.date()


def _within(given: Mapping[str, Any], *, ends_count: bool) -> Callable[[datetime], bool]:
    """Whether a moment is in a range; one that ends with a day holds all of it."""
    first, last = (datetime.fromisoformat(given[name]) for name in ("from", "to"))
    if " " not in given["to"]:
        return lambda moment: first <= moment < last + timedelta(days=1)
    return lambda moment: first <= moment <= last if ends_count else first <= moment < last


def _check_parameters(call: Call, known: set[str]) -> None:
    if unknown := call.given.keys() - known - {"app_id"}:
        raise say.invalid(f"Unknown parameters: {', '.join(sorted(unknown))}")


def _csv(pieces: Iterable[bytes]) -> Response:
    return Response(200, b"".join(pieces), {"content-type": "text/csv; charset=utf-8"})
