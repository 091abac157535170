"""What CloudFormation and Step Functions know (their user guides, read 2026-11) and moto 5.2.5 does not, put into it.

Only what other resources of our stacks refer to: without it the templates would not come up at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto.core.common_models import CloudFormationModel
from moto.ecs.models import EC2ContainerServiceBackend
from moto.kms.models import Key
from moto.rds.models import DBInstance, DBParameterGroup
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_ecs as of_ecs
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

__all__ = ["fill"]

_MASTER_SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
_VALKEY = {"PrimaryEndPoint.Address": "valkey.internal", "PrimaryEndPoint.Port": "6379"}
_KINDS: list[type] = []


def fill() -> None:
    """Make moto know it; once a process."""
    if not _KINDS:
        _KINDS.extend([
            _stands("AWS::ElastiCache::ReplicationGroup", _VALKEY),
            _stands("AWS::ElastiCache::ParameterGroup"),
            _stands("AWS::ElastiCache::SubnetGroup"),
            _stands("AWS::SecretsManager::Secret", made=_secret),
        ])  # fmt: skip
        _tag_keys()
        _name_the_secret_of_the_database()
        DBParameterGroup.physical_resource_id = property(lambda group: group.name)
        _run_tasks()
        _name_what_tasks_fail_of()


def _stands(
    kind: str, attributes: Mapping[str, str] | None = None, made: Callable[[str], str] = lambda name: name.lower()
) -> type:
    """A kind of resource of which there is what others refer to: its name, as `made` gives it, and its attributes."""
    known = attributes or {}
    service = kind.split("::")[1].lower()
    return type(kind, (CloudFormationModel,), {
        "__module__": f"moto.{service}.models",  # moto keeps a model under the service in the name of its module
        "cloudformation_type": staticmethod(lambda: kind),
        "cloudformation_name_type": staticmethod(lambda: ""),
        "has_cfn_attr": classmethod(lambda _, name: name in known),
        "get_cfn_attribute": lambda _, name: known[name],
        "create_from_cloudformation_json": classmethod(lambda cls, name, *_, **__: cls(name)),
        "__init__": lambda self, name: setattr(self, "physical_resource_id", made(name)),
    })  # fmt: skip


def _secret(name: str) -> str:
    login = '{"username": "default", "password": "made-up"}'
    return boto3.client("secretsmanager").create_secret(Name=name, SecretString=login)["ARN"]


def _tag_keys() -> None:
    """A template writes a tag with Key, KMS with TagKey."""
    create = Key.create_from_cloudformation_json.__func__

    def created(cls: type[Key], name: str, told: dict[str, Any], *rest: Any, **more: Any) -> Key:
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in told["Properties"].get("Tags", ())]
        return create(cls, name, {**told, "Properties": {**told["Properties"], "Tags": tags}}, *rest, **more)

    Key.create_from_cloudformation_json = classmethod(created)


def _name_the_secret_of_the_database() -> None:
    known = DBInstance.get_cfn_attribute

    def attribute(self: DBInstance, name: str) -> Any:
        return _MASTER_SECRET if name == "MasterUserSecret.SecretArn" else known(self, name)

    DBInstance.get_cfn_attribute = attribute
    DBInstance.has_cfn_attr = classmethod(lambda *_: True)


def _run_tasks() -> None:
    """Step Functions writes names with a capital letter, ECS without; tags tell the costs of tasks apart."""
    shapes = boto3.client("ecs").meta.service_model.operation_model
    task = of_ecs.StateTaskServiceEcs

    def asked(self: Any, parameters: dict[str, Any], *_: Any) -> None:
        self._to_boto_request(parameters, shapes("RunTask").input_shape)

    def answered(self: Any, response: Any, service_action_name: str = "describe_tasks") -> None:
        name = {"run_task": "RunTask", "describe_tasks": "DescribeTasks"}[service_action_name]
        self._from_boto_response(response, shapes(name).output_shape)
        if response["Failures"]:
            raise TaskFailedError("AmazonECS.Unknown", response["Failures"][0]["Reason"])

    task._normalise_parameters, task._normalise_response = asked, answered
    of_ecs._SUPPORTED_API_PARAM_BINDINGS["runtask"] |= {"Tags", "EnableECSManagedTags"}
    # On Fargate memory is the task's: a container need not say how much of it is its own.
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(
        lambda definition: {"CPU": definition.cpu, "MEMORY": definition.memory, "PORTS": [], "PORTS_UDP": []}
    )


class TaskFailedError(Exception):
    """What a state that runs a task fails of: the name that Retry and Catch know, and the cause."""


def _name_what_tasks_fail_of() -> None:
    """An error of ECS has its code as name; an answer with failures and a task that ends badly fail the state, too."""
    task = of_ecs.StateTaskServiceEcs
    known, resolver = task._from_error, task._build_sync_resolver

    def named(self: Any, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(ex, TaskFailedError):
            error, cause = ex.args
        elif isinstance(ex, ClientError):
            error, cause = f"ECS.{ex.response['Error']['Code']}", ex.response["Error"]["Message"]
        else:
            return known(self, env, ex)
        states = {each.to_name(): each for each in StatesErrorNameType}
        return FailureEvent(
            env=env, error_name=StatesErrorName(states[error]) if error in states else CustomErrorName(error),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(taskFailedEventDetails=TaskFailedEventDetails(
                error=error, cause=cause, resource=self._get_sfn_resource(),
                resourceType=self._get_sfn_resource_type(),
            )),
        )  # fmt: skip

    def looked_at(self: Any, *args: Any, **more: Any) -> Callable[[], Any]:
        look = resolver(self, *args, **more)

        def ended() -> Any:
            found = look()
            bad = [each for each in (found or {}).get("Containers", ()) if each["ExitCode"]]
            if bad:
                raise TaskFailedError("States.TaskFailed", f"{bad[0]['Name']} ended with {bad[0]['ExitCode']}")
            return found

        return ended

    task._from_error, task._build_sync_resolver = named, looked_at
