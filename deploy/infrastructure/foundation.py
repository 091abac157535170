"""What outlives releases: the network, keys, the lake, the platform database, Valkey."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets

if TYPE_CHECKING:
    from constructs import Construct

    from infrastructure.settings import Settings

__all__ = ["Foundation"]


class Foundation(cdk.Stack):
    """Everything with data in it; deleting the stack leaves the data."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(
            scope, "foundation", stack_name=settings.name("foundation"), env=cdk.Environment(region=settings.region),
            termination_protection=True,
        )  # fmt: skip
        self._settings = settings
        self.data_key = self._key("DataKey", "data")
        self.vault_key = self._key("VaultKey", "vault")
        self.data_key.grant_encrypt_decrypt(iam.ServicePrincipal(f"logs.{settings.region}.amazonaws.com"))
        # Or its alarms could not be written into the topic, which is encrypted with this key.
        self.data_key.grant(iam.ServicePrincipal("cloudwatch.amazonaws.com"), "kms:Decrypt", "kms:GenerateDataKey*")
        self.vpc = self._network()
        self.workers = ec2.SecurityGroup(self, "Workers", vpc=self.vpc, description="Tasks and functions of dif")
        self.lake = self._lake()
        self.database = self._database()
        self.valkey_secret = secrets.Secret(
            self, "ValkeyLogin", encryption_key=self.data_key, description="Login of Valkey",
            generate_secret_string=secrets.SecretStringGenerator(
                secret_string_template=json.dumps({"username": "default"}), generate_string_key="password",
                exclude_punctuation=True, password_length=64,
            ),
        )  # fmt: skip
        self.valkey = self._valkey()
        address = f"{self.database.attr_endpoint_address}:{self.database.attr_endpoint_port}/dif"
        valkey = f"{self.valkey.attr_primary_end_point_address}:{self.valkey.attr_primary_end_point_port}"
        self.variables = {
            "DIF_DATABASE_ADDRESS": address,
            "DIF_DATABASE_SECRET": self.database.attr_master_user_secret_secret_arn,
            "DIF_REDIS_ADDRESS": valkey,
            "DIF_REDIS_SECRET": self.valkey_secret.secret_arn,
            "DIF_VAULT_KEY": self.vault_key.key_arn,
            "DIF_PLACES": str(settings.places),
            "MELTANO_STATE_BACKEND_URI": f"s3://{self.lake.bucket_name}/state",
            "TARGET_REDSHIFT_BUCKET": self.lake.bucket_name,
            "TARGET_REDSHIFT_SSE_KMS_KEY_ID": self.data_key.key_arn,
            "TARGET_S3_CSV_BUCKET": self.lake.bucket_name,
            "TARGET_S3_CSV_SSE_KMS_KEY_ID": self.data_key.key_arn,
        }

        private = self.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids
        where = cdk.Fn.join(",", [*private, self.workers.security_group_id])
        cdk.CfnOutput(self, "NetworkTold", value=where).override_logical_id("Network")  # `make task` starts tasks there

    def _key(self, name: str, purpose: str) -> kms.Key:
        return kms.Key(
            self, name, alias=f"alias/{self._settings.name(purpose)}", enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )  # fmt: skip

    def _network(self) -> ec2.Vpc:
        network = self._settings.network
        vpc = ec2.Vpc(
            self, "Network", max_azs=network.zones, nat_gateways=network.gateways,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24),
                ec2.SubnetConfiguration(name="work", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
                ec2.SubnetConfiguration(name="data", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24),
            ],
        )  # fmt: skip
        for subnet in vpc.public_subnets:  # gateways alone live there: nothing is given an address by accident
            subnet.node.default_child.map_public_ip_on_launch = False
        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)  # what is staged costs no NAT
        kept = logs.LogGroup(
            self, "Flows", retention=logs.RetentionDays.ONE_MONTH, encryption_key=self.data_key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )  # fmt: skip
        vpc.add_flow_log(
            "Rejected", destination=ec2.FlowLogDestination.to_cloud_watch_logs(kept),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )  # fmt: skip
        return vpc

    def _lake(self) -> s3.Bucket:
        shared = {
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "enforce_ssl": True,
            "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            "removal_policy": cdk.RemovalPolicy.RETAIN,
        }
        asked = s3.Bucket(
            self, "LakeAccess", encryption=s3.BucketEncryption.S3_MANAGED, **shared,
            lifecycle_rules=[s3.LifecycleRule(id="forget", expiration=cdk.Duration.days(90))],
        )  # fmt: skip
        return s3.Bucket(
            self, "Lake", encryption=s3.BucketEncryption.KMS, encryption_key=self.data_key, bucket_key_enabled=True,
            versioned=True, server_access_logs_bucket=asked, **shared,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="staged", prefix="raw/", expiration=cdk.Duration.days(self._settings.keep_staged_days),
                    transitions=[s3.Transition(
                        storage_class=s3.StorageClass.INFREQUENT_ACCESS, transition_after=cdk.Duration.days(30)
                    )],
                ),
                s3.LifecycleRule(
                    id="leftovers", abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                    noncurrent_version_expiration=cdk.Duration.days(30),
                ),
            ],
        )  # fmt: skip

    def _data_group(self, name: str, port: int) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self, name, vpc=self.vpc, allow_all_outbound=False, description=f"{name} of dif, for its workers alone"
        )
        group.add_ingress_rule(self.workers, ec2.Port.tcp(port))
        return group

    def _data_subnets(self) -> list[str]:
        return self.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids

    def _database(self) -> rds.CfnDBInstance:
        wanted = self._settings.database
        subnets = rds.CfnDBSubnetGroup(
            self, "DatabaseSubnets", db_subnet_group_description="Platform database", subnet_ids=self._data_subnets()
        )
        rules = rds.CfnDBParameterGroup(
            self, "DatabaseRules", family="postgres17", description="TLS for everybody",
            parameters={"rds.force_ssl": "1", "log_min_duration_statement": "5000"},
        )  # fmt: skip
        instance = rds.CfnDBInstance(
            self, "Database", engine="postgres", engine_version="17.9", db_instance_class=wanted.instance_class,
            db_name="dif", port="5432", allocated_storage=str(wanted.gigabytes),
            max_allocated_storage=wanted.gigabytes * 5, storage_type="gp3", storage_encrypted=True,
            kms_key_id=self.data_key.key_arn, multi_az=wanted.standby, backup_retention_period=wanted.keep_days,
            deletion_protection=True, copy_tags_to_snapshot=True, publicly_accessible=False,
            auto_minor_version_upgrade=True, ca_certificate_identifier="rds-ca-rsa2048-g1",
            enable_cloudwatch_logs_exports=["postgresql", "upgrade"], enable_performance_insights=True,
            performance_insights_kms_key_id=self.data_key.key_arn,
            # RDS makes the password, keeps it in Secrets Manager and changes it every week.
            master_username="dif", manage_master_user_password=True,
            master_user_secret=rds.CfnDBInstance.MasterUserSecretProperty(kms_key_id=self.data_key.key_arn),
            db_subnet_group_name=subnets.ref, db_parameter_group_name=rules.ref,
            vpc_security_groups=[self._data_group("Database access", 5432).security_group_id],
        )  # fmt: skip
        instance.apply_removal_policy(cdk.RemovalPolicy.SNAPSHOT)
        return instance

    def _valkey(self) -> elasticache.CfnReplicationGroup:
        wanted = self._settings.valkey
        subnets = elasticache.CfnSubnetGroup(
            self, "ValkeySubnets", description="Budgets and leases", subnet_ids=self._data_subnets()
        )
        rules = elasticache.CfnParameterGroup(
            self, "ValkeyRules", cache_parameter_group_family="valkey8", description="A budget is never evicted",
            properties={"maxmemory-policy": "noeviction"},
        )  # fmt: skip
        return elasticache.CfnReplicationGroup(
            self, "Valkey", replication_group_description="Budgets and leases", engine="valkey", engine_version="8.0",
            cache_node_type=wanted.node_class, num_node_groups=1, replicas_per_node_group=wanted.replicas,
            automatic_failover_enabled=wanted.replicas > 0, multi_az_enabled=wanted.replicas > 0,
            at_rest_encryption_enabled=True, kms_key_id=self.data_key.key_id, transit_encryption_enabled=True,
            auth_token=self.valkey_secret.secret_value_from_json("password").unsafe_unwrap(), port=6379,
            auto_minor_version_upgrade=True, snapshot_retention_limit=1, cache_parameter_group_name=rules.ref,
            cache_subnet_group_name=subnets.ref,
            security_group_ids=[self._data_group("Valkey access", 6379).security_group_id],
        )  # fmt: skip
