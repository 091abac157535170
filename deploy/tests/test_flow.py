"""A stage brought up in moto: its stacks hold together, and each job of its state machine ends where it should."""

from __future__ import annotations

import json
from typing import Any

from dif_deploy._plan import Carrier, Reason
from dif_deploy.handlers import job_of

# CloudFormation in moto passes over these: test_stages.py reads them in the templates.
PASSED_OVER = {
    "dif-registry": [],
    "foundation": ["AWS::S3::BucketPolicy"],
    "clients": [],
    "jobs": ["AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule"],
    "watch": ["AWS::CloudWatch::Alarm", "AWS::SNS::TopicPolicy"],
}


def job(client: str, carrier: str, **more: Any) -> dict[str, Any]:
    return {"client": client, "tap": "tap-x", "target": "target-y", "carrier": carrier, "reason": "schedule",
            "due_at": "2026-11-27T06:00:00Z", "hand_overs": 0, **more}  # fmt: skip


def by_client(tasks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The tasks of ECS by the client that their cost is told by; never two of one."""
    named = {tag["value"]: task for task in tasks for tag in task["tags"] if tag["key"] == "client"}
    assert len(named) == len(tasks)
    return named


def command(task: dict[str, Any]) -> list[str]:
    (container,) = task["overrides"]["containerOverrides"]
    assert container["name"] == "job"
    return container["command"]


def test_jobs_go_from_lambda_to_lambda_to_ecs(staging: Any) -> None:
    end = staging.carry_out(
        [job("acme", "lambda"), job("globex", "lambda"), job("demo", "ecs")],
        {
            "acme": [
                job("acme", "lambda", status="hand_over", hand_overs=1),
                job("acme", "ecs", status="hand_over", hand_overs=2),
            ],
            "globex": [job("globex", "lambda", status="deferred")],
        },
    )
    assert end["status"] == "SUCCEEDED", end
    assert end["dead"] == []
    tasks = by_client(end["tasks"])
    assert set(tasks) == {"acme", "demo"}
    assert end["output"][1]["status"] == "deferred"
    assert [out["LastStatus"] for out in (end["output"][0], end["output"][2])] == ["STOPPED", "STOPPED"]
    assert command(tasks["acme"])[:2] == ["dif-deploy", "run"]
    handed = job_of(json.loads(command(tasks["acme"])[2]))
    assert (handed.client, handed.carrier, handed.hand_overs) == ("acme", Carrier.ECS, 2)


def test_a_task_runs_as_its_client_and_its_cost_is_told_by_client_and_channel(staging: Any) -> None:
    end = staging.carry_out([job("acme", "ecs"), job("globex", "ecs", reason="catch_up")])
    tasks = by_client(end["tasks"])
    made = {name for stack in staging.stacks.values() for name in stack["made"].values()}
    for client, task in tasks.items():
        name = task["overrides"]["taskRoleArn"].rpartition("/")[2]
        assert name == f"dif-staging-client-{client}"
        assert name in made
        assert {"key": "channel", "value": "tap-x"} in task["tags"]
        assert task["launchType"] == "FARGATE"
    assert job_of(json.loads(command(tasks["globex"])[2])).reason is Reason.CATCH_UP


def test_a_job_that_cannot_be_carried_out_is_a_dead_letter_and_does_not_stop_the_others(staging: Any) -> None:
    end = staging.carry_out(
        [job("acme", "ecs"), job("globex", "lambda"), job("demo", "lambda")],
        {"globex": [job("globex", "lambda", status="done")], "demo": [{"raises": "ConfigError"}]},
        {"acme": [{"raises": "ClientException"}]},
    )
    assert end["status"] == "SUCCEEDED", end
    assert end["output"][1]["status"] == "done"
    letters = {letter["client"]: letter for letter in end["dead"]}
    assert set(letters) == {"acme", "demo"}
    assert letters["demo"]["error"]["Error"] == "ConfigError"
    assert letters["acme"]["error"] == {"Error": "ECS.ClientException", "Cause": "as the test wants it"}
    assert end["waits"] == []  # what asks for the impossible is not asked again
    assert job_of(letters["acme"]).tap == "tap-x"  # whoever reads the letter can start it by hand


def test_a_lambda_that_is_throttled_is_called_again_ever_later_and_only_so_often(staging: Any) -> None:
    busy = {"raises": "Lambda.TooManyRequestsException"}
    end = staging.carry_out([job("acme", "lambda")], {"acme": [busy, busy, job("acme", "lambda", status="done")]})
    assert (end["output"][0]["status"], end["dead"]) == ("done", [])
    assert len(end["waits"]) == 2
    assert end["waits"][0] <= 5
    assert end["waits"][1] <= 10
    end = staging.carry_out([job("acme", "lambda")], {"acme": [busy] * 5})
    (letter,) = end["dead"]
    assert letter["error"]["Error"] == busy["raises"]
    assert len(end["waits"]) == 4
    # What a handler raises has happened in our code: another call would raise it again.
    end = staging.carry_out([job("acme", "lambda")], {"acme": [{"raises": "CredentialError"}]})
    assert (len(end["dead"]), end["waits"]) == (1, [])


NO_CAPACITY = {"fails": "Capacity is unavailable at this time. Please try again later"}


def test_a_task_that_cannot_start_is_asked_for_again_ever_later_and_only_so_often(staging: Any) -> None:
    busy = {"acme": [{"raises": "ServerException"}, NO_CAPACITY], "globex": [NO_CAPACITY] * 6}
    end = staging.carry_out([job("acme", "ecs"), job("globex", "ecs"), job("demo", "ecs")], tasks=busy)
    assert end["status"] == "SUCCEEDED", end
    assert set(by_client(end["tasks"])) == {"acme", "demo"}  # one task each: what was refused has begun nothing
    (letter,) = end["dead"]
    assert letter["client"] == "globex"
    assert letter["error"] == {"Error": "AmazonECS.Unknown", "Cause": NO_CAPACITY["fails"]}
    assert job_of(letter).tap == "tap-x"
    # Five tries again of globex, two of acme: 10 s at most before the first, twice as long before each next.
    assert len(end["waits"]) == 7
    assert all(waited <= 10 * 2**4 for waited in end["waits"])
    assert sum(waited <= 10 for waited in end["waits"]) >= 2


def test_a_task_that_dies_is_a_dead_letter_at_once_and_the_others_go_on(staging: Any) -> None:
    """The planner sees the run that nobody ended and starts it again; the state machine does not know what it did."""
    killed = {"acme": [{"exit": 137}]}
    end = staging.carry_out([job("acme", "ecs"), job("demo", "ecs")], tasks=killed)
    assert (end["status"], end["waits"]) == ("SUCCEEDED", [])
    assert set(by_client(end["tasks"])) == {"acme", "demo"}
    (letter,) = end["dead"]
    assert (letter["client"], letter["error"]["Error"]) == ("acme", "States.TaskFailed")
    assert "137" in letter["error"]["Cause"]


def test_where_nothing_is_due_nothing_happens(staging: Any) -> None:
    end = staging.carry_out([])
    assert (end["status"], end["output"], end["tasks"], end["dead"]) == ("SUCCEEDED", [], [], [])


def test_all_stacks_come_up_and_only_what_is_read_elsewhere_is_passed_over(staging: Any) -> None:
    stacks = {name: stack for name, stack in staging.stacks.items() if not name.startswith("clients-")}
    roles = [stack for name, stack in staging.stacks.items() if name.startswith("clients-")]
    assert {stack["status"] for stack in staging.stacks.values()} == {"CREATE_COMPLETE"}
    assert {name: stack["left_out"] for name, stack in stacks.items()} == PASSED_OVER
    assert roles
    assert not [left for stack in roles for left in stack["left_out"]]


def test_a_job_in_lambda_becomes_its_client_and_then_writes_what_is_its_own_alone(staging: Any) -> None:
    keys = {client: [f"raw/{client}/tap-x/ads/1.csv.gz", f"state/{client}:tap-x-to-target-y/state.json"]
            for client in ("acme", "globex", "demo")}  # fmt: skip
    for client, own in keys.items():
        told = staging.borrow(client, [key for some in keys.values() for key in some])
        assert told["who"].endswith(f":assumed-role/dif-staging-client-{client}/dif-{client}")
        assert told["may_put"] == own
        assert told["may_put_without"] == []
