"""What the person on call reads: one line that names the place and what to do, never a secret."""

from __future__ import annotations

import gc
import json
import socket
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.errors import ConfigError, CredentialError, DeliveryError, DifError
from dif_kit.target import Column, ColumnKind
from target_redshift._connection import Warehouse
from target_redshift._failures import Refused
from target_redshift._load_errors import shape

if TYPE_CHECKING:
    from conftest import Shop

ORDER = {"id": ColumnKind.INTEGER, "name": ColumnKind.TEXT}


def refusal(shop: Shop, kind: type[DifError], **changes: Any) -> str:
    """The one line with which connecting ends."""
    destination = shop.destination(**changes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the driver leaves a socket that failed to the collector
        with pytest.raises(kind) as caught:
            destination.connect()
        line = str(caught.value)
        del caught
        gc.collect()
    assert "\n" not in line
    assert shop.world.password not in line
    return line


def test_a_warehouse_that_is_not_there(shop: Shop) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        line = refusal(shop, DeliveryError, port=port)
    assert f"Redshift at 127.0.0.1:{port}, database 'dev': cannot connect" in line
    assert "Connection refused" in line
    assert "security group" in line


def test_a_host_that_has_no_address(shop: Shop) -> None:
    line = refusal(shop, DeliveryError, host="warehouse.invalid")
    assert "Redshift at warehouse.invalid:" in line
    assert "cannot connect" in line


def test_a_warehouse_that_never_answers_is_given_up_in_time(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = refusal(shop, DeliveryError, port=silent.getsockname()[1], connect_timeout_seconds=1)
    assert "timed out" in line


def test_something_that_is_no_warehouse(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(100)
            connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        line = refusal(shop, DeliveryError, port=server.getsockname()[1])
        thread.join()
    assert "Server refuses SSL" in line


def test_a_wrong_password(shop: Shop, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text(json.dumps({"user": shop.world.user, "password": "not-the-password"}))
    line = refusal(shop, CredentialError, credential_ref=f"file://{wrong}")
    assert f"user '{shop.world.user}' may not log in" in line
    assert f"file://{wrong}" in line
    assert "not-the-password" not in line


def test_a_login_without_password(shop: Shop, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch(mode=0o600)
    empty.write_text('{"user": "me"}')
    assert "'password'" in refusal(shop, CredentialError, credential_ref=f"file://{empty}")


def test_an_unknown_database(shop: Shop) -> None:
    line = refusal(shop, ConfigError, database="nowhere")
    assert "nowhere" in line
    assert "check the settings database and host" in line


def test_a_certificate_of_another_host(shop: Shop) -> None:
    """The name is checked, not only the authority: a warehouse that another host pretends to be is not believed."""
    line = refusal(shop, ConfigError, host="127.1")  # another name of the same address
    assert "TLS certificate was not accepted" in line
    assert "127.1" in line


def test_a_certificate_of_an_unknown_authority(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    line = refusal(shop, ConfigError)
    assert "TLS certificate was not accepted" in line
    assert "SSL_CERT_FILE" in line


@pytest.mark.parametrize("role", ["arn:aws:iam::12:role/x", "RedshiftLoader", "arn:aws:iam::123456789012:user/me", ""])
def test_an_iam_role_that_is_none(shop: Shop, role: str) -> None:
    with pytest.raises(ConfigError, match="give its ARN"):
        shop.destination(iam_role=role)


def load(shop: Shop, unit: Any, **changes: Any) -> str:
    with pytest.raises(DeliveryError) as caught:
        shop.deliver(unit, **changes)
    line = str(caught.value)
    assert "\n" not in line
    assert shop.rows("orders", "id") == []
    assert shop.rows("_dif_deliveries", "delivery_id") == []
    return line


def test_a_role_that_the_warehouse_may_not_assume(shop: Shop) -> None:
    role = "arn:aws:iam::123456789012:role/Nobody"
    line = load(shop, shop.unit(ORDER, [["1", "a"]]), iam_role=role)
    assert "stream 'orders': nothing of s3://" in line
    assert f"attach the role {role}" in line.replace("'", "")


def test_a_bucket_that_is_not_there(shop: Shop) -> None:
    line = load(shop, shop.unit(ORDER, [["1", "a"]], bucket="no-such-bucket"))
    assert "s3://no-such-bucket/" in line
    assert "bucket" in line.rpartition(";")[2]


def test_a_staged_file_that_was_deleted(shop: Shop) -> None:
    unit = shop.unit(ORDER, [["1", "a"], ["2", "b"]], parts=2)
    key = unit.manifest.parts[1].url.removeprefix(f"s3://{shop.world.bucket}/")
    shop.s3.delete_object(Bucket=shop.world.bucket, Key=key)
    assert "nothing deletes staged files" in load(shop, unit)


def test_a_value_that_does_not_fit_is_named_by_file_line_and_column_but_not_shown(shop: Shop) -> None:
    unit = shop.unit(ORDER, [["1", "a"], ["12ab-secret", "b"]])
    line = load(shop, unit)
    assert unit.manifest.parts[0].url in line
    assert "line 3, column 'id'" in line
    assert "Invalid digit" in line
    assert "the value looks like '99aa-aaaaaa'" in line
    assert "secret" not in line


def test_a_decimal_that_overflows_is_refused_and_not_cut(shop: Shop) -> None:
    price = Column("price", ColumnKind.DECIMAL, scale=10)
    line = load(shop, shop.unit({"id": ColumnKind.INTEGER, "price": price}, [["1", "9" * 30]]))
    assert "column 'price'" in line


def test_a_user_who_may_not_make_the_schema(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    execute = Warehouse.execute

    def forbidden(warehouse: Warehouse, sql: str) -> None:
        if sql.startswith("CREATE SCHEMA"):
            raise Refused("42501", "permission denied for database dev", "")
        execute(warehouse, sql)

    monkeypatch.setattr(Warehouse, "execute", forbidden)
    with pytest.raises(ConfigError, match=rf"schema '{shop.schema}'.*permission denied.*grant it CREATE"):
        shop.deliver(shop.unit(ORDER, []))


def test_a_shape_shows_no_content() -> None:
    assert shape("Ünï-42,x") == "'aaa-99,a'"
    assert shape("x" * 50) == f"'{'a' * 40}'... (50 characters)"
