"""What a release consists of: tasks, functions, the state machine between them, the schedules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.flow import definition
from infrastructure.registry import REPOSITORY

if TYPE_CHECKING:
    from constructs import Construct

    from infrastructure.clients import Clients
    from infrastructure.foundation import Foundation
    from infrastructure.settings import Settings

__all__ = ["Work"]

_PRIVATE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)


class Work(cdk.Stack):
    """Deployed with each release; holds no data."""

    def __init__(self, scope: Construct, settings: Settings, foundation: Foundation, clients: Clients) -> None:
        super().__init__(scope, "jobs", stack_name=settings.name("jobs"), env=cdk.Environment(region=settings.region))
        self._settings, self._foundation, self._clients = settings, foundation, clients
        self._image = ecr.Repository.from_repository_name(self, "Image", REPOSITORY)
        self.dead = sqs.Queue(
            self, "Dead", queue_name=settings.name("dead"), encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=foundation.data_key, enforce_ssl=True, retention_period=cdk.Duration.days(14),
        )  # fmt: skip
        self.planner = self._function("Planner", "plan_jobs", 2, 1024, self._role("PlannerRole"))
        self.checker = self._function("Checker", "check_promises", 5, 1024, self._role("CheckerRole"))
        job_role = iam.Role.from_role_arn(self, "JobRole", clients.job_role.role_arn)
        self._let_work(clients.job_role, clients)
        self.job = self._function("Job", "run_job", 15, 3008, job_role)
        self.job.add_environment("DIF_CLIENT_ROLE", f"{clients.role_pattern}{{client}}")
        self.cluster = ecs.Cluster(
            self, "Cluster", vpc=foundation.vpc, container_insights_v2=ecs.ContainerInsights.ENABLED,
            cluster_name=settings.name("jobs"),
        )  # fmt: skip
        self.task = self._task()
        self.machine = self._machine()
        self._schedules()
        self._tell()

    def _logs(self, name: str, prefix: str = "") -> logs.LogGroup:
        return logs.LogGroup(
            self, f"{name}Logs", log_group_name=f"{prefix}{self._settings.name(name.lower())}",
            retention=logs.RetentionDays.THREE_MONTHS, encryption_key=self._foundation.data_key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )  # fmt: skip

    def _role(self, name: str) -> iam.Role:
        role = iam.Role(self, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._let_log_in(role)
        return role

    def _let_log_in(self, role: iam.Role) -> None:
        """The network, and the logins of database and Valkey; nothing of a client's."""
        environment = self._foundation.variables
        for statement in (
            iam.PolicyStatement(
                actions=["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"],
                resources=["*"],
            ),
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"],
                resources=[environment["DIF_DATABASE_SECRET"], environment["DIF_REDIS_SECRET"]],
            ),
            iam.PolicyStatement(
                actions=["kms:Decrypt"], resources=[self._foundation.data_key.key_arn],
                conditions={"StringEquals": {
                    "kms:ViaService": f"secretsmanager.{self._settings.region}.amazonaws.com"
                }},
            ),
        ):  # fmt: skip
            role.add_to_policy(statement)

    def _let_work(self, role: iam.Role, clients: Clients) -> None:
        settings = self._settings
        group = f"/aws/lambda/{settings.name('job')}"
        self._let_log_in(role)
        role.add_to_policy(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[f"{clients.role_pattern}*"]))
        role.add_to_policy(iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[f"arn:{self.partition}:logs:{settings.region}:{clients.account}:log-group:{group}:*"],
        ))  # fmt: skip

    def _function(self, name: str, handler: str, minutes: int, memory: int, role: iam.IRole) -> functions.Function:
        """All of the same image; `handler` is its command."""
        kept = self._logs(name, "/aws/lambda/")
        if isinstance(role, iam.Role):
            kept.grant_write(role)
        return functions.DockerImageFunction(
            self, name, function_name=self._settings.name(name.lower()), role=role, log_group=kept,
            code=functions.DockerImageCode.from_ecr(
                self._image, tag_or_digest=self._settings.image, entrypoint=["python", "-m", "awslambdaric"],
                cmd=[f"dif_deploy.handlers.{handler}"],
            ),
            timeout=cdk.Duration.minutes(minutes), memory_size=memory,
            ephemeral_storage_size=cdk.Size.gibibytes(10 if name == "Job" else 1),
            vpc=self._foundation.vpc, vpc_subnets=_PRIVATE, security_groups=[self._foundation.workers],
            environment={**self._foundation.variables, "DIF_WORK": "/tmp/dif", "HOME": "/tmp", "DIF_LEDGER_EMF": "1"},
        )  # fmt: skip

    def _task(self) -> ecs.FargateTaskDefinition:
        """Its role is the client's: the state machine names it when it starts the task."""
        wanted = self._settings.task
        execution = iam.Role(self, "Execution", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        task = ecs.FargateTaskDefinition(
            self, "Task", family=self._settings.name("job"), cpu=wanted.cpu, memory_limit_mib=wanted.memory,
            ephemeral_storage_gib=30, execution_role=execution,
            task_role=iam.Role(self, "NoClient", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")),
            volumes=[ecs.Volume(name="work")],
        )  # fmt: skip
        container = task.add_container(
            "job", container_name="job",
            image=ecs.ContainerImage.from_ecr_repository(self._image, self._settings.image),
            command=["dif-deploy", "--help"], readonly_root_filesystem=True,
            # The most that Fargate gives: what was loaded is committed and its STATE kept in it.
            stop_timeout=cdk.Duration.seconds(120),
            linux_parameters=ecs.LinuxParameters(self, "Init", init_process_enabled=True),
            health_check=ecs.HealthCheck(
                command=["CMD", "dif-deploy", "health"], interval=cdk.Duration.seconds(60),
                start_period=cdk.Duration.seconds(60), timeout=cdk.Duration.seconds(20),
            ),
            environment={**self._foundation.variables, "DIF_WORK": "/tmp/dif", "TMPDIR": "/tmp/dif",
                         "HOME": "/tmp/dif", "DIF_HAND_OVER_SECONDS": "110", "DIF_LEDGER_EMF": "1"},
            logging=ecs.LogDriver.aws_logs(stream_prefix="job", log_group=self._logs("Task")),
        )  # fmt: skip
        container.add_mount_points(ecs.MountPoint(container_path="/tmp/dif", source_volume="work", read_only=False))
        return task

    def _machine(self) -> sfn.StateMachine:
        settings, clients = self._settings, self._clients
        told = definition(
            planner=self.planner.function_arn, job=self.job.function_arn, cluster=self.cluster.cluster_arn,
            task=self.task.task_definition_arn, role_pattern=clients.role_pattern, dead=self.dead.queue_url,
            subnets=self._foundation.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids,
            group=self._foundation.workers.security_group_id, places=settings.places, partition=self.partition,
        )  # fmt: skip
        role = iam.Role(self, "Machine", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        here = f"{self.region}:{self.account}"
        name = settings.name("runs")
        machine = sfn.StateMachine(
            self, "Runs", state_machine_name=name, role=role, tracing_enabled=True,
            definition_body=sfn.DefinitionBody.from_string(self.to_json_string(told)),
            logs=sfn.LogOptions(destination=self._logs("Runs", "/aws/vendedlogs/states/"), level=sfn.LogLevel.ALL),
        )  # fmt: skip
        self.planner.grant_invoke(role)
        self.job.grant_invoke(role)
        self.dead.grant_send_messages(role)
        for actions, resources, conditions in (
            (["ecs:RunTask"], [self.task.task_definition_arn], None),
            (["ecs:TagResource"], [f"arn:{self.partition}:ecs:{here}:task/*"], None),
            (["ecs:StopTask", "ecs:DescribeTasks"], [f"arn:{self.partition}:ecs:{here}:task/{settings.name('jobs')}/*"],
             None),
            # By their name: a list of them all would be longer than a policy may be, from some hundred clients on.
            (["iam:PassRole"], [f"{clients.role_pattern}*", self.task.execution_role.role_arn],
             {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}),
            (["events:PutTargets", "events:PutRule", "events:DescribeRule"],
             [f"arn:{self.partition}:events:{here}:rule/StepFunctionsGetEventsForECSTaskRule",
              f"arn:{self.partition}:events:{here}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"], None),
            (["states:StartExecution"], [f"arn:{self.partition}:states:{here}:stateMachine:{name}"], None),
            (["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
             [f"arn:{self.partition}:states:{here}:execution:{name}/*"], None),
        ):  # fmt: skip
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions))
        return machine

    def _tell(self) -> None:
        """What a release's next steps ask for: which image this is and which was before it, which task it starts."""
        for name, value in {
            "Image": self._settings.image, "ImageBefore": self._settings.image_before,
            "Task": self.task.task_definition_arn, "ClientRoles": self._clients.role_pattern,
        }.items():  # fmt: skip
            cdk.CfnOutput(self, f"{name}Told", value=value).override_logical_id(name)

    def _schedules(self) -> None:
        role = iam.Role(
            self, "Clock", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com", conditions={
                "StringEquals": {"aws:SourceAccount": self.account}
            }),
        )  # fmt: skip
        self.machine.grant_start_execution(role)
        self.checker.grant_invoke(role)
        self.dead.grant_send_messages(role)
        for name, expression, arn in (
            ("Plan", self._settings.plan, self.machine.state_machine_arn),
            ("Check", self._settings.check, self.checker.function_arn),
        ):
            target: dict[str, Any] = {
                "arn": arn, "roleArn": role.role_arn, "input": json.dumps({}),
                "deadLetterConfig": {"arn": self.dead.queue_arn},
                "retryPolicy": {"maximumRetryAttempts": 3, "maximumEventAgeInSeconds": 900},
            }  # fmt: skip
            scheduler.CfnSchedule(
                self, f"{name}Schedule", name=self._settings.name(name.lower()), schedule_expression=expression,
                flexible_time_window={"mode": "OFF"}, target=target,
            )  # fmt: skip
