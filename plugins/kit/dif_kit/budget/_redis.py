"""Budgets of a fleet: every question is one Lua call, Redis' clock is the only clock."""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec
import redis

from dif_kit.budget._ask import Answer, Ask, LeaseAnswer, Part, Signal, StoreLostError
from dif_kit.budget._calendar import midnights
from dif_kit.budget._keys import CHANNEL, OVERRIDES_KEY, budget_part, facts_key, lease_keys, policy_key, token_key
from dif_kit.budget._policy import CalendarDay, Points, Policy, Rolling, Window
from dif_kit.budget._terms import Override
from dif_kit.budget._together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redis.client import PubSub
    from redis.commands.core import Script

__all__ = ["RedisStore"]

_LOGGER = logging.getLogger(__name__)

LISTEN_SECONDS: Final = 0.5
RECONNECT_SECONDS: Final = 1.0

# A script may be written in several files.
SCRIPTS: Final = {
    "reserve": ("bucket", "policies", "shares", "reserve"),
    "settle": ("bucket", "settle"),
    "postpone": ("postpone",),
    "signal": ("bucket", "signal"),
    "lease": ("lease",),
}
MOST_DAY_CHANGES: Final = 3
# What a message begins with that tells of postponed starts, a line each; lua/postpone.lua writes it.
POSTPONED: Final = "@"
FACTS_LAST_SECONDS: Final = 7 * 86_400


class RedisStore:
    """The store of a fleet; safe to use from several threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._reserve = _script(client, "reserve")
        self._settle = _script(client, "settle")
        self._postpone = _script(client, "postpone")
        self._signal = _script(client, "signal")
        self._lease = _script(client, "lease")
        self._together = Together(self._reserve_all)
        self._now_us = 0
        self._stopped = threading.Event()
        self._listener: threading.Thread | None = None
        self._subscription: PubSub | None = None

    def reserve(self, ask: Ask) -> Answer:
        """See `Store.reserve`."""
        return self._together.reserve(ask)

    def _reserve_all(self, ask: Ask, tokens: Sequence[str]) -> list[Answer]:
        """One call for one or more asks that differ in their tokens only."""
        # The script counts days between the midnights around its own clock: it says so if these are others.
        now_us = self._now_us or (self._read_clock() if _counts_days(ask) else 0)
        for _ in range(MOST_DAY_CHANGES):
            keys, question = _reserve_question(ask, tokens, now_us)
            asked_at = time.monotonic()
            now, *rest = self._run(self._reserve, keys, question)
            heard_at = time.monotonic()
            self._now_us = now_us = int(now)
            if rest:
                fleet, left, *granted = rest
                return [
                    Answer(
                        granted=bool(is_granted),
                        now_us=now_us,
                        go_at_us=int(go_at),
                        reason=(int(part), what.decode()),
                        fleet=int(fleet),
                        left=tuple(map(int, left)),
                        origin=self,
                        due_from=asked_at + (int(go_at) - now_us) / 1e6,
                        due_by=heard_at + (int(go_at) - now_us) / 1e6,
                    )
                    for is_granted, go_at, part, what in granted
                ]
        message = "its clock jumps from day to day"
        raise StoreLostError(message)

    def settle(self, part: Part, token: str, go_at_us: int, actual: int) -> None:
        """See `Store.settle`."""
        keys = [budget_part(part.key, each) for each in ("control", "waiting")]
        keys += [policy_key(part.key, policy) for policy in part.policies]
        policies = [_policy_facts(policy, go_at_us) for policy in part.policies]
        question = {"token": token, "go_at": go_at_us, "reserved": part.cost, "actual": actual, "policies": policies}
        self._run(self._settle, keys, question)

    def postpone(self, parts: Sequence[Part], token: str, to_us: int) -> dict[str, int]:
        """See `Store.postpone`."""
        keys: list[str] = []
        windows = []
        for part in parts:
            for policy in part.policies:
                if isinstance(policy, Window):
                    keys += [budget_part(part.key, "control"), policy_key(part.key, policy)]
                    facts = {"cost": part.cost, "limit": policy.limit, "period": policy.period}
                    windows.append({"control": len(keys) - 1, "key": len(keys), **facts})
        question = {"channel": CHANNEL, "token": token, "to": to_us, "windows": windows}
        moved = iter(self._run(self._postpone, keys, question))
        return {each.decode(): int(start) for each, start in zip(moved, moved, strict=True)}

    def signal(self, key: str, signal: Signal) -> None:
        """See `Store.signal`."""
        question: dict[str, Any] = {"channel": CHANNEL, "name": key, "slow_down": signal.slow_down}
        keys = [budget_part(key, "control")]
        if signal.pause_us is not None:
            question["pause"] = signal.pause_us
        if signal.remaining is not None:
            question |= {"remaining": signal.remaining, "reset": signal.reset_us}
        if signal.usage_percent is not None:
            question["usage"] = signal.usage_percent
        if signal.points is not None:
            question["points"] = _policy_facts(signal.points, 0)
            keys.append(policy_key(key, signal.points))
        self._run(self._signal, keys, question)

    def take_lease(self, name: str, token: str, *, holders: int, ttl_us: int, patience_us: int) -> LeaseAnswer:
        """See `Store.take_lease`."""
        question = {"action": "take", "token": token, "holders": holders, "ttl": ttl_us, "patience": patience_us}
        fence, *taken = self._run_lease(name, question)
        if not taken:
            return LeaseAnswer(int(fence))
        wait, holder, since = taken
        return LeaseAnswer(0, int(wait), holder.decode(), int(since))

    def renew_lease(self, name: str, token: str, *, ttl_us: int) -> bool:
        """See `Store.renew_lease`."""
        (held,) = self._run_lease(name, {"action": "renew", "token": token, "ttl": ttl_us})
        return bool(held)

    def give_lease(self, name: str, token: str) -> None:
        """See `Store.give_lease`."""
        self._run_lease(name, {"action": "give", "token": token})

    def announce(self, key: str, texts: tuple[str, ...]) -> None:
        """See `Store.announce`."""
        self._call(lambda: self._client.set(facts_key(key), json.dumps(texts), ex=FACTS_LAST_SECONDS))

    def overrides(self) -> dict[str, Override]:
        """See `Store.overrides`."""
        held = self._call(lambda: self._client.hgetall(OVERRIDES_KEY))
        return {name.decode(): msgspec.json.decode(text, type=Override) for name, text in held.items()}

    def remember(self, identity: str, sealed: bytes, *, seconds: int) -> None:
        """See `Store.remember`."""
        self._call(lambda: self._client.set(token_key(identity), sealed, ex=seconds))

    def recall(self, identity: str) -> tuple[bytes | None, int]:
        """See `Store.recall`."""
        return self._call(lambda: self._client.get(token_key(identity))), self._read_clock()

    def listen(self, wake: Callable[[str], None], later: Callable[[str, int], None]) -> None:
        """See `Store.listen`."""
        self._listener = threading.Thread(target=self._hear, args=(wake, later), name="dif-budgets", daemon=True)
        self._listener.start()

    def close(self) -> None:
        """See `Store.close`."""
        self._stopped.set()
        if self._subscription is not None:
            # Its answer ends the listener's wait. Without one it ends by itself, a little later.
            with suppress(redis.RedisError, OSError):
                self._subscription.unsubscribe(CHANNEL)  # type: ignore[no-untyped-call]
        if self._listener is not None:
            self._listener.join()
        self._client.close()

    def _read_clock(self) -> int:
        seconds, microseconds = self._call(self._client.time)
        return int(seconds) * 1_000_000 + int(microseconds)

    def _run_lease(self, name: str, question: dict[str, Any]) -> Any:  # noqa: ANN401 - a script's reply
        return self._run(self._lease, lease_keys(name), {**question, "channel": CHANNEL})

    def _run(self, script: Script, keys: Sequence[str], question: dict[str, Any]) -> Any:  # noqa: ANN401 - a script's reply
        return self._call(lambda: script(keys=list(keys), args=[json.dumps(question)]))

    def _call(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - a driver's reply
        try:
            return call()
        except redis.RedisError as error:
            raise StoreLostError(_said(error)) from None

    def _hear(self, wake: Callable[[str], None], later: Callable[[str, int], None]) -> None:
        """Pass messages on until closed."""
        while not self._stopped.is_set():
            try:
                subscription: PubSub = self._client.pubsub()  # type: ignore[no-untyped-call]
                self._subscription = subscription
                with subscription:
                    subscription.subscribe(CHANNEL)
                    while not self._stopped.is_set():
                        message = subscription.get_message(timeout=LISTEN_SECONDS)
                        if message is None:
                            continue
                        # A (re)subscription wakes all: what came before it was missed.
                        told = message["data"].decode() if message["type"] == "message" else ""
                        if told.startswith(POSTPONED):
                            for line in told.removeprefix(POSTPONED).split("\n"):
                                start, _, token = line.partition(" ")
                                later(token, int(start))
                        else:
                            wake(told)
            except (redis.RedisError, OSError, ValueError) as error:
                _LOGGER.debug("listening for pauses was interrupted: %s", _said(error))
                self._stopped.wait(RECONNECT_SECONDS)


def _script(client: redis.Redis, name: str) -> Script:
    return client.register_script(_source(name))


def _source(name: str) -> str:
    folder = files("dif_kit.budget") / "lua"
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in SCRIPTS[name])


def _said(error: Exception) -> str:
    """What a driver's error says, in one line; its own messages name no password."""
    return " ".join(str(error).split()) or type(error).__name__


