"""The endpoints of Klaviyo's API that a reader uses: https://developers.klaviyo.com/en/reference (2026-07-15)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Gate
from dif_sandbox.sim.cursors import Cursors, page_after
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.keys import Keys
from dif_sandbox.sim.klaviyo import _errors as say
from dif_sandbox.sim.klaviyo._lists import ENDPOINTS, MESSAGES, ListOf, everything, resource
from dif_sandbox.sim.klaviyo._reports import ENDPOINTS as REPORTS
from dif_sandbox.sim.klaviyo._reports import GROUPS, Order, read_aggregate, read_order, rows
from dif_sandbox.sim.klaviyo._world import CHANNELS, Row, World
from dif_sandbox.sim.limits import Limits, adjusted
from dif_sandbox.sim.server import Refusal, Request, Response

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage

__all__ = ["Klaviyo"]

ROOT: Final = "/api"
SCHEME: Final = "Klaviyo-API-Key "
SUPPORTED: Final = timedelta(days=731)
_BY_NAME: Final = {asked.name: asked for asked in ENDPOINTS.values()}
MOST_GROUPS: Final = 100
"""Groups of one page of a report."""
STREAMS: Final = {
    "campaign_values_reports": "campaign-values", "flow_series_reports": "flow-series",
    "form_series_reports": "form-series", "segment_series_reports": "segment-series",
}  # fmt: skip
BY_DAY: Final = "campaign_days"
"""The truth of campaigns by the day, for reports that ask for them one day at a time."""


class Klaviyo(Api):
    """The simulated API of some clients, each with an account and a private key.

    Options: ``budgets`` (``burst``, ``steady``, ``daily`` of every endpoint to ``"<limit>/<seconds>"``).

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, {"budgets"})
        super().__init__(stage, Limits(adjusted(say.LIMITS, options.get("budgets", {})), Gate()))
        draw = Draw("klaviyo", seed)
        self._keys = Keys(draw, clients, prefix="pk_")
        self._cursors = Cursors(draw.token("cursors").encode())
        self._world = World.of(stage.clock, draw, clients, scale)
        self.truth = KlaviyoTruth(self._world)
        # A list is asked for page by page, and by several runs at once.
        self._found = lru_cache(maxsize=64)(self._find)
        for path, asked in ENDPOINTS.items():
            self.route("GET", ROOT + path, asked.tier, partial(self._list, asked))
        for endpoint in REPORTS:
            self.route("POST", f"{ROOT}/{endpoint}-reports", "report", partial(self._report, endpoint))
        self.route("POST", f"{ROOT}/metric-aggregates", "S", self._aggregate)

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client, and the endpoint, each of which has limits of its own.

        Raises:
            Refusal: the key is missing or dead, the revision is missing or retired, the body is of another type.
        """
        client = self._keys.admit(_key_of(request), self.stage.faults, request)
        if client is None:
            raise Refusal(self.refuse(401))
        try:
            revision = date.fromisoformat(request.headers.get("revision", "")[:10])
        except ValueError as wrong:
            raise Refusal(say.error(400, "A revision is required.", {"parameter": "revision"})) from wrong
        if self.stage.clock.now().date() - revision > SUPPORTED:
            raise Refusal(self.refuse(410))
        if request.body and request.headers.get("content-type") != "application/vnd.api+json":
            raise Refusal(self.refuse(415))
        endpoint = request.path.replace(str(given["id"]), "{id}") if "id" in given else request.path
        return {"app": client, "endpoint": f"{request.method} {endpoint}"}

    def refuse(self, status: int) -> Response:
        """The error of a status."""
        return say.error(status)

    def invalid(self, message: str) -> Response:
        """400."""
        return say.error(400, message)

    def client_of(self, request: Request) -> str | None:
        """Whose key a request carries."""
        return self._keys.client_of(_key_of(request))

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's private key."""
        return {client: {"api_key": key} for client, key in self._keys.by_client.items()}

    def _list(self, asked: ListOf, call: Call) -> Response:
        client = str(call.caller["app"])
        asked.check(call.given, frozenset({"id"} if "{id}" in str(call.caller["endpoint"]) else ()))
        size = str(call.given.get("page[size]", asked.most))
        if not size.isdigit() or not 1 <= int(size) <= asked.most:
            raise say.invalid("page[size]", f"Page size must be an integer between 1 and {asked.most}.")
        wanted = tuple(sorted((name, value) for name, value in call.given.items() if name != "page[cursor]"))
        found = self._found(asked.name, client, wanted, self._world.clock.now())
        if asked.is_one:
            return say.document({"data": resource(asked, found[0])}) if found else self.refuse(404)
        page, links = self._page(call, found, "page[cursor]", int(size), has_gaps=asked.has_gaps)
        document: Row = {"data": [resource(asked, row) for row in page], "links": links}
        if call.given.get("include") == "campaign-messages":
            linked = {own for row in page for own in row["campaign_message_ids"]}
            channel = re.search("|".join(CHANNELS), str(call.given["filter"]))
            along = self._world.messages(client, channel[0] if channel else "email")
            document["included"] = [resource(MESSAGES, row) for row in along if row["id"] in linked]
        elif "include" in call.given:
            raise say.invalid("include", f"'{call.given['include']}' is not an allowed include parameter.")
        return say.document(document)

    def _find(self, name: str, client: str, wanted: tuple[tuple[str, Any], ...], _now: datetime) -> Sequence[Row]:
        """What a list holds at a moment."""
        return _BY_NAME[name].things(self._world, client, dict(wanted))

    def _page(
        self, call: Call, found: Sequence[Row], name: str, size: int, *, has_gaps: bool = False
    ) -> tuple[Sequence[Row], Row]:
        """The page asked for and its links; where it has gaps, an empty page comes before each third."""
        query = call.request.parameters
        others = {key: value for key, value in query.items() if key != name}
        owner = f"{call.caller['app']} {call.request.path} {sorted(others.items())} {call.request.body!r}"
        position = self._cursors.open(owner, query[name]) if name in query else ""
        page = page_after(
            found, lambda row: str(row["id"]), position, size=size, wish=call.wish(),
            empty_before=lambda own: has_gaps and sum(own.encode()) % 3 == 0,
        )  # fmt: skip
        following = None
        if page.next_position is not None:
            cursor = self._cursors.seal(owner, page.next_position)
            following = f"{call.request.url}?{urlencode({**others, name: cursor})}"
        return page.items, {"self": call.request.url, "next": following, "prev": None}

    def _report(self, endpoint: str, call: Call) -> Response:
        client = str(call.caller["app"])
        order = read_order(endpoint, call.given)
        self.truth.ordered(client, order)
        groups: dict[tuple[Any, ...], Row] = {}
        for names, day, figures in rows(self._world, client, order):
            group = groups.setdefault(tuple(names.values()), {"groupings": names, "statistics": {}})
            for name, value in figures.items():
                if day is None:
                    group["statistics"][name] = float(value)
                else:
                    group["statistics"].setdefault(name, []).append(float(value))
        listed = [{"id": " ".join(key), **group} for key, group in groups.items()]
        page, links = self._page(call, listed, "page_cursor", MOST_GROUPS)
        results = [{name: value for name, value in row.items() if name != "id"} for row in page]
        attributes: Row = {"results": results}
        if order.form == "series":
            attributes["date_times"] = [f"{day}T00:00:00+00:00" for day in order.days]
        return say.document({"data": {"type": f"{endpoint}-report", "attributes": attributes}, "links": links})

    def _aggregate(self, call: Call) -> Response:
        client = str(call.caller["app"])
        asked, days = read_aggregate(call.given)
        now = self._world.clock.now()
        groups: list[Row] = []
        for number in range(1 + bool(asked.get("by"))):
            known = [self._world.figures.row(f"{client} {asked['metric_id']} {number}", day, now) for day in days]
            counts = [0 if row is None else row["opens"] for row in known]
            halves = [one / 2 for one in counts]
            made: dict[str, Sequence[float]] = {
                "count": counts,
                "unique": [one // 2 for one in counts],
                "sum_value": halves,
            }
            measurements = {name: [float(one) for one in made[name]] for name in asked["measurements"]}
            dimensions = [f"{name} {number}" for name in asked.get("by", ())]
            groups.append({"dimensions": dimensions, "measurements": measurements})
        dates = [f"{day}T00:00:00+00:00" for day in days]
        attributes = {"dates": dates, "data": groups}
        return say.document({"data": {"type": "metric-aggregate", "id": "q", "attributes": attributes}})


class KlaviyoTruth:
    """The rows of every stream by the tap's names; figures have what was last asked for, of every conversion metric."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._statistics: dict[tuple[str, str, str], tuple[str, ...]] = {}
        self._metrics: dict[str, dict[str, None]] = {}

    def ordered(self, client: str, order: Order) -> None:
        """A report was asked for."""
        key = BY_DAY if order.about == "campaign" and order.first == order.last else order.form
        self._statistics[client, order.about, key] = order.statistics
        if order.metric:
            self._metrics.setdefault(client, {})[order.metric] = None

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._world.clients:
            raise LookupError(client)
        return (*everything(self._world, client, self._world.clock.now()), *STREAMS, BY_DAY)

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterable[Row]:
        """The rows of a stream; figures and events take ``start_date``, figures ``end_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: figures without days.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        account = {"account_id": self._world.account(client)["id"]}
        if stream not in STREAMS and stream != BY_DAY:
            since = datetime.fromisoformat(query.get("start_date", "2000-01-01")).replace(tzinfo=UTC)
            found = everything(self._world, client, since)[stream]()
            return found if stream == "accounts" else ({**account, **row} for row in found)
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        except KeyError as missing:
            message = f"figures need {missing.args[0]}"
            raise ValueError(message) from missing
        return ({**account, **row} for row in self._figures(client, stream, first, last))

    def _figures(self, client: str, stream: str, first: date, last: date) -> Iterable[Row]:
        about, _, form = STREAMS.get(stream, "campaign-values").partition("-")
        has_conversions = about in {"campaign", "flow"}
        asked = self._statistics.get((client, about, BY_DAY if stream == BY_DAY else form), ())
        days = [(first, last)]
        if stream == BY_DAY:
            days = [(first + timedelta(days=number),) * 2 for number in range((last - first).days + 1)]
        for metric in self._metrics.get(client, ()) if has_conversions else ("",):
            for begin, end in days:
                for names, day, figures in rows(
                    self._world, client, Order(about, form, asked, GROUPS[about], metric, begin, end)
                ):
                    marked = begin if stream == BY_DAY else day
                    mark = {} if marked is None else {"date": marked.isoformat()}
                    conversion = {"conversion_metric_id": metric} if has_conversions else {}
                    yield {**conversion, **names, **mark, **figures}


def _key_of(request: Request) -> str | None:
    given = request.headers.get("authorization", "")
    return given.removeprefix(SCHEME) if given.startswith(SCHEME) else None
