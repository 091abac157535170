"""Credential, budgets, send, learn, judge; then return, wait and try again, or say why not."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dif_kit.decode import UndecodableError
from dif_kit.errors import CredentialError, Deferred, ExtractionError
from dif_kit.http._redact import excerpt
from dif_kit.http._retry import Retry, RetryBudget, reset_seconds, wait_asked_for
from dif_kit.http._transport import Transport, TransportError, is_same_origin
from dif_kit.http._verdicts import PartitionSkippedError, Verdict, WindowTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from dif_kit.budget import Budget, Limiter
    from dif_kit.http._auth import Authenticator
    from dif_kit.http._messages import Answer, Request

__all__ = ["HttpClient"]

_LOGGER: Final = logging.getLogger(__name__)
_LONGEST_DEFERRAL: Final = 86_400.0  # a provider that asks for a year is asked again tomorrow


@dataclass(frozen=True, slots=True)
class _Outcome:
    verdict: Verdict
    reason: str
    answer: Answer | None = None

    @property
    def asked_seconds(self) -> float | None:
        return None if self.answer is None else wait_asked_for(self.answer.headers)


class HttpClient:
    """Sends the requests of one tap, from any thread.

    ``waiting`` wraps whatever may block for long, so that a stop can interrupt it.
    """

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        limiter: Limiter,
        user_agent: str,
        retry: Retry | None = None,
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        self._transport = Transport(user_agent=user_agent)
        self._retry = retry or Retry()
        self._purse = RetryBudget()
        self._waiting = waiting

    def send(self, request: Request) -> Answer:
        """The good answer to a request, however many tries it takes.

        Raises:
            PartitionSkippedError: the provider refuses this partition.
            WindowTooLargeError: the provider refuses the range of days.
            ExtractionError: refused for good, or still failing after all tries.
            CredentialError: the credential is refused, renewed or not.
            Deferred: the provider asks for a wait longer than a process should sleep.
            BudgetError: the store of the budgets is gone.
        """
        tries = _Tries(self._retry)
        while True:
            signed = self._sign(request)
            outcome = self._try(request, signed)
            if outcome.verdict is Verdict.OK and outcome.answer is not None:
                self._purse.earn()
                return outcome.answer
            self._recover(request, signed, outcome, tries)

    def close(self) -> None:
        """Let go of connections, those of the budgets included."""
        self._transport.close()
        self._limiter.close()

    def _sign(self, request: Request) -> Request:
        if request.auth == "none" or not is_same_origin(request.url, request.origin):
            return request
        return self._authenticator.sign(request, self)

    def _try(self, request: Request, signed: Request) -> _Outcome:
        reservations = {budget: self._scope(budget, request) for budget in request.budgets}
        try:
            with self._waiting(), self._limiter.acquire(reservations) if reservations else nullcontext():
                answer = self._transport.exchange(signed, request)
                answer.parse = request.parse
        except TransportError as error:
            return _Outcome(Verdict.RETRY, str(error))
        self._learn(answer, reservations)
        return _judge(request, answer)

    def _recover(self, request: Request, signed: Request, outcome: _Outcome, tries: _Tries) -> None:
        """Do what makes another try worth while, or raise."""
        message = f"{request.label}: {outcome.reason}"
        match outcome.verdict:
            case Verdict.THROTTLED:
                asked = outcome.asked_seconds or _until_reset(request, outcome.answer)
                self._back_off(request, message, asked, tries.after_throttle(asked, message))
            case Verdict.RETRY:
                if tries.failures_left == 0 or not self._purse.pay():
                    raise ExtractionError(f"{message} (after {tries.failures + 1} tries)")
                self._sleep(message, tries.after_failure(outcome.asked_seconds, message))
            case Verdict.REAUTHENTICATE:
                if signed is request or tries.is_renewed or not self._authenticator.renew(signed, self):
                    raise CredentialError(f"the provider refused the credential: {message}")
                tries.is_renewed = True
            case Verdict.SKIP_PARTITION:
                raise PartitionSkippedError(message)
            case Verdict.WINDOW_TOO_LARGE:
                raise WindowTooLargeError(message)
            case _:
                raise ExtractionError(message)

    def _back_off(self, request: Request, message: str, asked: float | None, seconds: float) -> None:
        """Pause everyone in the request's budgets; without a budget, this thread alone."""
        if not request.budgets:
            self._sleep(message, seconds)
            return
        _LOGGER.warning("throttled, the budget rests: %s", message)
        for budget in request.budgets:
            if asked:
                self._limiter.pause(budget, self._scope(budget, request), asked)
            else:
                self._limiter.slow_down(budget, self._scope(budget, request))

    def _sleep(self, message: str, seconds: float) -> None:
        _LOGGER.warning("trying again in %.1f s: %s", seconds, message)
        with self._waiting():
            time.sleep(seconds)

    def _learn(self, answer: Answer, reservations: dict[Budget, str]) -> None:
        for budget, scope in reservations.items():
            rate = budget.headers
            if rate is None:
                continue
            remaining = _leading_number(answer.headers.get(rate.remaining, ""))
            reset = reset_seconds(answer.headers.get(rate.reset, "").strip(), rate)
            if remaining is not None and reset is not None:
                self._limiter.learn(budget, scope, remaining=remaining, reset_seconds=reset)

    def _scope(self, budget: Budget, request: Request) -> str:
        return "|".join(
            self._authenticator.identity if key == "credential" else str(request.scope[key]) for key in budget.scope
        )


