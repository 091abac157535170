"""What can go wrong with a run, and the moments at which it does."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dif_sandbox.proxy import Fault, Kind

from faults.pipe import AtByte

if TYPE_CHECKING:
    from faults.pipe import Run
    from faults.rig import Rig

__all__ = ["FAULTS", "Plan", "faults_of"]

BYTES_A_PLACE = 350
PART, MANIFEST = r"^PUT .*\.csv\.gz", r"^PUT .*/manifest\.json"
WRITES = "^(LOCK|DELETE|MERGE|INSERT)"
ANY = "."
AGAIN_AND_AGAIN = 1000

Act = Callable[["Run", "Rig"], None]


@dataclass
class Plan:
    """One fault of one attempt.

    `s3` and `sql` are for the proxies; at `moment`, if there is one, `act` is done and the pipe goes on. `survives`:
    the run must deliver everything all the same; `fails`: it must say that something is missing. `freezes`: the target
    is stopped at the moment, another run takes over, and then it wakes.
    """

    s3: list[Fault] = field(default_factory=list)
    sql: list[Fault] = field(default_factory=list)
    moment: Fault | AtByte | None = None
    act: Act = lambda _run, _rig: None
    survives: bool = False
    fails: bool = False
    freezes: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def at_byte(self) -> AtByte | None:
        """The moment, if the tap's bytes tell it."""
        return self.moment if isinstance(self.moment, AtByte) else None

    @property
    def was_met(self) -> bool:
        """Whether the fault has come to pass."""
        if self.moment is not None:
            return self.moment.reached.is_set()
        injected = self.s3 + self.sql
        return not injected or any(fault.broken for fault in injected)


Draw = Callable[[random.Random, int], Plan]


def _read(chance: random.Random, places: int) -> Plan:
    return Plan(moment=AtByte(chance.randrange(1, max(2, places * BYTES_A_PLACE))))


def _on_s3(kinds: tuple[Kind, ...], match: str) -> Draw:
    def draw(chance: random.Random, _places: int) -> Plan:
        fault = Fault(chance.choice(kinds), match=match, skip=chance.randrange(8))
        return Plan(s3=[fault], moment=fault)

    return draw


def _on_sql(kinds: tuple[Kind, ...], match: str, most: int = 8) -> Draw:
    def draw(chance: random.Random, _places: int) -> Plan:
        fault = Fault(chance.choice(kinds), match=match, skip=chance.randrange(most))
        return Plan(sql=[fault], moment=fault)

    return draw


HOLDS = (Kind.HOLD, Kind.HOLD_ANSWER)
IN_PUT = _on_s3(HOLDS, f"{PART}|{MANIFEST}")
IN_COPY = _on_sql(HOLDS, "^COPY")
IN_TRANSACTION = _on_sql(HOLDS, WRITES, 20)
BEFORE_COMMIT = _on_sql((Kind.HOLD,), "^COMMIT")
AFTER_COMMIT = _on_sql((Kind.HOLD_ANSWER,), "^COMMIT")
AT_ANY_STATEMENT = _on_sql(HOLDS, ANY, 120)


def _signals(moment: Draw, victims: tuple[str, ...], *numbers: int) -> Draw:
    def draw(chance: random.Random, places: int) -> Plan:
        plan = moment(chance, places)

        def act(run: Run, _rig: Rig) -> None:
            for number in numbers:
                run.send(number, *victims)

        plan.act = act
        return plan

    return draw


def _one_of(*draws: Draw) -> Draw:
    return lambda chance, places: chance.choice(draws)(chance, places)


def _breaks_s3(kind: Kind, **facts: Any) -> Draw:
    def draw(chance: random.Random, _places: int) -> Plan:
        match = chance.choice((PART, MANIFEST, f"{PART}|{MANIFEST}"))
        after = {"after_bytes": chance.randrange(1, 400)} if kind is Kind.TORN_REQUEST else {}
        fault = Fault(kind, match=match, skip=chance.randrange(5), times=chance.randrange(1, 4), **after, **facts)
        return Plan(s3=[fault], survives=True)

    return draw


def _s3_is_down(chance: random.Random, _places: int) -> Plan:
    kind = chance.choice((Kind.STATUS, Kind.REFUSE))
    fault = Fault(kind, match=chance.choice((PART, MANIFEST)), skip=chance.randrange(5), times=AGAIN_AND_AGAIN)
    return Plan(s3=[fault], fails=True, options={"s3_retry_seconds": 1})


