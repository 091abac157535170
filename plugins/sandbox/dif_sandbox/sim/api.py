"""An API as its paths: finds what answers a request, has it admitted, and gives the answer its limits' headers."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dif_sandbox.sim.cursors import PageError, Wish
from dif_sandbox.sim.misbehaviour import told_in_header
from dif_sandbox.sim.router import Router
from dif_sandbox.sim.server import Refusal, Request, Response

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.faults import Faults
    from dif_sandbox.sim.limits import Admission, Limits

__all__ = ["Answer", "Api", "Call", "check_options"]


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request.

    `given` holds its parameters: the path's, over those of the query or of the JSON body, if it has one. `caller` is
    what `Api.caller` found.
    """

    request: Request
    given: Mapping[str, Any]
    caller: Mapping[str, Hashable]
    admission: Admission
    faults: Faults

    def wish(self) -> Wish:
        """How its page shall misbehave; a fault in force is used up by it."""
        return Wish.take(self.faults, self.request)


Answer = Callable[[Call], Response]


class Api(ABC):
    """What the paths of a provider have in common; a subclass adds its routes, and says who asks and how it refuses."""

    def __init__(self, stage: Stage, limits: Limits) -> None:
        self.stage = stage
        self._limits = limits
        self._router: Router[tuple[str, Answer]] = Router()

    def route(self, method: str, template: str, kind: str, answer: Answer) -> None:
        """Let `answer` answer a path, counted as a request of `kind`."""
        self._router.add(method, template, (kind, answer))

    @abstractmethod
    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """Who asks: the marks that budgets are kept by, such as app, account and token.

        Raises:
            Refusal: nobody may, or not for this account.
        """

    @abstractmethod
    def refuse(self, status: int) -> Response:
        """The answer of an error, by the status that stands for it (429 for too many requests)."""

    def throttle(self, retry_after: str | None) -> Response:
        """429, with the wait in its header."""
        return told_in_header(self.refuse(429), retry_after)

    @abstractmethod
    def invalid(self, message: str) -> Response:
        """The answer to a parameter that is wrong."""

    def costs(self, _kind: str, _given: Mapping[str, Any]) -> Mapping[str, int]:
        """What a request takes from budgets, by their names, where that is not 1."""
        return {}

    def close(self) -> None:  # noqa: B027 - most providers have nothing to stop
        """Stop what runs besides: nothing, unless the subclass serves something."""

    def handle(self, request: Request) -> Response:
        """Answer a request; a `PageError` or `ValueError` of what answers it is about a wrong parameter.

        Raises:
            Refusal: whatever the API refuses.
        """
        try:
            (kind, answer), path = self._router.find(request.method, request.path)
        except KeyError as missing:
            raise Refusal(self.refuse(405 if missing.args == ("method",) else 404)) from missing
        try:
            given = {**_parameters(request), **path}
            caller = self.caller(request, given)
            with self._limits.admit(kind, caller, self.costs(kind, given)) as admission:
                try:
                    call = Call(request, given, caller, admission, self.stage.faults)
                    return answer(call).with_headers(admission.headers)
                except Refusal as refusal:
                    raise refusal.with_headers(admission.headers) from refusal
        except (PageError, ValueError) as wrong:
            raise Refusal(self.invalid(str(wrong))) from wrong


def check_options(options: Mapping[str, Any], known: Collection[str]) -> None:
    """See that a channel's configuration holds nothing but options that exist.

    Raises:
        ValueError: it does.
    """
    if unknown := options.keys() - set(known):
        message = f"no option {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}"
        raise ValueError(message)


def _parameters(request: Request) -> dict[str, Any]:
    if not request.body:
        return request.parameters
    try:
        body = json.loads(request.body)
    except ValueError as wrong:
        message = "the request body is not JSON"
        raise ValueError(message) from wrong
    if not isinstance(body, dict):
        message = "the request body is not a JSON object"
        raise ValueError(message)  # noqa: TRY004 - a client's mistake like the others
    return body
