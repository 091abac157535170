"""Jobs under the real runtime client of AWS Lambda: planned, handed over before the deadline, each row there once."""

from __future__ import annotations

import gzip
import io
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from dif_deploy._leases import NoPlaceError, at_work
from dif_deploy._settings import Settings
from dif_deploy._state import StateStore
from dif_deploy.handlers import job_of
from dif_kit.errors import DeliveryError
from meltano.core.state_store import MeltanoState
from psycopg.rows import dict_row

JOB = {
    "client": "shop", "tap": "tap-shop", "target": "target-s3-csv", "carrier": "lambda", "reason": "schedule",
    "due_at": "2026-11-27T06:00:00Z",
}  # fmt: skip


@pytest.fixture
def s3(environment: dict[str, str]) -> Any:
    return boto3.client("s3")


def noted(environment: dict[str, str]) -> list[dict[str, Any]]:
    with psycopg.connect(environment["DIF_LEDGER_URL"], row_factory=dict_row) as ledger:
        return ledger.execute(
            "SELECT status, cause, loaded FROM ledger.runs JOIN ledger.streams USING (run_id) "
            "WHERE client = 'shop' ORDER BY started_at"
        ).fetchall()


def delivered(s3: Any, bucket: str) -> list[int]:
    """The ids in all files of data, each as often as it stands there."""
    ids = []
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix="raw/shop/")["Contents"]:
        if entry["Key"].endswith(".csv.gz"):
            body = gzip.decompress(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()).decode()
            head, *lines = io.StringIO(body).read().splitlines()
            place = head.replace('"', "").split(",").index("id")
            ids += [int(line.replace('"', "").split(",")[place]) for line in lines]
    return sorted(ids)


def test_a_job_longer_than_its_deadline_hands_over_twice_and_ends_whole(
    environment: dict[str, str], function: Any, s3: Any
) -> None:
    kind, planned = function("plan_jobs").call({})
    assert kind == "response", planned
    assert [(job["client"], job["carrier"], job["reason"]) for job in planned["jobs"]] == [("shop", "ecs", "schedule")]
    event = {**planned["jobs"][0], "carrier": "lambda"}  # its first load is for ECS; here it begins in Lambda
    worker = function("deadline.run_job")
    ends: list[tuple[str, int, str]] = []
    for _ in range(6):
        kind, event = worker.call(event)
        assert kind == "response", event
        ends.append((event["status"], event["hand_overs"], event["carrier"]))
        if event["status"] != "hand_over":
            break
    assert [status for status, _, _ in ends[:-1]] == ["hand_over"] * (len(ends) - 1)
    assert ends[-1][0] == "done"
    assert len(ends) >= 3
    runs = noted(environment)
    assert [run["loaded"] for run in runs] == [40, 40, 40]
    assert [run["status"] for run in runs] == ["partial", "partial", "done"]
    assert {run["cause"] for run in runs} == {"stopped", None}
    assert delivered(s3, environment["TARGET_S3_CSV_BUCKET"]) == list(range(120))
    left = [float(line) for line in (Path(environment["DIF_WORK"]) / "left").read_text().splitlines()]
    assert len(left) == len(ends)
    assert min(left) > 0
    kept = s3.get_object(
        Bucket=environment["TARGET_S3_CSV_BUCKET"], Key="state/shop:tap-shop-to-target-s3-csv/state.json"
    )["Body"].read().decode()  # fmt: skip
    state = MeltanoState.from_file("shop:tap-shop-to-target-s3-csv", io.StringIO(kept))
    assert state.completed_state["singer_state"]["bookmarks"] == {"ads": 120}
    assert not state.partial_state


def test_what_is_no_job_is_refused_with_a_sentence(function: Any) -> None:
    kind, answer = function("run_job").call({"client": "shop"})
    assert kind == "error"
    assert (answer["errorType"], "is no job" in answer["errorMessage"]) == ("ConfigError", True)


def test_the_state_of_another_run_is_never_replaced(environment: dict[str, str]) -> None:
    uri, name = environment["MELTANO_STATE_BACKEND_URI"], "shop:tap-a-to-target-b"
    slept, other = (StateStore(boto3.Session(), uri, name) for _ in range(2))
    assert (slept.load(), other.load()) == (None, None)
    other.keep({"bookmarks": {"ads": 2}})
    with pytest.raises(DeliveryError, match="another run has put its STATE"):
        slept.keep({"bookmarks": {"ads": 1}})
    assert slept.load() == {"bookmarks": {"ads": 2}}
    slept.keep({"bookmarks": {"ads": 3}})
    with pytest.raises(DeliveryError, match="another run has put its STATE"):
        other.keep({"bookmarks": {"ads": 4}})


def test_a_job_has_one_worker_and_the_fleet_its_places(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIF_PLACES", "2")
    settings = Settings.of_environment()
    jobs = [job_of({**JOB, "client": f"c{number}"}) for number in range(3)]
    with at_work(jobs[0], settings):
        with pytest.raises(NoPlaceError, match="another"), at_work(jobs[0], settings):
            pass
        with at_work(jobs[1], settings), pytest.raises(NoPlaceError, match="full"), at_work(jobs[2], settings):
            pass
        with at_work(jobs[2], settings):
            pass


def test_a_task_of_ecs_that_is_stopped_keeps_what_it_has_and_the_planner_goes_on_at_once(
    environment: dict[str, str], s3: Any
) -> None:
    place = {"Bucket": environment["TARGET_S3_CSV_BUCKET"], "Key": "state/shop:tap-shop-to-target-s3-csv/state.json"}
    s3.delete_object(**place)
    task = subprocess.Popen(
        ["dif-deploy", "run", json.dumps(JOB)], env=environment, stdout=subprocess.PIPE, text=True,
        cwd=environment["MELTANO_PROJECT_ROOT"],
    )  # fmt: skip
    while not any("is sent" in log.read_text() for log in Path(environment["DIF_WORK"]).glob("jobs/*/*/logs/*/*.log")):
        assert task.poll() is None
        time.sleep(0.1)
    assert subprocess.run(["dif-deploy", "health"], env=environment, check=False).returncode == 0
    task.send_signal(signal.SIGTERM)
    out, _ = task.communicate(timeout=30)
    assert (task.returncode, json.loads(out.splitlines()[-1])["status"]) == (0, "hand_over"), out
    assert json.loads(s3.get_object(**place)["Body"].read())["completed"]["singer_state"]["bookmarks"] == {"ads": 40}
    shown = subprocess.run(["dif-deploy", "plan"], env=environment, capture_output=True, text=True, check=True,
                           cwd=environment["MELTANO_PROJECT_ROOT"])  # fmt: skip
    assert "start  go_on" in shown.stdout
