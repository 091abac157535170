"""What an operator does to the budgets of a running fleet."""

from __future__ import annotations

import getpass
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import redis

from dif_kit.budget._ask import OVERRIDES
from dif_kit.budget._keys import CHANNEL, OVERRIDES_KEY, budget_part, facts_key
from dif_kit.budget._terms import Override, check_policies
from dif_kit.errors import BudgetError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Operator"]


class Operator:
    """Reads and changes what is decided for budgets by their names; running processes hear of it at once."""

    def __init__(self, client: redis.Redis, place: str) -> None:
        self.client = client
        self.place = place

    def known(self) -> dict[str, tuple[str, ...]]:
        """Every budget that was used in the last week, name and scope, with the policies of its tap."""
        prefix = facts_key("")
        keys = sorted(self.call(lambda: list(self.client.scan_iter(match=facts_key("*"), count=1000))))
        texts = [self.call(partial(self.client.get, key)) for key in keys]
        return {
            key.decode().removeprefix(prefix): tuple(msgspec.json.decode(text, type=list[str]))
            for key, text in zip(keys, texts, strict=True)
            if text is not None
        }

    def overrides(self) -> dict[str, Override]:
        """What is decided, by the names of budgets."""
        held = self.call(lambda: self.client.hgetall(OVERRIDES_KEY))
        return {name.decode(): msgspec.json.decode(text, type=Override) for name, text in held.items()}

    def set(self, name: str, policies: tuple[str, ...] = (), percent: int | None = None) -> Override:
        """Let other policies, a part of them, or both hold in a budget; what is not given stays as it is.

        Raises:
            ConfigError: a policy is not understood, or nobody uses a budget of that name.
        """
        self._expect(name)
        check_policies(policies)
        changes: dict[str, Any] = {"policies": policies} if policies else {}
        if percent is not None:
            changes["percent"] = percent
        return self._decide(name, changes)

    def clear(self, name: str) -> None:
        """Let the tap's own policies hold again, at once."""
        self.call(lambda: self.client.hdel(OVERRIDES_KEY, name))
        self._tell()

    def pause(self, name: str, seconds: float) -> float:
        """Let nobody start in a budget for so long; until when, in epoch seconds of Redis' clock."""
        self._expect(name)
        until = self.now() + round(seconds * 1e6)
        self._decide(name, {"paused_until_us": until})
        return until / 1e6

    def resume(self, name: str) -> None:
        """End a pause, an operator's or a provider's."""
        self._expect(name)
        for key in self.known():
            if _name_of(key) == name:
                self.call(partial(self.client.hdel, budget_part(key, "control"), "pause"))
        self._decide(name, {"paused_until_us": 0})

    def now(self) -> int:
        """Redis' time in microseconds."""
        seconds, microseconds = self.call(self.client.time)
        return int(seconds) * 1_000_000 + int(microseconds)

    def call(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - a driver's reply
        """What Redis answers.

        Raises:
            BudgetError: it does not.
        """
        try:
            return call()
        except redis.RedisError as error:
            message = f"Redis at {self.place} does not answer: {' '.join(str(error).split())}"
            raise BudgetError(message) from None

    def _decide(self, name: str, changes: dict[str, Any]) -> Override:
        decided = msgspec.structs.replace(self.overrides().get(name, Override()), **changes, by=getpass.getuser())
        if msgspec.structs.replace(decided, by="") == Override():
            self.clear(name)
            return decided
        self.call(lambda: self.client.hset(OVERRIDES_KEY, name, msgspec.json.encode(decided)))
        self._tell()
        return decided

    def _tell(self) -> None:
        self.call(lambda: self.client.publish(CHANNEL, OVERRIDES))

    def _expect(self, name: str) -> None:
        names = {_name_of(key) for key in self.known()} | set(self.overrides())
        if name not in names:
            known = ", ".join(sorted(names)) or "nobody used one in the last week"
            message = f"there is no budget {name!r} at {self.place}: {known}"
            raise ConfigError(message)


def _name_of(key: str) -> str:
    return key.partition(":")[0]
