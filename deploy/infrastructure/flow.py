"""The state machine: planner, then each job in Lambda or ECS, handed over until it ends; in Amazon States Language."""

from __future__ import annotations

from typing import Any

__all__ = ["definition"]

# Nothing of the job has begun when these are raised, or the job's lease keeps a second one away.
_PASSING = [
    "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]  # fmt: skip
# The same of a task. Without capacity RunTask answers with a failure, which is AmazonECS.Unknown here (Step Functions'
# guide, "Run Amazon ECS or Fargate tasks", read 2026-11). A task that began and died is not among them: the ledger
# tells the planner, who knows more.
_NOT_BEGUN = ["ECS.AmazonECSException", "ECS.ServerException", "AmazonECS.Unknown"]


def definition(
    *,
    planner: str,
    job: str,
    cluster: str,
    task: str,
    role_pattern: str,
    dead: str,
    subnets: list[str],
    group: str,
    places: int,
    partition: str = "aws",
    distributed: bool = True,
) -> dict[str, Any]:
    """The whole machine.

    A Map that is not distributed runs 40 jobs at once at most (Step Functions' quotas, read 2026-11).
    """
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"} if distributed else {"Mode": "INLINE"}
    one_job = {
        "ProcessorConfig": mode,
        "StartAt": "Where",
        "States": {
            "Where": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.carrier", "StringEquals": "lambda", "Next": "Lambda"}],
                "Default": "ECS",
            },
            "Lambda": {
                "Type": "Task", "Resource": job, "TimeoutSeconds": 930,
                "Retry": [{"ErrorEquals": _PASSING, "IntervalSeconds": 5, "MaxAttempts": 4, "BackoffRate": 2,
                           "JitterStrategy": "FULL"}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Dead"}],
                "Next": "HandOver",
            },
            "HandOver": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.status", "StringEquals": "hand_over", "Next": "Where"}],
                "Default": "Ended",
            },
            "ECS": {
                "Type": "Task", "Resource": f"arn:{partition}:states:::ecs:runTask.sync", "TimeoutSeconds": 86400,
                "Parameters": {
                    "Cluster": cluster, "TaskDefinition": task, "LaunchType": "FARGATE",
                    "PropagateTags": "TASK_DEFINITION", "EnableECSManagedTags": True,
                    "Tags": [{"Key": "client", "Value.$": "$.client"}, {"Key": "channel", "Value.$": "$.tap"}],
                    "NetworkConfiguration": {"AwsvpcConfiguration": {
                        "Subnets": subnets, "SecurityGroups": [group], "AssignPublicIp": "DISABLED",
                    }},
                    "Overrides": {
                        "TaskRoleArn.$": f"States.Format('{role_pattern}{{}}', $.client)",
                        "ContainerOverrides": [{
                            "Name": "job",
                            "Command.$": "States.Array('dif-deploy', 'run', States.JsonToString($))",
                        }],
                    },
                },
                "Retry": [{"ErrorEquals": _NOT_BEGUN, "IntervalSeconds": 10, "MaxAttempts": 5, "BackoffRate": 2,
                           "JitterStrategy": "FULL"}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Dead"}],
                "Next": "Ended",
            },
            "Dead": {
                "Type": "Task", "Resource": f"arn:{partition}:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": dead, "MessageBody.$": "$"},
                # A letter that is lost is a job that nobody hears of.
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 5, "BackoffRate": 2,
                           "JitterStrategy": "FULL"}],
                "Next": "Ended",
            },
            "Ended": {"Type": "Succeed"},
        },
    }  # fmt: skip
    return {
        "Comment": "dif: what is due, each in Lambda or ECS",
        "StartAt": "Plan",
        "States": {
            "Plan": {
                "Type": "Task", "Resource": planner, "TimeoutSeconds": 150,
                "Retry": [{"ErrorEquals": _PASSING, "IntervalSeconds": 5, "MaxAttempts": 3, "BackoffRate": 2}],
                "Next": "Jobs",
            },
            "Jobs": {
                "Type": "Map", "ItemsPath": "$.jobs", "MaxConcurrency": places, "ItemProcessor": one_job, "End": True,
                **({"ToleratedFailurePercentage": 100} if distributed else {}),
            },
        },
    }  # fmt: skip
