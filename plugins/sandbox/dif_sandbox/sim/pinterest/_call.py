"""One admitted request with its parameters read as the specification types them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.pinterest import _errors

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.pinterest._world import Account, World
    from dif_sandbox.sim.server import Request

__all__ = ["WINDOWS", "Call", "Span", "read_date", "read_span"]

WINDOWS: Final = (0, 1, 7, 14, 30, 60)
MOST_IDS: Final = 250


@dataclass(frozen=True, slots=True)
class Span:
    """How far a range may reach back from today, and how long it may be, in days (UTC)."""

    days_back: int
    longest: int


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a client whose token was accepted."""

    stage: Stage
    world: World
    request: Request
    path: Mapping[str, str]

    @property
    def moment(self) -> int:
        """The simulated time in seconds since 1970."""
        return self.stage.clock.timestamp()

    @property
    def now(self) -> datetime:
        """The simulated time."""
        return self.stage.clock.now()

    def path_id(self, name: str) -> str:
        """An identifier of the path.

        Raises:
            Refusal: it is not made of digits.
        """
        if not re.fullmatch(r"[0-9]+", self.path[name]):
            raise _errors.pattern_mismatch(name, self.path[name])
        return self.path[name]

    def account(self) -> Account:
        """The ad account of the path.

        Raises:
            Refusal: 404 if there is none.
        """
        account_id = self.path_id("ad_account_id")
        for account in self.world.accounts:
            if account.id == account_id:
                return account
        raise _errors.not_found(2, "AdAccount not found.")

    def items(self, name: str, allowed: Collection[str] | None = None) -> list[str] | None:
        """An array parameter, repeated or separated by commas; None if it is not given.

        Raises:
            Refusal: a value is not one of those allowed.
        """
        if name not in self.request.query:
            return None
        values = [item for value in self.request.query[name] for item in value.split(",")]
        for value in values:
            if allowed is not None and value not in allowed:
                raise _errors.invalid(f"'{value}' in '{name}' is not one of {', '.join(sorted(allowed))}")
        return values

    def ids(self, name: str, most: int = MOST_IDS) -> list[str] | None:
        """An array of identifiers; None if it is not given.

        Raises:
            Refusal: one is not made of digits, or there are none or too many.
        """
        values = self.items(name)
        if values is None:
            return None
        for value in values:
            if not re.fullmatch(r"[0-9]+", value):
                raise _errors.pattern_mismatch(name, value)
        if len(values) > most:
            raise _errors.invalid(f"'{name}' has {len(values)} items, the maximum is {most}")
        return values

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        """A parameter that is one of some words.

        Raises:
            Refusal: it is another.
        """
        found = self.request.parameter(name)
        if found is not None and found not in options:
            raise _errors.invalid(f"'{name}' is '{found}', not one of {', '.join(options)}")
        return default if found is None else found

    def page_size(self, most: int = 250) -> int:
        """The size of a page.

        Raises:
            Refusal: it is no number from 1 to the maximum.
        """
        text = self.request.parameter("page_size")
        if text is None:
            return 25
        if not re.fullmatch(r"-?[0-9]+", text):
            raise _errors.invalid(f"Parameter 'page_size' was not numeric (was {text})")
        if not 1 <= int(text) <= most:
            raise _errors.invalid(f"Parameter 'page_size' must be between 1 and {most} (was {text})")
        return int(text)

    def refuse_unsimulated(self, **defaults: str) -> None:
        """Refuse parameters that would change the answer in a way that is not simulated.

        Raises:
            Refusal: 501 if one is given and is not its default.
        """
        for name, default in defaults.items():
            given = self.request.parameter(name)
            if given is not None and given != default:
                raise _errors.refusal(501, 501, f"The simulator has no answer for {name}={given}.")

    def check_windows(self) -> None:
        """See that attribution windows are ones the API knows.

        Raises:
            Refusal: one is not.
        """
        for name in ("click_window_days", "engagement_window_days", "view_window_days"):
            self.choice(name, [str(days) for days in WINDOWS], "30")


def read_date(name: str, text: Any) -> date:  # noqa: ANN401 - it comes from a client's JSON or query
    """A date in the form YYYY-MM-DD.

    Raises:
        Refusal: it is missing or no such date.
    """
    if text is None:
        raise _errors.invalid(f"'{name}' is a required property")
    wrong = _errors.invalid(f"'{name}' value '{text}' is not a date of the form YYYY-MM-DD")
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise wrong
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong from None


def read_span(start: Any, end: Any, limits: Span, now: datetime) -> tuple[date, date]:  # noqa: ANN401 - as above
    """A range of days, both ends included.

    Raises:
        Refusal: it is no range, too long, or reaches back too far.
    """
    first, last = read_date("start_date", start), read_date("end_date", end)
    today = now.astimezone(UTC).date()
    if last < first:
        raise _errors.invalid(f"end_date {last} is before start_date {first}")
    if first < today - timedelta(days=limits.days_back):
        raise _errors.invalid(f"start_date {first} is more than {limits.days_back} days before today, {today}")
    if (last - first).days > limits.longest:
        raise _errors.invalid(f"end_date {last} is more than {limits.longest} days past start_date {first}")
    return first, last
