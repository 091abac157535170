"""What tests ask of the endpoint behind the clients' backs: who called what, and refusals on command.

``GET /_aws/calls`` tells how often each action was called by whom, ``DELETE`` forgets it. ``PUT /_aws/faults`` with
``{"action": "kms:Decrypt", "code": "ThrottlingException", "status": 400, "times": 3}`` refuses the next calls of an
action (patterns as in a policy; without ``times``: until ``DELETE /_aws/faults``).
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase

from dif_sandbox.aws._errors import AwsError

__all__ = ["Control"]


@dataclass(slots=True)
class _Fault:
    action: str
    code: str
    status: int
    times: int | None


class Control:
    """Counts the calls, and holds the refusals that are due."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._faults: list[_Fault] = []

    def met(self, action: str, caller: str) -> None:
        """Note a call.

        Raises:
            AwsError: it is to be refused.
        """
        self._calls[action, caller] += 1
        for fault in self._faults:
            if fnmatchcase(action, fault.action) and fault.times != 0:
                fault.times = None if fault.times is None else fault.times - 1
                raise AwsError(fault.code, "refused on command", status=fault.status)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        """The answer to a request of a test: status, content type, body."""
        match method, path:
            case "GET", "calls":
                told = [{"action": a, "caller": who, "count": n} for (a, who), n in sorted(self._calls.items())]
                return _json(200, {"calls": told})
            case "DELETE", "calls":
                self._calls.clear()
            case "PUT", "faults":
                try:
                    asked = json.loads(body)
                    self._faults.append(
                        _Fault(asked["action"], asked["code"], int(asked.get("status", 400)), asked.get("times"))
                    )
                except (KeyError, TypeError, ValueError) as error:
                    return _json(400, {"error": f"a fault has action, code, and perhaps status and times: {error!r}"})
            case "DELETE", "faults":
                self._faults.clear()
            case _:
                return _json(404, {"error": "there are /_aws/calls and /_aws/faults"})
        return _json(200, {})


def _json(status: int, content: object) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(content).encode()