def _counts_days(ask: Ask) -> bool:
    return any(isinstance(policy, CalendarDay) for part in ask.parts for policy in part.policies)


def _reserve_question(ask: Ask, tokens: Sequence[str], now_us: int) -> tuple[list[str], dict[str, Any]]:
    keys: list[str] = []

    def number(key: str) -> int:
        keys.append(key)
        return len(keys)

    parts = [
        {
            **{each: number(budget_part(part.key, each)) for each in ("control", "members", "shares", "waiting")},
            "cost": part.cost,
            "not_before": part.not_before_us,
            "policies": [
                {"key": number(policy_key(part.key, policy)), **_policy_facts(policy, now_us)}
                for policy in part.policies
            ],
        }
        for part in ask.parts
    ]
    return keys, {
        "tokens": list(tokens),
        "member": ask.member,
        "horizon": ask.horizon_us,
        "client": ask.client,
        "weight": round(ask.weight * 1000),
        "parts": parts,
    }


def _policy_facts(policy: Policy, now_us: int) -> dict[str, Any]:
    """What the scripts know of a policy; the midnights of a calendar day are those around ``now_us``."""
    match policy:
        case Window():
            return {"kind": "window", "limit": policy.limit, "period": policy.period, "gap": policy.gap}
        case Rolling():
            return {"kind": "rolling", "limit": policy.limit, "period": policy.bucket}
        case CalendarDay():
            days = midnights(policy.zone, now_us)
            return {"kind": "day", "limit": policy.limit, "period": 0, "midnights": days}
        case Points():
            return {"kind": "points", "limit": policy.limit, "restore": policy.restore, "period": policy.period}
        case _:
            message = f"{policy.text!r} is not counted at the start"
            raise TypeError(message)
