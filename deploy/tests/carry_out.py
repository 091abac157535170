"""Carries the state machine out in moto: answers of jobs come on standard input, ends go to standard output.

It is started with the venv of the CDK, which has moto; tests have not.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import boto3
from moto import mock_aws
from moto.awslambda_simple.models import lambda_simple_backends

sys.path.insert(0, str(Path(__file__).parents[1]))
from infrastructure.flow import definition

HERE = "eu-central-1:123456789012"


def main(answers: list[object], *, works: bool) -> dict[str, object]:
    clients = {name: boto3.client(name) for name in ("iam", "sqs", "stepfunctions", "lambda", "ec2", "ecs")}
    role = clients["iam"].create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    for name in ("planner", "job"):
        clients["lambda"].create_function(
            FunctionName=name, Role=role, PackageType="Image",
            Code={"ImageUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/dif:x"},
        )  # fmt: skip
    lambda_simple_backends["123456789012"]["eu-central-1"].lambda_simple_results_queue = [
        json.dumps(answer) for answer in answers
    ]
    dead = clients["sqs"].create_queue(QueueName="dead")["QueueUrl"]
    told = definition(
        planner=f"arn:aws:lambda:{HERE}:function:planner", job=f"arn:aws:lambda:{HERE}:function:job",
        cluster="jobs", task="job", role_pattern="arn:aws:iam::123456789012:role/dif-staging-client-", dead=dead,
        subnets=["subnet-1"], group="sg-1", places=1, distributed=False,
    )  # fmt: skip
    states = told["States"]["Jobs"]["ItemProcessor"]["States"]
    if works:  # moto starts no task: its refusal is what a broken ECS looks like
        states["ECS"] = {"Type": "Pass", "Result": "ecs", "ResultPath": "$.carried_by", "Next": "Ended"}
    machine = clients["stepfunctions"].create_state_machine(name="runs", definition=json.dumps(told), roleArn=role)
    run = clients["stepfunctions"].start_execution(stateMachineArn=machine["stateMachineArn"], input="{}")
    until = time.monotonic() + 40
    while (end := clients["stepfunctions"].describe_execution(executionArn=run["executionArn"]))["status"] == "RUNNING":
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    letters = clients["sqs"].receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", [])
    return {
        "status": end["status"], "output": json.loads(end.get("output") or "null"), "cause": end.get("cause"),
        "dead": [json.loads(letter["Body"]) for letter in letters],
    }  # fmt: skip


if __name__ == "__main__":
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"}
    with mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}):
        told = main(json.load(sys.stdin), works="--no-ecs" not in sys.argv)
        sys.stdout.write(json.dumps(told) + "\n")
