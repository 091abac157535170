"""Each stage is sound, encrypted, closed to the world, and separates its clients."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import dif_deploy.handlers
from infrastructure.accepted import ACCEPTED, complaints, findings
from infrastructure.settings import group_of
from policies import CLIENTS, several, text

DEPLOY = Path(__file__).parents[1]
BIN = DEPLOY.parent / ".venv-deploy" / "bin"


def test_cfn_lint_has_nothing_to_say(assembly: Path) -> None:
    # W3005: the CDK says twice that a function needs its role.
    done = subprocess.run(
        [BIN / "cfn-lint", "--ignore-checks", "W3005", "--", *assembly.rglob("*.template.json")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_what_is_accepted_of_cdk_nag_is_found_and_has_a_reason_and_nothing_else_is_passed_over(assembly: Path) -> None:
    found = findings(assembly / "validation-report.json")
    assert not complaints(assembly / "validation-report.json")
    for what, where, why in ACCEPTED:
        assert len(why.split()) >= 4, (what, where)
        assert any(fnmatchcase(rule, what) and fnmatchcase(path, where) for rule, path in found), (what, where)
    for template in assembly.rglob("*.template.json"):  # in a template it could be said to each tool, unseen here
        told = template.read_text().lower()
        assert "rules_to_suppress" not in told
        assert "cfn-lint" not in told


def test_a_release_without_a_digest_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [BIN / "python", DEPLOY / "app.py", tmp_path], env={**os.environ, "DIF_IMAGE": "latest"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "deploy: the image 'latest' is no digest" in done.stderr


def test_what_holds_data_is_encrypted_and_not_public(stage: Any) -> None:
    for bucket in stage.of("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]
        assert bucket["LifecycleConfiguration"]["Rules"]
    policies = stage.of("AWS::S3::BucketPolicy").values()
    assert len(policies) == 2
    for policy in policies:
        denied = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert any(each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for each in denied)
    database = stage.one("AWS::RDS::DBInstance")
    assert (database["StorageEncrypted"], database["PubliclyAccessible"], database["DeletionProtection"]) == (
        True, False, True,
    )  # fmt: skip
    assert database["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in database
    valkey = stage.one("AWS::ElastiCache::ReplicationGroup")
    assert (valkey["TransitEncryptionEnabled"], valkey["AtRestEncryptionEnabled"]) == (True, True)
    assert stage.one("AWS::ElastiCache::ParameterGroup")["Properties"] == {"maxmemory-policy": "noeviction"}
    for key in stage.of("AWS::KMS::Key").values():
        assert key["EnableKeyRotation"] is True


def test_data_outlives_its_stack(stage: Any) -> None:
    kinds = {"AWS::S3::Bucket": "Retain", "AWS::KMS::Key": "Retain", "AWS::RDS::DBInstance": "Snapshot"}
    seen = set()
    for template in stage.templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] in kinds:
                seen.add(resource["Type"])
                assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == kinds[resource["Type"]]
    assert seen == set(kinds)


def test_only_workers_reach_the_stores(stage: Any) -> None:
    groups = stage.of("AWS::EC2::SecurityGroup")
    rules = list(stage.of("AWS::EC2::SecurityGroupIngress").values())
    assert {rule["FromPort"] for rule in rules} == {5432, 6379}
    assert all("SourceSecurityGroupId" in rule and "CidrIp" not in rule for rule in rules)
    assert not any("SecurityGroupIngress" in group for group in groups.values())


def test_a_task_can_be_stopped_and_writes_nowhere_but_in_its_own_volume(stage: Any) -> None:
    task = stage.one("AWS::ECS::TaskDefinition")
    (container,) = task["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert container["StopTimeout"] == 120
    assert container["LinuxParameters"]["InitProcessEnabled"] is True
    assert container["HealthCheck"]["Command"] == ["CMD", "dif-deploy", "health"]
    assert [mount["ContainerPath"] for mount in container["MountPoints"]] == ["/tmp/dif"]
    told = {each["Name"]: each["Value"] for each in container["Environment"]}
    assert told["DIF_WORK"] == "/tmp/dif"
    assert int(told["DIF_HAND_OVER_SECONDS"]) < container["StopTimeout"]
    assert not [name for name in told if "PASSWORD" in name]
    assert "sha256:" in json.dumps(container["Image"])


def test_functions_and_tasks_are_one_image_and_their_handlers_exist(stage: Any) -> None:
    found = stage.of("AWS::Lambda::Function")
    image = json.dumps(stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"][0]["Image"])
    handlers = set()
    for function in found.values():
        assert json.dumps(function["Code"]["ImageUri"]) == image
        handlers |= set(function["ImageConfig"]["Command"])
        assert function["VpcConfig"]["SubnetIds"]
    assert {each.rpartition(".")[0] for each in handlers} == {"dif_deploy.handlers"}
    assert {each.rpartition(".")[2] for each in handlers} <= set(dif_deploy.handlers.__all__)


def test_what_fails_reaches_a_person(stage: Any) -> None:
    alarms = stage.of("AWS::CloudWatch::Alarm")
    assert len(alarms) == 9
    assert all(alarm["AlarmActions"] for alarm in alarms.values())
    runbook = (DEPLOY.parent / "docs" / "production.md").read_text().lower()
    for alarm in alarms.values():
        assert alarm["AlarmDescription"].partition("runbook: ")[2] in runbook
    for schedule in stage.of("AWS::Scheduler::Schedule").values():
        assert schedule["Target"]["DeadLetterConfig"]
    assert stage.one("AWS::CloudWatch::Dashboard")


def test_what_could_not_begin_is_tried_again_and_what_fails_in_the_end_is_a_letter_that_wakes_somebody(
    stage: Any,
) -> None:
    machine = stage.machine["States"]["Jobs"]
    assert machine["ToleratedFailurePercentage"] == 100  # one that fails does not stop the others
    states = machine["ItemProcessor"]["States"]
    tasks = {name: each for name, each in states.items() if each["Type"] == "Task"}
    assert set(tasks) == {"Lambda", "ECS", "Dead"}
    for task in tasks.values():
        (retry,) = task["Retry"]
        assert 1 <= retry["MaxAttempts"] <= 5
        assert (retry["BackoffRate"], retry["JitterStrategy"]) == (2, "FULL")
    for name in ("Lambda", "ECS"):
        (caught,) = tasks[name]["Catch"]
        assert (caught["ErrorEquals"], caught["ResultPath"], caught["Next"]) == (["States.ALL"], "$.error", "Dead")
        # What our own code raised is not tried again: States.ALL and States.TaskFailed would be that, too.
        assert not [error for error in tasks[name]["Retry"][0]["ErrorEquals"] if error.startswith("States.")]
    assert set(tasks["ECS"]["Retry"][0]["ErrorEquals"]) >= {"ECS.ServerException", "AmazonECS.Unknown"}
    (queue,) = [name for name in stage.of("AWS::SQS::Queue") if name.startswith("Dead")]
    assert tasks["Dead"]["Parameters"]["QueueUrl"] == f"Ref{queue}"
    (alarm,) = [
        each
        for each in stage.of("AWS::CloudWatch::Alarm").values()
        if each["MetricName"] == "ApproximateNumberOfMessagesVisible"
    ]
    assert queue in json.dumps(alarm["Dimensions"])
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], bool(alarm["AlarmActions"])) == (1, 1, True)


def test_the_clock_calls_the_machine_and_the_check_and_nothing_else(stage: Any) -> None:
    schedules = {each["Name"].rpartition("-")[2]: each for each in stage.of("AWS::Scheduler::Schedule").values()}
    (clock,) = [name for name in stage.of("AWS::IAM::Role") if name.startswith("Clock")]
    (policy,) = [each for each in stage.of("AWS::IAM::Policy").values() if {"Ref": clock} in each["Roles"]]
    allowed = {action: text(each["Resource"]) for each in policy["PolicyDocument"]["Statement"]
               for action in several(each["Action"]) if not isinstance(each["Resource"], list)}  # fmt: skip
    assert set(schedules) == {"plan", "check"}
    for schedule in schedules.values():
        assert schedule["Target"]["RoleArn"] == {"Fn::GetAtt": [clock, "Arn"]}
        assert re.fullmatch(r"rate\(\d+ minutes?\)", schedule["ScheduleExpression"])
    assert allowed["states:StartExecution"] == text(schedules["plan"]["Target"]["Arn"])
    assert text(schedules["check"]["Target"]["Arn"]) in json.dumps(policy["PolicyDocument"]).replace("\\", "")


def test_queue_and_topic_take_nothing_in_the_clear_and_alarms_may_speak(stage: Any) -> None:
    queue, topic = stage.one("AWS::SQS::QueuePolicy"), stage.one("AWS::SNS::TopicPolicy")
    for policy in (queue, topic):
        denied = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"]
        assert any(each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for each in denied)
    speaks = [each for each in topic["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    assert {each["Principal"]["Service"] for each in speaks} == {"cloudwatch.amazonaws.com"}
    keys = [key for name, key in stage.of("AWS::KMS::Key").items() if name.startswith("DataKey")]
    assert stage.one("AWS::SNS::Topic")["KmsMasterKeyId"]
    assert any(
        each["Principal"] == {"Service": "cloudwatch.amazonaws.com"} and "kms:GenerateDataKey*" in each["Action"]
        for each in keys[0]["KeyPolicy"]["Statement"]
    )


def test_a_client_role_is_lent_to_its_tasks_and_to_the_jobs_function_alone(stage: Any) -> None:
    roles = stage.of("AWS::IAM::Role")
    (function,) = [name for name, each in roles.items() if each.get("RoleName") == f"dif-{stage.name}-job"]
    lent = [each for each in roles.values() if "-client-" in each.get("RoleName", "")]
    assert len(lent) == len(CLIENTS)
    for role in lent:
        statements = role["AssumeRolePolicyDocument"]["Statement"]
        assert {each["Effect"] for each in statements} == {"Allow"}
        (tasks,) = [each for each in statements if "Service" in each["Principal"]]
        assert tasks["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert tasks["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        (other,) = [each for each in statements if each is not tasks]
        assert re.fullmatch(rf"dif-{stage.name}-clients:\w*GetAtt{function}Arn\w*",
                            other["Principal"]["AWS"]["Fn::ImportValue"])  # fmt: skip


def test_lambda_may_read_images_for_our_functions_and_nobody_replaces_one(registry: Any) -> None:
    (images,) = [each for each in registry["Resources"].values() if each["Type"] == "AWS::ECR::Repository"]
    (statement,) = images["Properties"]["RepositoryPolicyText"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert set(statement["Action"]) == {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    assert ":function:dif-*" in json.dumps(statement["Condition"]["StringLike"]["aws:sourceArn"])
    assert images["Properties"]["ImageTagMutability"] == "IMMUTABLE"
    assert (images["DeletionPolicy"], images["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_costs_are_told_by_stage_and_part(stage: Any) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in stage.one("AWS::RDS::DBInstance")["Tags"]}
    assert (tags["project"], tags["stage"], tags["part"]) == ("dif", stage.name, "foundation")


def test_thousands_of_clients_fit_into_their_stacks(stage: Any) -> None:
    """CloudFormation takes 500 resources and 1,000,000 bytes a stack; five thousand roles are IAM's most."""
    sizes = []
    for template in stage.templates.values():
        roles = [each["Properties"].get("RoleName", "") for each in template["Resources"].values()
                 if each["Type"] == "AWS::IAM::Role"]  # fmt: skip
        if clients := sum("-client-" in role for role in roles):
            sizes.append((len(template["Resources"]), len(json.dumps(template, indent=1)), clients))
    assert sum(clients for _, _, clients in sizes) == len(CLIENTS)
    most = max(Counter(group_of(f"client-{number}") for number in range(5000)).values())
    for resources, size, clients in sizes:
        assert resources / clients * most <= 500
        assert size / clients * most <= 1_000_000


def test_no_policy_is_longer_than_iam_takes_nor_grows_with_the_clients(stage: Any) -> None:
    clients = stage.of("AWS::IAM::Role")
    own = {name for name, each in clients.items() if "-client-" in each.get("RoleName", "")}
    for policy in stage.of("AWS::IAM::Policy").values():
        written = json.dumps(policy["PolicyDocument"], separators=(",", ":"))
        assert len(written) < 10_240  # of all policies in a role together, IAM guide, quotas (read 2026-11)
        if not {role.get("Ref") for role in policy["Roles"]} & own:
            assert not [client for client in CLIENTS if f"client-{client}" in written]


def test_nobody_is_given_every_action(stage: Any) -> None:
    for policy in stage.of("AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not [action for action in several(statement["Action"]) if re.fullmatch(r"(\w+:)?\*", action)]
