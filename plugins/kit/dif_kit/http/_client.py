"""Credential, budgets, send, learn, judge; then return, wait and try again, or say why not."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dif_kit.credentials import excerpt, redact
from dif_kit.decode import UndecodableError
from dif_kit.errors import (
    CredentialError,
    Deferred,
    DifError,
    ExtractionError,
    RefusedCredentialError,
    SpentBudgetError,
)
from dif_kit.http._address import is_same_origin
from dif_kit.http._answer import Answer
from dif_kit.http._bounds import Bounds
from dif_kit.http._departure import departing
from dif_kit.http._download import Download, Spool
from dif_kit.http._hearing import hear, until_reset
from dif_kit.http._retry import Retry, RetryBudget, Tries, wait_asked_for
from dif_kit.http._transport import Transport, TransportError
from dif_kit.http._verdicts import PartitionSkippedError, Verdict, WindowTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import TypeAlias

    from dif_kit.budget import Budget, Limiter
    from dif_kit.credentials import TokenStore
    from dif_kit.http._auth import Authenticator
    from dif_kit.http._request import Request

    Exchange: TypeAlias = Callable[[Request, Request], Answer | Download]

__all__ = ["HttpClient"]

_LOGGER: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    verdict: Verdict
    reason: str
    answer: Answer | Download | None = None
    is_unreached: bool = False

    heard_seconds: float | None = None
    """What the answer asks for elsewhere than in Retry-After."""
    resting: Collection[Budget] = ()
    """The budgets that it names by this; they rest already."""

    @property
    def asked_seconds(self) -> float | None:
        asked = None if self.answer is None else wait_asked_for(self.answer.headers)
        return self.heard_seconds if asked is None else asked


class HttpClient:
    """Sends the requests of one tap, from any thread.

    ``waiting`` wraps whatever may block for long, so that a stop can interrupt it. ``credential_ref`` names the
    credential in errors, ``remedy`` says in them what to do about one that is refused. ``rotated`` is given the values
    of the credential that the provider has replaced, before the new ones are used: whoever keeps credentials can keep
    these.
    """

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        limiter: Limiter,
        user_agent: str,
        retry: Retry | None = None,
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
        bounds: Bounds | None = None,
        credential_ref: str | None = None,
        rotated: Callable[[Mapping[str, str]], None] | None = None,
        tokens: TokenStore | None = None,
        remedy: str = "",
    ) -> None:
        #: Where authenticators share access tokens with the other processes, if there are any.
        self.tokens = tokens
        self._authenticator = authenticator
        self._limiter = limiter
        self._bounds = bounds or Bounds()
        self._transport = Transport(user_agent=user_agent, bounds=self._bounds)
        self._credential_ref, self._remedy = credential_ref, remedy
        self._rotated = rotated
        self._reached: set[str | None] = set()
        #: How often a request was sent again; the last one that was given up: method, address, status of the answer.
        self.retries = 0
        self.given_up: tuple[str, str, int | None] | None = None
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
            Deferred: the provider asks for a wait longer than a process should sleep; SpentBudgetError if the request
                is paid from a budget.
            BudgetError: the store of the budgets is gone.
        """
        answer = self._deliver(request, self._transport.exchange)
        if isinstance(answer, Download):
            raise TypeError("an exchange gives no download")
        return answer

    def download(self, request: Request) -> Download:
        """The good answer to a request in an unnamed file, in constant memory, however many tries it takes.

        A try that broke off is gone on with if the provider names the file's version (ETag); else it starts again.

        Raises:
            DifError: as `send`; ExtractionError also if the answer is larger than the bounds or the disk.
        """
        spool = Spool()
        try:
            answer = self._deliver(request, partial(self._transport.download, spool=spool))
        except BaseException:
            spool.close()
            raise
        if not isinstance(answer, Download):
            raise ExtractionError(f"{request.label}: HTTP {answer.status} where a file was expected")
        return answer

    def keep(self, changed: Mapping[str, str]) -> None:
        """Pass on values of the credential that the provider replaced; used by authenticators."""
        if self._rotated is not None:
            self._rotated(changed)
        else:
            _LOGGER.warning("the provider replaced %s: used in this run, kept nowhere", ", ".join(sorted(changed)))

    def _deliver(self, request: Request, exchange: Exchange) -> Answer | Download:
        tries = Tries(self._retry)
        while True:
            with self._named():
                signed = self._sign(request)
            outcome = self._try(request, signed, exchange, tries.throttles)
            if outcome.verdict is Verdict.OK and outcome.answer is not None:
                self._purse.earn()
                return outcome.answer
            with self._named(), self._noted(request, outcome):
                self._recover(request, signed, outcome, tries)
            self.retries += 1

    @contextmanager
    def _noted(self, request: Request, outcome: _Outcome) -> Iterator[None]:
        """Keep which request was given up. The query of its own address is left out: there links carry their keys."""
        try:
            yield
        except WindowTooLargeError:
            raise  # asked again by fewer days
        except DifError:
            plain = replace(request, url=request.url.partition("?")[0])
            status = None if outcome.answer is None else outcome.answer.status
            self.given_up = (request.method, redact(plain.address()), status)
            raise

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name the credential in the errors about it."""
        try:
            yield
        except CredentialError as error:
            if self._credential_ref is None or self._credential_ref in str(error):
                raise
            remedy = f"; {self._remedy}" if self._remedy and isinstance(error, RefusedCredentialError) else ""
            raise type(error)(f"{self._credential_ref}: {error}{remedy}") from error

    def close(self) -> None:
        """Let go of connections, those of the budgets included."""
        self._transport.close()
        self._limiter.close()

    def _sign(self, request: Request) -> Request:
        if request.auth == "none" or not is_same_origin(request.url, request.origin):
            return request
        return self._authenticator.sign(request, self)

    def _try(self, request: Request, signed: Request, exchange: Exchange, throttles: int) -> _Outcome:
        reservations = {budget: self._scope(budget, request) for budget in request.budgets}
        try:
            with (
                self._waiting(),
                self._limiter.acquire(reservations) if reservations else nullcontext() as reservation,
                departing(reservation.sent if reservation else None),
            ):
                answer = exchange(signed, request)
                if isinstance(answer, Answer):
                    answer.parse = request.parse
        except TransportError as error:
            return _Outcome(Verdict.RETRY, str(error), is_unreached=error.is_unreached)
        except ExtractionError as error:
            raise ExtractionError(f"{request.label}: {error}") from error
        self._reached.add(_host(request))
        resting = hear(self._limiter, answer, reservations, reservation)
        outcome = _judge(request, answer)
        if outcome.verdict is Verdict.THROTTLED:
            told = request.verdicts.wait(_whole(answer), before=throttles)
            heard = max(resting.values(), default=None) or told
            return replace(outcome, heard_seconds=heard, resting=resting.keys())
        return outcome

    def _recover(self, request: Request, signed: Request, outcome: _Outcome, tries: Tries) -> None:
        """Do what makes another try worth while, or raise."""
        message = f"{request.label}: {outcome.reason}"
        match outcome.verdict:
            case Verdict.THROTTLED:
                self._back_off(request, outcome, message, tries)
            case Verdict.RETRY:
                if tries.failures_left == 0 or not self._purse.pay():
                    raise ExtractionError(f"{message} (after {tries.failures + 1} tries)")
                wait = tries.after_failure(outcome.asked_seconds, message)
                if outcome.is_unreached and _host(request) not in self._reached:
                    self._expect_reachable(message, tries.seconds + wait)
                self._sleep(message, wait)
            case Verdict.REAUTHENTICATE:
                if signed is request or tries.is_renewed or not self._authenticator.renew(signed, self):
                    raise RefusedCredentialError(f"the provider refused the credential: {message}")
                tries.is_renewed = True
            case Verdict.SKIP_PARTITION:
                raise PartitionSkippedError(message)
            case Verdict.WINDOW_TOO_LARGE:
                raise WindowTooLargeError(message)
            case _:
                raise ExtractionError(message)

    def _expect_reachable(self, message: str, seconds: float) -> None:
        """Give up on a host that never answered: a wrong address or a closed network does not mend in minutes."""
        if seconds > self._bounds.reach_seconds:
            raise ExtractionError(f"{message}: never reached in this run; look at api_url, the network and its proxy")

    def _back_off(self, request: Request, outcome: _Outcome, message: str, tries: Tries) -> None:
        """Pause everyone in the budgets that the answer is about; without a budget, us alone."""
        asked = outcome.asked_seconds or until_reset(request, outcome.answer)
        met = _met(request, outcome)
        try:
            seconds = tries.after_throttle(asked, message)
        except Deferred as late:
            if not met:
                raise
            for budget in met:  # or all others would find out for themselves
                self._limiter.pause(budget, self._scope(budget, request), late.retry_at - time.time())
            everywhere = frozenset(budget.name for budget in met if budget.is_for_all)
            raise SpentBudgetError(str(late), retry_at=late.retry_at, everywhere=everywhere) from None
        if not met:
            self._sleep(message, seconds)
            return
        _LOGGER.warning("throttled, the budget rests: %s", message)
        for budget in met:
            if asked:
                self._limiter.pause(budget, self._scope(budget, request), asked)
            else:
                self._limiter.slow_down(budget, self._scope(budget, request))

    def _sleep(self, message: str, seconds: float) -> None:
        _LOGGER.warning("trying again in %.1f s: %s", seconds, message)
        with self._waiting():
            time.sleep(seconds)

    def _scope(self, budget: Budget, request: Request) -> str:
        return "|".join(
            self._authenticator.identity if key == "credential" else str(request.scope[key]) for key in budget.scope
        )


def _whole(answer: Answer | Download) -> Answer:
    return answer if isinstance(answer, Answer) else answer.as_answer()


def _met(request: Request, outcome: _Outcome) -> Collection[Budget]:
    """The budgets whose limit was met: those that the answer names, else those of its scope, else all."""
    scope = None if outcome.answer is None else request.verdicts.scope(_whole(outcome.answer))
    return outcome.resting or [each for each in request.budgets if each.scope == scope] or request.budgets


def _host(request: Request) -> str | None:
    return urlsplit(request.url).hostname


def _judge(request: Request, answer: Answer | Download) -> _Outcome:
    verdict = request.verdicts.judge(_whole(answer))
    if verdict is Verdict.OK and request.decoder is not None:
        try:
            request.decoder.check(answer)
        except UndecodableError as error:
            reason = f"HTTP {answer.status}, but {error}: {excerpt(answer.head())}"
            return _Outcome(Verdict.RETRY, reason, answer)
    if verdict is Verdict.OK:
        return _Outcome(verdict, "", answer)
    return _Outcome(verdict, f"HTTP {answer.status}: {excerpt(answer.head()) or 'empty body'}", answer)