def _breaks_sql(kind: Kind, match: str, most: int = 8) -> Draw:
    def draw(chance: random.Random, _places: int) -> Plan:
        return Plan(sql=[Fault(kind, match=match, skip=chance.randrange(most))], survives=True)

    return draw


def _ends_sessions(chance: random.Random, places: int) -> Plan:
    plan = _one_of(_read, IN_PUT, IN_COPY, IN_TRANSACTION, BEFORE_COMMIT)(chance, places)
    plan.act, plan.survives = lambda _run, rig: rig.warehouse.end_sessions(), True
    return plan


def _freezes(*moments: Draw, **settings: Any) -> Draw:
    def draw(chance: random.Random, places: int) -> Plan:
        plan = _one_of(*moments)(chance, places)
        plan.freezes, plan.options = True, settings
        return plan

    return draw


def _disk_is_full(_chance: random.Random, _places: int) -> Plan:
    return Plan(survives=True, options={"disk_is_full": True})


def _output_is_full(_chance: random.Random, _places: int) -> Plan:
    return Plan(fails=True, options={"output_is_full": True})


KILL, TERM = signal.SIGKILL, signal.SIGTERM
_ANYWHERE = {
    "target-s3-csv": _one_of(_read, IN_PUT),
    "target-redshift": _one_of(_read, IN_PUT, IN_COPY, IN_TRANSACTION, BEFORE_COMMIT, AFTER_COMMIT, AT_ANY_STATEMENT),
}


def _of_any_target(anywhere: Draw) -> dict[str, Draw]:
    return {
        "nothing": lambda _chance, _places: Plan(survives=True),
        "kill -9 tap": _signals(anywhere, ("tap",), KILL),
        "kill -9 target": _signals(anywhere, ("target",), KILL),
        "kill -9 both": _signals(anywhere, ("tap", "target"), KILL),
        "SIGTERM tap": _signals(anywhere, ("tap",), TERM),
        "SIGTERM both": _signals(anywhere, ("tap", "target"), TERM),
        "SIGTERM target in read": _signals(_read, ("target",), TERM),
        "SIGTERM target in PUT": _signals(IN_PUT, ("target",), TERM),
        "SIGTERM target twice": _signals(anywhere, ("target",), TERM, TERM),
        "S3 500": _breaks_s3(Kind.STATUS, status=500),
        "S3 503 SlowDown": _breaks_s3(Kind.STATUS, status=503),
        "S3 slow": _breaks_s3(Kind.SLOW, seconds=0.3),
        "S3 torn PUT": _breaks_s3(Kind.TORN_REQUEST),
        "S3 reset": _breaks_s3(Kind.REFUSE),
        "S3 answer lost": _breaks_s3(Kind.LOST_ANSWER),
        "S3 stays down": _s3_is_down,
        "disk full": _disk_is_full,
        "disk of STATE full": _output_is_full,
        "frozen, wakes late": _freezes(_read, IN_PUT),
    }


FAULTS: dict[str, dict[str, Draw]] = {
    "target-s3-csv": _of_any_target(_ANYWHERE["target-s3-csv"]),
    "target-redshift": _of_any_target(_ANYWHERE["target-redshift"])
    | {
        "SIGTERM target in COPY": _signals(IN_COPY, ("target",), TERM),
        "SIGTERM target before COMMIT": _signals(BEFORE_COMMIT, ("target",), TERM),
        "SIGTERM target after COMMIT": _signals(AFTER_COMMIT, ("target",), TERM),
        "warehouse drops before COMMIT": _breaks_sql(Kind.DROP_BEFORE, "^COMMIT"),
        "warehouse drops after COMMIT": _breaks_sql(Kind.LOST_ANSWER, "^COMMIT"),
        "warehouse drops anywhere": _one_of(
            _breaks_sql(Kind.DROP_BEFORE, ANY, 120), _breaks_sql(Kind.LOST_ANSWER, ANY, 120)
        ),
        "warehouse ends sessions": _ends_sessions,
        "frozen, wakes late": _freezes(_read, IN_PUT, IN_COPY),
        "frozen in its transaction": _freezes(IN_TRANSACTION, statement_timeout_seconds=3),
    },
}
"""By target and name: how to draw one of these faults for a run over so many places."""


def faults_of(target: str) -> list[str]:
    """The names of the faults that a target can meet."""
    return list(FAULTS[target])
