"""What cdk-nag finds and is meant so; whatever else it finds ends the build."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["ACCEPTED", "complaints", "findings"]

#: The finding, where, and why.
ACCEPTED = (
    ("AwsSolutions-IAM5*/raw/*", "*/clients-*/Client-*", "a client's own prefix ends with a star"),
    ("AwsSolutions-IAM5*/state/*", "*/clients-*/Client-*", "a client's own STATE ends with a star"),
    ("AwsSolutions-IAM5*role/dif-*-client-*", "*/clients/JobFunction/*", "it may borrow the role of any client"),
    ("AwsSolutions-IAM5*log-group:/aws/lambda/dif-*-job:*", "*/clients/JobFunction/*", "streams of its own log"),
    ("AwsSolutions-IAM5[[]Resource::*]", "*/clients/JobFunction/*", "interfaces in a network have no name beforehand"),
    ("AwsSolutions-IAM5*role/dif-*-client-*", "*/jobs/Machine/*", "a task is given the role of its client"),
    ("AwsSolutions-IAM5[[]Resource::*]", "*/jobs/*Role/*", "interfaces in a network have no name beforehand"),
    ("AwsSolutions-IAM5[[]Resource::*]", "*/jobs/Execution/*", "the registry's login is for all of it"),
    ("AwsSolutions-IAM5[[]Resource::*]", "*/jobs/Machine/*", "traces and deliveries of logs have no resource"),
    ("AwsSolutions-IAM5[[]Action::kms:*", "*/jobs/*", "the queue's key: variants of one action"),
    ("AwsSolutions-IAM5[[]Resource::<*.Arn>:*", "*/jobs/*", "versions of a function of this stack"),
    ("AwsSolutions-IAM5*:task/*", "*/jobs/Machine/*", "tasks have no name beforehand"),
    ("AwsSolutions-IAM5*:execution:dif-*", "*/jobs/Machine/*", "executions of its own"),
    ("AwsSolutions-ECS2", "*/jobs/Task/*", "the environment holds addresses and names of secrets, no secret"),
    ("AwsSolutions-RDS11", "*/foundation/Database", "a security group lets dif's workers in alone"),
    ("AwsSolutions-RDS3", "staging/foundation/Database", "a stage without customers has no standby"),
    ("AwsSolutions-AEC4", "staging/foundation/Valkey", "a stage without customers has no standby"),
    ("AwsSolutions-SMG4", "*/foundation/ValkeyLogin/*", "the runbook changes it: the servers learn it at that moment"),
    ("AwsSolutions-SQS3", "*/jobs/Dead/*", "it is the queue of dead letters itself"),
)


def findings(report: Path) -> set[tuple[str, str]]:
    """All that cdk-nag found: its name and where, from the report that lies beside the templates."""
    return {
        (violation["ruleName"], construct["constructPath"])
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }


def complaints(report: Path) -> list[str]:
    """What it found that nobody accepts."""
    return sorted(
        f"{path}: {rule}"
        for rule, path in findings(report)
        if not any(fnmatchcase(rule, what) and fnmatchcase(path, where) for what, where, _ in ACCEPTED)
    )
