"""Brings a stage up in moto and carries its state machine out, as often as standard input has a line that says how.

usage: carry_out.py ASSEMBLY STAGE. A line is JSON: `planner` is what the planner answers, `jobs` what each client's job
answers in Lambda, one call after the other ({"raises": NAME} raises), `tasks` what becomes of each client's tasks, one
after the other: {"raises": CODE} is what RunTask answers, {"fails": REASON} a failure in its answer, {"exit": CODE} how
the task ends; a task of which nothing is told ends well. Or `borrow` names a client and `keys` objects: see borrow.py.
The first line of the answer tells of the stacks.

It is started with the venv of the CDK, which has moto; tests have not.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from account import account
from borrow import borrow
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api import state_manager
from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl


class Play:
    """What the code behind functions and tasks would do, as a test tells it."""

    def __init__(self) -> None:
        self.planner: Any = None
        self.jobs: dict[str, list[Any]] = {}
        self.tasks: dict[str, list[dict[str, Any]]] = {}

    def told(self, line: Mapping[str, Any]) -> None:
        self.planner, self.jobs, self.tasks = line["planner"], line["jobs"], line["tasks"]

    def invoke(self, name: str, body: Any, told: dict[str, str]) -> bytes:
        event = json.loads(body)
        answer = self.planner if name.endswith("-planner") else self.jobs[event["client"]].pop(0)
        if "raises" in answer:
            told["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": answer["raises"], "errorMessage": "as the test wants it"}).encode()
        return json.dumps(answer).encode()


class NoRoomError(Exception):
    """There is no capacity for a task: RunTask answers with a failure."""


class Waits:
    """The clock of retries: nobody waits, and it is told how long it would have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


def machine() -> str:
    """The machine as its stack has made it; moto's interpreter keeps machines of its own."""
    (made,) = stepfunctions_backends["123456789012"]["eu-central-1"].state_machines
    machines = boto3.client("stepfunctions")
    # Its grammar knows this number with a fraction only.
    told = made.definition.replace('"ToleratedFailurePercentage":100', '"ToleratedFailurePercentage":100.0')
    return machines.create_state_machine(name=made.name, definition=told, roleArn=made.roleArn)["stateMachineArn"]


def carry_out(arn: str, made: Mapping[str, str]) -> dict[str, Any]:
    machines, tasks, letters = (boto3.client(name) for name in ("stepfunctions", "ecs", "sqs"))
    (cluster,) = tasks.list_clusters()["clusterArns"]
    seen = set(tasks.list_tasks(cluster=cluster)["taskArns"])
    run = machines.start_execution(stateMachineArn=arn, input="{}", name=uuid4().hex)["executionArn"]
    until = time.monotonic() + 60
    while (end := machines.describe_execution(executionArn=run))["status"] == "RUNNING" and time.monotonic() < until:
        time.sleep(0.02)
    started = [arn for arn in tasks.list_tasks(cluster=cluster)["taskArns"] if arn not in seen]
    queue = next(value for name, value in made.items() if name.startswith("Dead"))
    dead = letters.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for letter in dead:
        letters.delete_message(QueueUrl=queue, ReceiptHandle=letter["ReceiptHandle"])
    return {
        "status": end["status"], "output": json.loads(end.get("output") or "null"), "cause": end.get("cause"),
        "tasks": tasks.describe_tasks(cluster=cluster, tasks=started, include=["TAGS"])["tasks"] if started else [],
        "dead": [json.loads(letter["Body"]) for letter in dead],
    }  # fmt: skip


def act(play: Play, waits: Waits) -> None:
    """Put the play in the place of the code that would run."""
    start, answer = EC2ContainerServiceBackend.run_task, EC2ContainerServiceResponse.run_task

    def invoke(_: Any, name: str, _qualifier: Any, body: Any, _headers: Any, told: dict[str, str]) -> bytes:
        return play.invoke(name, body, told)

    def run_task(self: Any, cluster: str, task: str, count: int, overrides: Any, *rest: Any) -> Any:
        told = play.tasks.get(overrides["taskRoleArn"].rpartition("-")[2])
        how = told.pop(0) if told else {}
        if "raises" in how:
            raise ECSException(how["raises"], "as the test wants it")
        if "fails" in how:
            raise NoRoomError(how["fails"])
        started = start(self, cluster, task, count, overrides, *rest)
        started[0].containers[0].exitCode = how.get("exit", 0)
        return started

    def answered(self: Any) -> Any:
        try:
            return answer(self)
        except NoRoomError as full:
            return ActionResult({"tasks": [], "failures": [{"reason": str(full)}]})

    LambdaSimpleBackend.invoke, EC2ContainerServiceBackend.run_task = invoke, run_task
    EC2ContainerServiceResponse.run_task = answered
    retrier_decl.time = waits
    state_manager.set_transition("ecs::task", {"progression": "immediate"})  # a task has ended when it is looked at


def main() -> None:
    play, waits = Play(), Waits()
    act(play, waits)
    with account(Path(sys.argv[1]), sys.argv[2]) as stacks:
        say(stacks)
        arn = machine()
        (lake,) = (name for name in stacks["foundation"]["made"].values() if "-lake5" in name)
        for line in map(json.loads, sys.stdin):
            if "borrow" in line:
                say(borrow(sys.argv[2], lake, line["borrow"], line["keys"]))
            else:
                play.told(line)
                waits.seconds = []
                say({**carry_out(arn, stacks["jobs"]["made"]), "waits": waits.seconds})


def say(told: Any) -> None:
    sys.stdout.write(json.dumps(told, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"}
    main()
