"""Temporary users, as redshift_connector and boto3 get them: GetClusterCredentials and its kin."""

from __future__ import annotations

import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import psycopg2
import pytest
import redshift_connector
from botocore.exceptions import ClientError

KEYS = {"aws_access_key_id": "AKIALOADER", "aws_secret_access_key": "loadersecret", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def iam_front(servers: Any, start_front: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    identities = {"AKIALOADER": {"name": "Loader", "secret_key": "loadersecret"}}
    with start_front(tmp_path_factory.mktemp("api"), *servers, identities=identities) as started:
        yield started


@pytest.fixture
def api(iam_front: Any) -> Iterator[Any]:
    made = []

    def make(service: str = "redshift", **keys: str) -> Any:
        made.append(boto3.client(service, endpoint_url=iam_front.api, **{**KEYS, **keys}))
        return made[-1]

    yield make
    for client in made:
        client.close()


def log_in(iam_front: Any, user: str, password: str) -> str:
    """The database user that a login becomes."""
    connection = psycopg2.connect(host="127.0.0.1", port=iam_front.port, dbname="dev", user=user, password=password)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            return str(cursor.fetchone()[0])
    finally:
        connection.close()


def test_redshift_connector_logs_in_with_the_identity_of_its_keys(
    iam_front: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", iam_front.ca)
    common = {
        "iam": True,
        "database": "dev",
        "region": "us-east-1",
        "access_key_id": KEYS["aws_access_key_id"],
        "secret_access_key": KEYS["aws_secret_access_key"],
        "endpoint_url": iam_front.api,
    }
    provisioned = {"cluster_identifier": "dif-sandbox", "db_user": "analyst"}
    serverless = {"is_serverless": True, "serverless_work_group": "dif-sandbox"}
    for how, user in ((provisioned, "analyst"), (serverless, "IAM:loader")):
        with warnings.catch_warnings():  # the driver makes an SSLContext() without a protocol
            warnings.simplefilter("ignore", DeprecationWarning)
            connection = redshift_connector.connect(**common, **how)
        cursor = connection.cursor()
        cursor.execute("select current_user")
        assert cursor.fetchone() == [user]
        connection.close()


def test_a_user_is_made_only_if_that_was_asked_for(iam_front: Any, api: Any) -> None:
    request = {"ClusterIdentifier": "dif-sandbox", "DbUser": "newcomer", "DbName": "dev"}
    lent = api().get_cluster_credentials(**request)
    assert lent["DbUser"] == "IAM:newcomer"
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        log_in(iam_front, lent["DbUser"], lent["DbPassword"])
    lent = api().get_cluster_credentials(**request, AutoCreate=True)
    assert lent["DbUser"] == "IAMA:newcomer"
    assert log_in(iam_front, lent["DbUser"], lent["DbPassword"]) == "newcomer"
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        log_in(iam_front, lent["DbUser"], "guessed")


def test_credentials_last_as_long_as_was_asked_for(api: Any) -> None:
    request = {"ClusterIdentifier": "dif-sandbox", "DbUser": "analyst"}
    for seconds in (900, 3600):
        ends = api().get_cluster_credentials(**request, DurationSeconds=seconds)["Expiration"]
        assert timedelta(seconds=seconds - 60) < ends - datetime.now(UTC) <= timedelta(seconds=seconds)
    with pytest.raises(ClientError, match="DurationSeconds must be between 900 and 3600"):
        api().get_cluster_credentials(**request, DurationSeconds=60)


def test_the_identitys_own_user_comes_from_both_apis(iam_front: Any, api: Any) -> None:
    lent = api().get_cluster_credentials_with_iam(ClusterIdentifier="dif-sandbox", DbName="dev")
    assert log_in(iam_front, lent["DbUser"], lent["DbPassword"]) == "IAM:loader"
    lent = api("redshift-serverless").get_credentials(workgroupName="dif-sandbox", dbName="dev")
    assert log_in(iam_front, lent["dbUser"], lent["dbPassword"]) == "IAM:loader"
    assert lent["expiration"] > datetime.now(UTC)


def test_both_apis_tell_where_the_warehouse_listens(iam_front: Any, api: Any) -> None:
    (cluster,) = api().describe_clusters()["Clusters"]
    assert cluster["Endpoint"] == {"Address": "localhost", "Port": iam_front.port}
    workgroup = api("redshift-serverless").get_workgroup(workgroupName="dif-sandbox")["workgroup"]
    assert workgroup["endpoint"]["port"] == iam_front.port


@pytest.mark.parametrize(
    ("service", "action", "asked", "code"),
    [
        ("redshift", "get_cluster_credentials", {"ClusterIdentifier": "other", "DbUser": "analyst"}, "ClusterNotFound"),
        (
            "redshift",
            "get_cluster_credentials",
            {"ClusterIdentifier": "dif-sandbox", "DbUser": "public"},
            "InvalidParameterValue",
        ),
        ("redshift", "delete_cluster", {"ClusterIdentifier": "dif-sandbox"}, "InvalidAction"),
        ("redshift-serverless", "get_credentials", {"workgroupName": "other"}, "ResourceNotFoundException"),
        ("redshift-serverless", "list_namespaces", {}, "UnknownOperationException"),
    ],
)
def test_what_it_does_not_have_it_refuses(api: Any, service: str, action: str, asked: Any, code: str) -> None:
    with pytest.raises(ClientError) as refusal:
        getattr(api(service), action)(**asked)
    assert refusal.value.response["Error"]["Code"] == code


def test_an_unknown_key_and_a_wrong_secret_are_refused(iam_front: Any, api: Any) -> None:
    for keys, code in (
        ({"aws_secret_access_key": "guessed"}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "AKIAOTHER"}, "InvalidClientTokenId"),
    ):
        with pytest.raises(ClientError) as refusal:
            api(**keys).describe_clusters()
        assert refusal.value.response["Error"]["Code"] == code
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(iam_front.api, data=b"Action=DescribeClusters")
