"""dif on AWS: the registry, and the stacks of each stage. DIF_IMAGE names the release, as the digest of its image."""

from __future__ import annotations

import json
import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from infrastructure.clients import Clients
from infrastructure.foundation import Foundation
from infrastructure.registry import Registry
from infrastructure.settings import Settings, read
from infrastructure.watch import Watch
from infrastructure.work import Work

# Findings of cdk-nag that are meant so: the finding, where, and why. Whatever else it finds ends the build.
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


def build(outdir: str) -> cdk.App:
    """All stages, checked by cdk-nag while they are put together."""
    app = cdk.App(
        outdir=outdir, analytics_reporting=False, context={"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True}
    )
    before = os.environ.get("DIF_IMAGE_BEFORE", "none")
    stages = read(Path(__file__).parent, os.environ.get("DIF_IMAGE", ""), before)
    for region in sorted({settings.region for settings in stages}):  # functions read images of their own region alone
        Registry(app, region)
    for settings in stages:
        _stage(app, settings)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def _stage(app: cdk.App, settings: Settings) -> None:
    stage = cdk.Stage(app, settings.stage, env=cdk.Environment(region=settings.region))
    foundation = Foundation(stage, settings)
    clients = Clients(stage, settings, foundation)
    work = Work(stage, settings, foundation, clients)
    watch = Watch(stage, settings, foundation, work)
    for stack in (foundation, clients, *clients.groups, work, watch):
        part = stack.node.id.partition("-")[0]
        for name, value in {"project": "dif", "stage": settings.stage, "part": part}.items():
            cdk.Tags.of(stack).add(name, value)


def complaints(report: Path) -> list[str]:
    """What cdk-nag found that nobody accepts."""
    found = {
        (violation["ruleName"], construct["constructPath"])
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }
    return sorted(
        f"{path}: {rule}"
        for rule, path in found
        if not any(fnmatchcase(rule, what) and fnmatchcase(path, where) for what, where, _ in ACCEPTED)
    )


def main(outdir: str) -> None:
    """Write the templates; ends with what is wrong with them, if anything is."""
    try:
        app = build(outdir)
    except ValueError as error:
        sys.exit(f"deploy: {error}")
    report = Path(outdir) / "validation-report.json"
    report.unlink(missing_ok=True)
    try:
        app.synth()
    except RuntimeError as error:  # also where all that was found is accepted; the templates are written by then
        if "ValidationFailed" not in str(error):
            raise
        if wrong := complaints(report):
            sys.exit("\n".join(["deploy: cdk-nag found what nobody accepts:", *wrong]))
    stages = sorted(path.name for path in Path(outdir).glob("assembly-*"))
    print(f"deploy: {len(stages)} stages are in {outdir}: {', '.join(stages)}")  # noqa: T201 - it is a command


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cdk.out")
