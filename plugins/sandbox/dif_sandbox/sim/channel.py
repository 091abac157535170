"""What every simulated channel does around its provider's own answers: faults, the request log, the control paths."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol

from dif_sandbox.sim.clock import Clock
from dif_sandbox.sim.encodings import ndjson
from dif_sandbox.sim.faults import Fault, Faults
from dif_sandbox.sim.misbehaviour import BROKEN, EARLY, broken_answer, early_answer
from dif_sandbox.sim.requestlog import Entry, RequestLog
from dif_sandbox.sim.server import Refusal, Request, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Channel", "House", "MakeProvider", "Provider", "Stage", "Truth", "serve"]

CONTROL = "/_sim/"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a provider's simulation and its control share."""

    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)


class Truth(Protocol):
    """What a perfect tap would have loaded as of the clock."""

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterable[Mapping[str, Any]]:
        """The rows of a stream; `query` holds what the channel's dated streams need, such as ``start_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: the query is wrong.
        """


class House(Protocol):
    """Whatever answers on one port: a provider's API, or the storage its reports are kept in."""

    def handle(self, request: Request) -> Response:
        """Answer a request; may raise `Refusal`."""

    def refuse(self, status: int) -> Response:
        """The error body of a status."""

    def throttle(self, retry_after: str | None) -> Response:
        """The answer to too many requests, with the wait that a fault asks for; most tell it in a header."""

    def client_of(self, request: Request) -> str | None:
        """Whose credentials a request carries."""


class Provider(House, Protocol):
    """A simulated provider."""

    @property
    def truth(self) -> Truth:
        """What a perfect tap would have loaded."""

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """The secrets of each client, as a tap's credential file holds them."""

    def close(self) -> None:
        """Stop whatever the provider serves besides."""


MakeProvider = Callable[[Stage, Sequence[str], int, int, Mapping[str, Any]], Provider]
"""From the stage, the clients, seed, scale and options to a provider; a ValueError says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A provider on its stage, as one handler of requests."""

    stage: Stage
    provider: Provider

    def handle(self, request: Request) -> Response:
        """Answer a request of a client or of the control."""
        if request.path.startswith(CONTROL):
            return _control(self, request)
        return serve(self.stage, self.provider, request)


def serve(stage: Stage, house: House, request: Request) -> Response:
    """Answer through the faults in force, and log it."""
    client = house.client_of(request)
    response = _answer(stage, house, request)
    status = response.means or response.status
    stage.log.add(Entry(request.method, request.path, request.query, status, client))
    return response


def _answer(stage: Stage, house: House, request: Request) -> Response:
    if slow := stage.faults.take(request, "slow"):
        time.sleep(slow.seconds)
    if early := stage.faults.take(request, *EARLY):
        return early_answer(early, house.refuse, house.throttle)
    try:
        response = house.handle(request)
    except Refusal as refusal:
        return refusal.response
    if broken := stage.faults.take(request, *BROKEN):
        return broken_answer(broken, response)
    return response


def _control(channel: Channel, request: Request) -> Response:
    name, _, rest = request.path.removeprefix(CONTROL).partition("/")
    stage = channel.stage
    answers: dict[tuple[str, str], Callable[[], Response]] = {
        ("GET", "clock"): lambda: _clock(stage.clock, request),
        ("PUT", "clock"): lambda: _clock(stage.clock, request),
        ("GET", "faults"): lambda: _faults(stage.faults, request),
        ("PUT", "faults"): lambda: _faults(stage.faults, request),
        ("GET", "requests"): lambda: _requests(stage.log, request),
        ("DELETE", "requests"): lambda: _requests(stage.log, request),
        ("GET", "truth"): lambda: _truth(channel.provider.truth, request, rest),
    }
    answer = answers.get((request.method, name))
    if answer is None:
        return json_response({"error": f"{request.method} {request.path} is no control path"}, 404)
    try:
        return answer()
    except LookupError as missing:
        return json_response({"error": f"there is no {missing}"}, 404)
    except (ValueError, TypeError, AttributeError) as wrong:
        return json_response({"error": str(wrong)}, 400)


def _clock(clock: Clock, request: Request) -> Response:
    if request.method == "PUT":
        given = json.loads(request.body)
        if set(given) != {"now"}:
            message = 'the clock takes {"now": <ISO 8601 moment, or null for real time>}'
            raise ValueError(message)
        clock.set(None if given["now"] is None else Clock.parse(given["now"]))
    return json_response({"now": clock.now().isoformat()})


def _faults(faults: Faults, request: Request) -> Response:
    if request.method == "PUT":
        faults.set([Fault.parse(given) for given in json.loads(request.body)])
    return json_response(faults.left())


def _requests(log: RequestLog, request: Request) -> Response:
    if request.method == "DELETE":
        log.clear()
    return json_response({"requests": log.entries()})


def _truth(truth: Truth, request: Request, rest: str) -> Response:
    client, _, stream = rest.partition("/")
    if not stream:
        return json_response({"streams": list(truth.streams(client))})
    query = {name: values[-1] for name, values in request.query.items()}
    for name in ("start_date", "end_date"):
        if name in query:
            date.fromisoformat(query[name])
    rows = iter(truth.rows(client, stream, query))
    first = list(islice(rows, 1))  # a generator says only now that its query is wrong
    content_type = {"content-type": "application/x-ndjson; charset=utf-8"}
    return Response(200, headers=content_type, stream=ndjson(chain(first, rows)))
