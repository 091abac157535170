"""What goes wrong in the week: drawn by the seed, begun at a day's dawn, over after a run, at noon or days later."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.proxy import Fault, Kind

from soak.fleet import Pair
from soak.places import ADDED

if TYPE_CHECKING:
    from soak.world import World

__all__ = ["KINDS", "Lasts", "Trouble", "draw"]

NOON: Final = timedelta(hours=10)
MOST_DAYS: Final = 3
MOST_BYTES: Final = 4000
SHARE: Final = 0.03
FEWEST: Final = 4


class Lasts(Enum):
    """How long one goes on."""

    RUN = "one run"
    MORNING = "a morning"
    DAYS = "days"
    ALWAYS = "always"


@dataclass(frozen=True)
class Mischief:
    """One kind: what it does to a pair, and what the ledger may say of runs under it."""

    lasts: Lasts
    causes: frozenset[str] = frozenset()
    begin: Callable[[World, Trouble], None] = lambda _world, _trouble: None
    end: Callable[[World, Trouble], None] = lambda _world, _trouble: None
    #: What `Pump` does at a moment of the first run, if anything.
    moment: Callable[[random.Random], dict[str, Any]] | None = None
    #: Whether it is everybody's who has the channel.
    is_shared: bool = False
    #: Whether it can be done to a pair.
    fits: Callable[[Pair], bool] = lambda _pair: True


@dataclass
class Trouble:
    """One that was drawn."""

    kind: str
    pairs: tuple[Pair, ...]
    until: datetime
    seed: float
    met: bool = False
    over: bool = False
    held: dict[str, Any] = field(default_factory=dict)

    @property
    def mischief(self) -> Mischief:
        """Its kind."""
        return KINDS[self.kind]


def draw(
    world: World, chance: random.Random, morning: datetime, deck: list[str], kinds: Iterable[str]
) -> list[Trouble]:
    """A day's troubles: every kind in turn, each for a pair that has none."""
    pairs = list(world.fleet.pairs.values())
    number = max(FEWEST, round(SHARE * len(pairs)))
    free = [pair for pair in pairs if world.trouble_of(pair) is None]
    chance.shuffle(free)
    drawn: list[Trouble] = []
    for _ in range(number):
        if not deck:
            deck.extend(kinds)
            chance.shuffle(deck)
        kind = deck.pop()
        mischief = KINDS[kind]
        if mischief.is_shared and any(each.mischief.is_shared for each in drawn):
            deck.insert(0, kind)
            continue
        pair = next((each for each in free if mischief.fits(each)), None)
        if pair is None:
            continue
        days = chance.randint(1, MOST_DAYS) if mischief.lasts is Lasts.DAYS else 0
        whose = tuple(each for each in free if each.channel is pair.channel) if mischief.is_shared else (pair,)
        free = [each for each in free if each not in whose]
        drawn.append(Trouble(kind, whose, morning + NOON + timedelta(days=days), chance.random()))
    return drawn


def _about(pair: Pair, accounts: Sequence[str]) -> dict[str, str]:
    whom = "(" + "|".join(accounts) + ")"
    return {place: expression.format(whom) for place, expression in pair.channel.about.items()}


def _provider(fault: Callable[[Trouble], Mapping[str, Any]]) -> dict[str, Any]:
    def begin(_world: World, trouble: Trouble) -> None:
        provider = trouble.pairs[0].provider
        trouble.held["fault"] = {"times": None, **fault(trouble)}
        provider.put("faults", [*provider.faults, trouble.held["fault"]])
        provider.faults.append(trouble.held["fault"])

    def end(_world: World, trouble: Trouble) -> None:
        provider = trouble.pairs[0].provider
        provider.faults.remove(trouble.held["fault"])
        provider.put("faults", provider.faults)

    return {"begin": begin, "end": end}


def _settings(file: str, change: Callable[[World, Trouble], Mapping[str, Any]]) -> dict[str, Any]:
    def begin(world: World, trouble: Trouble) -> None:
        (pair,) = trouble.pairs
        trouble.held["settings"] = pair.read(file)
        pair.write(file, trouble.held["settings"] | change(world, trouble))

    def end(_world: World, trouble: Trouble) -> None:
        (pair,) = trouble.pairs
        pair.write(file, trouble.held["settings"])

    return {"begin": begin, "end": end}


def _at_a_byte(does: str, *victims: str) -> Callable[[random.Random], dict[str, Any]]:
    return lambda chance: {"after": chance.randrange(1, MOST_BYTES), "does": does, "victims": victims}


def _forget(world: World, trouble: Trouble) -> None:
    (pair,) = trouble.pairs
    pair.sign_in(rightly=False)


def _renew(_world: World, trouble: Trouble) -> None:
    (pair,) = trouble.pairs
    pair.sign_in()


def _maps(columns: Callable[[Pair], Mapping[str, str]]) -> dict[str, Any]:
    made = _settings(
        "tap", lambda _world, trouble: {"stream_maps": {trouble.pairs[0].channel.figures: columns(trouble.pairs[0])}}
    )
    return {"begin": made["begin"]}


