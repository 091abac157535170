"""The state machine, carried out by moto: each job ends where it should, and none is lost."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-deploy" / "bin" / "python"


def carried_out(*answers: Any, options: tuple[str, ...] = ()) -> dict[str, Any]:
    """What becomes of it when the planner, then one job after the other, answer so."""
    done = subprocess.run(
        [PYTHON, HERE / "carry_out.py", *options],
        input=json.dumps(answers), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def job(client: str, carrier: str, **more: Any) -> dict[str, Any]:
    return {"client": client, "tap": "tap-x", "target": "target-y", "carrier": carrier, **more}


def test_jobs_go_from_lambda_to_lambda_to_ecs() -> None:
    end = carried_out(
        {"jobs": [job("acme", "lambda"), job("globex", "lambda"), job("demo", "ecs")]},
        job("acme", "lambda", status="hand_over", hand_overs=1),
        job("acme", "ecs", status="hand_over", hand_overs=2),
        job("globex", "lambda", status="deferred"),
    )
    assert end["status"] == "SUCCEEDED", end
    acme, globex, demo = end["output"]
    assert (acme["hand_overs"], acme["carried_by"]) == (2, "ecs")
    assert (globex["status"], "carried_by" in globex) == ("deferred", False)
    assert (demo["client"], demo["carried_by"]) == ("demo", "ecs")
    assert end["dead"] == []


def test_a_job_that_cannot_be_carried_out_is_a_dead_letter_and_does_not_stop_the_others() -> None:
    end = carried_out(
        {"jobs": [job("acme", "ecs"), job("globex", "lambda")]},
        job("globex", "lambda", status="done"),
        options=("--no-ecs",),
    )
    assert end["status"] == "SUCCEEDED", end
    assert end["output"][1]["status"] == "done"
    (letter,) = end["dead"]
    assert (letter["client"], letter["tap"]) == ("acme", "tap-x")
    assert letter["error"]["Error"]
