"""What wakes somebody up, and what they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as watch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

if TYPE_CHECKING:
    from constructs import Construct

    from infrastructure.foundation import Foundation
    from infrastructure.settings import Settings
    from infrastructure.work import Work

__all__ = ["Watch"]

_OVER = watch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_UNDER = watch.ComparisonOperator.LESS_THAN_THRESHOLD


class Watch(cdk.Stack):
    """Alarms on what the ledger cannot tell, because it would be down itself; each names its place in the runbook."""

    def __init__(self, scope: Construct, settings: Settings, foundation: Foundation, work: Work) -> None:
        super().__init__(scope, "watch", stack_name=settings.name("watch"), env=cdk.Environment(region=settings.region))
        self._settings = settings
        self._topic = sns.Topic(
            self, "Alarms", topic_name=settings.name("alarms"), master_key=foundation.data_key, enforce_ssl=True
        )
        # A policy of one's own takes the place of the one that lets the whole account publish: alarms need a word here.
        self._topic.add_to_resource_policy(iam.PolicyStatement(
            sid="Alarms", principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")], actions=["sns:Publish"],
            resources=[self._topic.topic_arn], conditions={"StringEquals": {"aws:SourceAccount": self.account}},
        ))  # fmt: skip
        five = cdk.Duration.minutes(5)
        runs, dead = work.machine, work.dead
        instance = foundation.database.ref
        shown = {
            "Dead letters": dead.metric_approximate_number_of_messages_visible(period=five, statistic="Maximum"),
            "Planner fails": work.planner.metric_errors(period=five),
            "Machine fails": runs.metric_failed(period=five),
            "Check fails": work.checker.metric_errors(period=five),
            "Jobs crash": work.job.metric_errors(period=five),
            "Database space": self._of("AWS/RDS", "FreeStorageSpace", "Minimum", DBInstanceIdentifier=instance),
            "Database load": self._of("AWS/RDS", "CPUUtilization", "Average", DBInstanceIdentifier=instance),
            "Valkey memory": self._of("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum",
                                      ReplicationGroupId=foundation.valkey.ref),
            "Planner calls": work.planner.metric_invocations(period=cdk.Duration.minutes(30)),
        }  # fmt: skip
        for name, threshold, periods in (
            ("Dead letters", 1, 1), ("Planner fails", 1, 2), ("Machine fails", 1, 1), ("Check fails", 1, 2),
            ("Jobs crash", 5, 1), ("Database load", 90, 3), ("Valkey memory", 80, 1),
        ):  # fmt: skip
            self._alarm(name, shown[name], threshold, periods, _OVER)
        self._alarm("Database space", shown["Database space"], 5 * 1024**3, 1, _UNDER)
        # A clock that has stopped says nothing: that nothing came is the alarm.
        self._alarm("Planner calls", shown["Planner calls"], 1, 1, _UNDER, missing=watch.TreatMissingData.BREACHING)
        board = watch.Dashboard(self, "Board", dashboard_name=settings.name("overview"))
        graphs = [watch.GraphWidget(title=name, left=[metric], width=8) for name, metric in shown.items()]
        for at in range(0, len(graphs), 3):
            board.add_widgets(*graphs[at : at + 3])

    def _of(self, namespace: str, name: str, statistic: str, **dimensions: str) -> watch.Metric:
        return watch.Metric(
            namespace=namespace, metric_name=name, statistic=statistic, dimensions_map=dimensions,
            period=cdk.Duration.minutes(5),
        )  # fmt: skip

    def _alarm(
        self,
        name: str,
        metric: watch.Metric,
        threshold: float,
        periods: int,
        operator: watch.ComparisonOperator,
        *,
        missing: watch.TreatMissingData = watch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        alarm = watch.Alarm(
            self, name.replace(" ", ""), alarm_name=self._settings.name(name.lower().replace(" ", "-")), metric=metric,
            threshold=threshold, evaluation_periods=periods, comparison_operator=operator, treat_missing_data=missing,
            alarm_description=f"docs/production.md, runbook: {name.lower()}",
        )  # fmt: skip
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        alarm.add_ok_action(actions.SnsAction(self._topic))
