"""What an answer tells of the budgets that its request used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dif_kit.budget import AnswerView
from dif_kit.decode import UndecodableError
from dif_kit.http._answer import Answer
from dif_kit.http._retry import reset_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.budget import Budget, Heard, Limiter, Reservation
    from dif_kit.http._download import Download
    from dif_kit.http._request import Request

__all__ = ["hear", "until_reset"]


def hear(
    limiter: Limiter, answer: Answer | Download, reservations: Mapping[Budget, str], reservation: Reservation | None
) -> Mapping[Budget, float]:
    """Correct the budgets by what the answer says; those that shall rest, with their seconds, Retry-After aside."""
    view = AnswerView(answer.headers, partial(_body, answer))
    resting: dict[Budget, float] = {}
    for budget, scope in reservations.items():
        _learn(limiter, answer, budget, scope)
        for source in budget.signals:
            heard = source.read(view)
            if heard is not None:
                _take(limiter, heard, budget, scope, reservation)
                if heard.pause_seconds:
                    resting[budget] = max(resting.get(budget, 0.0), heard.pause_seconds)
    return resting


def until_reset(request: Request, answer: Answer | Download | None) -> float | None:
    """Seconds until the last of the request's budgets is whole again, by their own headers."""
    if answer is None:
        return None
    rates = [budget.headers for budget in request.budgets if budget.headers is not None]
    resets = [reset_seconds(answer.headers.get(rate.reset, "").strip(), rate) for rate in rates]
    return max((reset for reset in resets if reset is not None), default=None)


def _learn(limiter: Limiter, answer: Answer | Download, budget: Budget, scope: str) -> None:
    """The three classic headers."""
    rate = budget.headers
    if rate is None:
        return
    remaining = _leading_number(answer.headers.get(rate.remaining, ""))
    reset = reset_seconds(answer.headers.get(rate.reset, "").strip(), rate)
    if remaining is not None and reset is not None:
        limiter.learn(budget, scope, remaining=remaining, reset_seconds=reset)


def _take(limiter: Limiter, heard: Heard, budget: Budget, scope: str, reservation: Reservation | None) -> None:
    if heard.cost is not None and reservation is not None:
        reservation.settle(budget, heard.cost)
    if heard.remaining is not None:
        limiter.learn(budget, scope, remaining=heard.remaining, reset_seconds=heard.reset_seconds)
    if heard.usage_percent is not None:
        limiter.gauge(budget, scope, usage_percent=heard.usage_percent)
    if heard.pause_seconds is not None:
        limiter.pause(budget, scope, heard.pause_seconds)


def _body(answer: Answer | Download) -> Any:  # noqa: ANN401 - JSON holds anything
    """The body as JSON; None if it is something else, or lies in a file."""
    try:
        return answer.json() if isinstance(answer, Answer) else None
    except UndecodableError:
        return None


def _leading_number(text: str) -> int | None:
    """The number at the head of a header such as ``1000, 1000;w=60``."""
    digits = text.strip().partition(",")[0].partition(";")[0].strip()
    return int(digits) if digits.isascii() and digits.isdigit() else None