def _judge(request: Request, answer: Answer) -> _Outcome:
    verdict = request.verdicts.judge(answer)
    if verdict is Verdict.OK and request.decoder is not None:
        try:
            request.decoder.check(answer)
        except UndecodableError as error:
            reason = f"HTTP {answer.status}, but {error}: {excerpt(answer.content)}"
            return _Outcome(Verdict.RETRY, reason, answer)
    if verdict is Verdict.OK:
        return _Outcome(verdict, "", answer)
    return _Outcome(verdict, f"HTTP {answer.status}: {excerpt(answer.content) or 'empty body'}", answer)


class _Tries:
    """How often one request has failed so far, with the waits between."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._waits: Iterator[float] = retry.waits()
        self._throttles = 0
        self.failures = 0
        self.is_renewed = False

    @property
    def failures_left(self) -> int:
        return max(0, self._retry.attempts - 1 - self.failures)

    def after_failure(self, asked_seconds: float | None, message: str) -> float:
        self.failures += 1
        return self._within_horizon(max(asked_seconds or 0.0, next(self._waits)), message)

    def after_throttle(self, asked_seconds: float | None, message: str) -> float:
        self._throttles += 1
        # An asked wait of zero is no wait: the next try would be throttled again.
        seconds = asked_seconds or next(self._waits)
        if self._throttles > self._retry.throttles:
            raise _deferred(f"throttled {self._throttles} times in a row: {message}", seconds)
        return self._within_horizon(seconds, message)

    def _within_horizon(self, seconds: float, message: str) -> float:
        if seconds > self._retry.horizon_seconds:
            raise _deferred(f"the provider asks to wait {seconds:.0f} s: {message}", seconds)
        return seconds


def _until_reset(request: Request, answer: Answer | None) -> float | None:
    """Seconds until the last of the request's budgets is whole again, by their own headers."""
    if answer is None:
        return None
    rates = [budget.headers for budget in request.budgets if budget.headers is not None]
    resets = [reset_seconds(answer.headers.get(rate.reset, "").strip(), rate) for rate in rates]
    return max((reset for reset in resets if reset is not None), default=None)


def _deferred(message: str, seconds: float) -> Deferred:
    return Deferred(message, retry_at=time.time() + min(seconds, _LONGEST_DEFERRAL))


def _leading_number(text: str) -> int | None:
    """The number at the head of a header such as ``1000, 1000;w=60``."""
    digits = text.strip().partition(",")[0].partition(";")[0].strip()
    return int(digits) if digits.isascii() and digits.isdigit() else None