def _first_number(pair: Pair) -> Mapping[str, str]:
    """A column of whole numbers becomes one of texts."""
    for entry in pair.streams:
        if entry["tap_stream_id"] == pair.channel.figures:
            keys = {*entry["key_properties"], entry.get("replication_key")}
            for name, facts in entry["schema"]["properties"].items():
                if name not in keys and "integer" in facts.get("type", ()):
                    return {name: f"str({name}) if {name} is not None else None"}
    return {}


def _stumbles(world: World, trouble: Trouble) -> None:
    (pair,) = trouble.pairs
    world.s3.inject(Fault(Kind.STATUS, match=f"^PUT .*/{pair.client}/{pair.tap}/", times=2, status=503))


def _drops(world: World, trouble: Trouble) -> None:
    kind = Kind.DROP_BEFORE if trouble.seed < 0.5 else Kind.LOST_ANSWER
    world.sql.inject(Fault(kind, match="^COMMIT", skip=int(trouble.seed * 8) % 4))


def _with(first: Callable[[World, Trouble], None], then: dict[str, Any]) -> dict[str, Any]:
    def begin(world: World, trouble: Trouble) -> None:
        first(world, trouble)
        then["begin"](world, trouble)

    return {"begin": begin, "end": then["end"]}


DIED: Final = frozenset({"tap_died", "target_died", "supervisor_died", "tap_failed", "target_failed", "stopped",
                         "receipt_missing", "rows_differ", "fenced_off", "unproven"})  # fmt: skip
REFUSED: Final = frozenset({"partition_failed", "tap_failed"})


def _has_accounts(pair: Pair) -> bool:
    return bool(pair.channel.about) and len(pair.accounts) > 1


KINDS: Final[dict[str, Mischief]] = {
    "token revoked": Mischief(Lasts.DAYS, frozenset({"credential"}), begin=_forget, end=_renew),
    "account forbidden": Mischief(
        Lasts.DAYS,
        REFUSED,
        fits=_has_accounts,
        **_provider(lambda trouble: {"kind": "forbidden"} | _about(trouble.pairs[0], trouble.pairs[0].accounts[:1])),
    ),
    "provider throttles": Mischief(
        Lasts.MORNING,
        frozenset({"deferred", "partition_failed", "tap_failed"}),
        is_shared=True,
        **_provider(lambda trouble: {"kind": "throttle", **trouble.pairs[0].channel.busy}),
    ),
    "provider down": Mischief(
        Lasts.MORNING,
        REFUSED,
        fits=lambda pair: bool(pair.channel.about),
        **_provider(lambda trouble: {"kind": "status"} | _about(trouble.pairs[0], trouble.pairs[0].accounts)),
    ),
    "warehouse down": Mischief(
        Lasts.MORNING, DIED, **_settings("target", lambda world, _trouble: {"port": world.dead_port})
    ),
    "S3 down": Mischief(
        Lasts.MORNING,
        DIED,
        **_settings(
            "target",
            lambda world, _trouble: {
                "endpoint_url": f"http://127.0.0.1:{world.dead_port}",
                "s3_retry_seconds": 1,
            },
        ),
    ),
    "S3 stumbles": Mischief(
        Lasts.RUN,
        **_with(
            _stumbles,
            _settings("target", lambda world, _trouble: {"endpoint_url": f"http://127.0.0.1:{world.s3.port}"}),
        ),
    ),
    "warehouse drops": Mischief(
        Lasts.RUN, **_with(_drops, _settings("target", lambda world, _trouble: {"port": world.sql.port}))
    ),
    "kill -9 tap": Mischief(Lasts.RUN, DIED, moment=_at_a_byte("kill", "tap")),
    "kill -9 target": Mischief(Lasts.RUN, DIED, moment=_at_a_byte("kill", "target")),
    "kill -9 both": Mischief(Lasts.RUN, DIED, moment=_at_a_byte("kill", "tap", "target")),
    "kill -9 ledger": Mischief(Lasts.RUN, DIED, moment=_at_a_byte("kill", "ledger")),
    "SIGTERM tap": Mischief(Lasts.RUN, DIED, moment=_at_a_byte("stop", "tap")),
    # The tap, and with it the pump: a target that is stopped in a transaction would hold up the client's other taps.
    "frozen": Mischief(Lasts.MORNING, DIED, moment=_at_a_byte("freeze", "tap")),
    "started twice": Mischief(Lasts.RUN),
    "Valkey restarts": Mischief(Lasts.RUN, DIED | {"deferred"}, is_shared=True),
    "new column": Mischief(Lasts.ALWAYS, **_maps(lambda _pair: {ADDED: "'new'"})),
    "type changes": Mischief(Lasts.ALWAYS, fits=lambda pair: bool(_first_number(pair)), **_maps(_first_number)),
}
"""By name, as the table at the end has them."""
