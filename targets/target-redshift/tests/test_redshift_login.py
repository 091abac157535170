"""Who logs in: a user it is told, or one that AWS lends to its identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.errors import ConfigError, CredentialError
from dif_kit.target import ColumnKind

if TYPE_CHECKING:
    from conftest import Shop

ORDER = {"id": ColumnKind.INTEGER, "name": ColumnKind.TEXT}
LAKE_WRITER = "arn:aws:iam::123456789012:role/LakeWriter"


def logged_in_as(shop: Shop, **login: Any) -> str:
    """The database user of a session that was opened that way."""
    destination = shop.destination(credential_ref=None, **login)
    warehouse = destination._first._warehouse
    try:
        return str(warehouse.query("SELECT CURRENT_USER AS me")[0][0])
    finally:
        destination.close()


def test_a_secret_of_secrets_manager(shop: Shop) -> None:
    assert logged_in_as(shop, secret_id="redshift/demo") == shop.world.user


def test_a_cluster_lends_a_user_named_after_the_identity(shop: Shop) -> None:
    assert logged_in_as(shop, cluster="dif-sandbox") == "IAM:loader"


def test_a_cluster_lends_a_database_user(shop: Shop) -> None:
    assert logged_in_as(shop, cluster="dif-sandbox", cluster_user=shop.world.user) == shop.world.user


def test_a_workgroup_lends_a_user(shop: Shop) -> None:
    assert logged_in_as(shop, workgroup="dif-sandbox") == "IAM:loader"


def test_a_lent_user_loads(shop: Shop) -> None:
    login = {"credential_ref": None, "cluster": "dif-sandbox", "cluster_user": shop.world.user}
    shop.deliver(shop.unit(ORDER, [["1", "a"]]), **login)
    assert shop.rows("orders", "id") == [(1,)]


def test_a_role_is_assumed_before_anything_is_asked(shop: Shop) -> None:
    lent = logged_in_as(shop, workgroup="dif-sandbox", aws_role=LAKE_WRITER)
    assert lent.startswith("IAM:")
    assert lent != "IAM:loader"


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ({"cluster": "nowhere"}, r"cluster 'nowhere'.*nowhere not found"),
        ({"workgroup": "nowhere"}, r"workgroup 'nowhere'.*nowhere not found"),
        ({"secret_id": "redshift/nobody"}, r"secret_id 'redshift/nobody'.*ResourceNotFound"),
        ({"secret_id": "redshift/demo", "aws_role": "arn:aws:iam::123456789012:role/Nobody"}, "AssumeRole"),
    ],
)
def test_what_aws_refuses_is_one_line(shop: Shop, login: dict[str, str], said: str) -> None:
    with pytest.raises(CredentialError, match=said) as caught:
        logged_in_as(shop, **login)
    assert "\n" not in str(caught.value)
    assert shop.world.password not in str(caught.value)


def test_one_way_to_log_in_is_set(shop: Shop) -> None:
    with pytest.raises(ConfigError, match=r"set is none"):
        shop.destination(credential_ref=None)
    with pytest.raises(ConfigError, match=r"set is credential_ref and cluster"):
        shop.destination(cluster="dif-sandbox")
