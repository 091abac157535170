"""Credentials are put, opened, replaced and rolled back, and open nowhere but in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dif_kit.errors import CredentialError, Deferred
from dif_vault import SecretName, Status, Vault
from dif_vault._envelope import open_record
from dif_vault._store import Store
from dif_vault.errors import KeyRefusedError, NoSuchCredentialError, StaleError, TamperedError
from dif_vault.keys import KeyRing, KmsKeys, LocalKeys

OTHER = SecretName("globex", "pinterest")

KINDS = {
    "access_token": {"access_token": "a-long-token"},
    "refresh_token": {"client_id": "app", "client_secret": "s", "refresh_token": "r"},
    "api_key": {"api_key": "pk_1"},
    "basic": {"user": "u", "password": "p"},
    "client": {"client_id": "app", "client_secret": "s"},
    "service_account": {
        "client_email": "a@b.c",
        "private_key": "-----BEGIN PRIVATE KEY-----\nx\n",
        "type": "service_account",
    },
    "certificate": {"certificate": "no certificate", "private_key": "k"},
    "other": {"consumer_key": "x", "consumer_secret": "ü\n\x00"},
}

#: Every column of a credential, and another value for it. Of bytes one is turned over: what is set to 0 may be 0.
EDITS = {
    "connector": "'tiktok'",
    "name": "'second'",
    "kind": "'basic'",
    "status": "'needs_reauth'",
    "fields": "'{a}'",
    "written_at": "written_at + interval '1 second'",
    "written_by": "'somebody else'",
    "expires_at": "now() + interval '9 years'",
    "wrapped_key": "set_byte(wrapped_key, 1, get_byte(wrapped_key, 1) # 255)",
    "nonce": "set_byte(nonce, 1, get_byte(nonce, 1) # 255)",
    "ciphertext": "set_byte(ciphertext, 1, get_byte(ciphertext, 1) # 255)",
    "mac": "set_byte(mac, 1, get_byte(mac, 1) # 255)",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_credential_comes_back_as_it_was_put(any_vault: Vault, place: SecretName, kind: str) -> None:
    put = any_vault.put(place, KINDS[kind])
    opened = any_vault.open(place)
    assert opened.values == KINDS[kind]
    assert (opened.record.kind, opened.record.version) == (kind, 1)
    assert put.record == opened.record


def test_compare_and_swap_refuses_a_version_that_is_not_in_force(
    vault: Vault, place: SecretName, values: dict[str, str]
) -> None:
    vault.put(place, values, expect=0)
    with pytest.raises(StaleError, match="version 1 is in force, not 0"):
        vault.put(place, {"api_key": "x"}, expect=0)
    vault.put(place, {"api_key": "x"}, expect=1)
    assert vault.open(place).record.version == 2


def test_an_earlier_version_is_kept_and_can_be_put_in_force_again(
    any_vault: Vault, place: SecretName, values: dict[str, str]
) -> None:
    any_vault.put(place, values)
    any_vault.put(place, {"api_key": "wrong"})
    any_vault.roll_back(place, 1)
    assert any_vault.open(place).values == values
    assert [record.version for record in any_vault.versions(place)] == [1, 2, 3]


def test_a_revoked_credential_does_not_open(vault: Vault, place: SecretName, values: dict[str, str]) -> None:
    vault.mark(vault.put(place, values), Status.REVOKED, reason="left")
    with pytest.raises(NoSuchCredentialError, match="was revoked"):
        vault.open(place)
    vault.put(place, values)
    assert vault.open(place).values == values


def test_a_credential_is_expiring_two_weeks_before_its_end(vault: Vault, place: SecretName) -> None:
    now = datetime.now(UTC)
    for days, status in ((-1, Status.EXPIRED), (13, Status.EXPIRING), (15, Status.ACTIVE)):
        record = vault.put(place, {"api_key": "x"}, expires_at=now + timedelta(days=days)).record
        assert record.status_at(now) is status


@pytest.mark.parametrize("column", EDITS)
def test_a_row_that_was_edited_does_not_open(
    any_vault: Vault, place: SecretName, values: dict[str, str], attack: Callable[..., Any], column: str
) -> None:
    any_vault.put(place, values)
    any_vault.put(SecretName("acme", "tiktok"), {"api_key": "b"})
    any_vault.put(SecretName("acme", "pinterest", "second"), {"api_key": "c"})
    attack("DELETE FROM dif_vault.credential WHERE connector = 'tiktok' OR name = 'second'")
    attack(f"UPDATE dif_vault.credential SET {column} = {EDITS[column]}")
    moved = {"connector": SecretName("acme", "tiktok"), "name": SecretName("acme", "pinterest", "second")}
    with pytest.raises(TamperedError) as refused:
        any_vault.open(moved.get(column, place))
    assert "canary" not in str(refused.value)
    assert any_vault.verify().faults


def test_any_flipped_byte_of_what_is_encrypted_is_noticed(
    vault: Vault, place: SecretName, values: dict[str, str]
) -> None:
    record = vault.put(place, values).record
    for column in ("wrapped_key", "nonce", "ciphertext", "mac"):
        whole: bytes = getattr(record, column)
        for index in range(len(whole)):
            changed = whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :]
            with pytest.raises(TamperedError):
                open_record(replace(record, **{column: changed}), vault.keys)
    assert open_record(record, vault.keys).values == values


def test_a_row_that_was_copied_to_another_client_does_not_open(
    any_vault: Vault, place: SecretName, values: dict[str, str], attack: Callable[..., Any]
) -> None:
    any_vault.put(place, values)
    any_vault.put(OTHER, {"api_key": "globex's own"})
    attack("DELETE FROM dif_vault.credential WHERE client = 'globex'")
    attack("UPDATE dif_vault.credential SET client = 'globex' WHERE client = 'acme'")
    with pytest.raises(TamperedError):
        any_vault.open(OTHER)


def test_ciphertexts_swapped_between_clients_do_not_open(
    any_vault: Vault, place: SecretName, values: dict[str, str], attack: Callable[..., Any]
) -> None:
    any_vault.put(place, values)
    any_vault.put(OTHER, {"api_key": "globex's own"})
    for former, latter in (("acme", "x"), ("globex", "acme"), ("x", "globex")):
        attack("UPDATE dif_vault.credential SET client = %s WHERE client = %s", [latter, former])
    for one in (place, OTHER):
        with pytest.raises(TamperedError):
            any_vault.open(one)


def test_an_old_version_put_back_in_place_of_the_new_one_does_not_open(
    any_vault: Vault, place: SecretName, values: dict[str, str], attack: Callable[..., Any]
) -> None:
    any_vault.put(place, {"api_key": "leaked and replaced"})
    any_vault.put(place, values)
    attack("DELETE FROM dif_vault.credential WHERE version = 2")
    with pytest.raises(TamperedError, match="an old state was put back"):
        any_vault.open(place)


def test_an_old_version_under_the_new_number_does_not_open(
    any_vault: Vault, place: SecretName, values: dict[str, str], attack: Callable[..., Any]
) -> None:
    any_vault.put(place, {"api_key": "leaked and replaced"})
    any_vault.put(place, values)
    attack("DELETE FROM dif_vault.credential WHERE version = 2")
    attack("UPDATE dif_vault.credential SET version = 2")
    with pytest.raises(TamperedError):
        any_vault.open(place)


def test_a_revocation_cannot_be_undone_by_an_old_row(
    vault: Vault, place: SecretName, values: dict[str, str], attack: Callable[..., Any]
) -> None:
    opened = vault.put(place, values)
    vault.mark(opened, Status.REVOKED, reason="leaked")
    attack("UPDATE dif_vault.credential SET status = 'active', mac = %s", [opened.record.mac])
    with pytest.raises(TamperedError, match="the mark was undone"):
        vault.open(place)
    assert any("but was marked revoked" in fault for fault in vault.verify().faults)


def test_a_row_closed_by_somebody_elses_key_is_refused(
    *, kms_vault: Vault, kms: Any, url: str, place: SecretName, values: dict[str, str], attack: Callable[..., Any]
) -> None:
    kms_vault.put(place, {"api_key": "ours"})
    theirs = kms.create_key()["KeyMetadata"]["Arn"]
    forger = Vault(Store(url), KeyRing([KmsKeys(theirs, kms)]), actor="forger")
    attack("DELETE FROM dif_vault.credential")
    attack("DELETE FROM dif_vault.audit")
    attack("UPDATE dif_vault.audit_head SET entry = 0, hash = ''")
    forger.put(place, values)
    with pytest.raises(KeyRefusedError, match="DIF_VAULT_KEY does not name"):
        kms_vault.open(place)
    with pytest.raises(KeyRefusedError):
        kms_vault.rewrap()


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("AccessDeniedException", KeyRefusedError, "denies kms:Decrypt"),
        ("DisabledException", KeyRefusedError, "cannot be used"),
        ("KMSInvalidStateException", KeyRefusedError, "cannot be used"),
        ("IncorrectKeyException", TamperedError, "closed by another key"),
        ("ThrottlingException", Deferred, "throttles kms:Decrypt"),
    ],
)
def test_a_kms_that_refuses_is_told_with_what_to_look_at(
    *,
    kms_vault: Vault,
    place: SecretName,
    values: dict[str, str],
    refuse: Callable[[str, str], None],
    code: str,
    error: type[Exception],
    words: str,
) -> None:
    kms_vault.put(place, values)
    refuse("Decrypt", code)
    with pytest.raises(error, match=words) as refused:
        kms_vault.open(place)
    assert "canary" not in str(refused.value)
    last = kms_vault.audit()[-1]
    assert (last.action, last.place) == ("refused", place)


@pytest.mark.parametrize("state", ["disabled", "pending deletion"])
def test_a_key_that_is_switched_off_opens_nothing(
    *, kms_vault: Vault, kms: Any, url: str, place: SecretName, values: dict[str, str], state: str
) -> None:
    key = kms.create_key()["KeyMetadata"]["Arn"]
    vault = Vault(Store(url), KeyRing([KmsKeys(key, kms)]), actor="tester")
    vault.put(place, values)
    if state == "disabled":
        kms.disable_key(KeyId=key)
    else:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(KeyRefusedError, match="look at its state"):
        vault.open(place)
    with pytest.raises(KeyRefusedError, match="look at its state"):
        vault.put(place, values)
    assert len(vault.versions(place)) == 1


def test_a_kms_that_is_not_there_is_named(url: str, place: SecretName, values: dict[str, str]) -> None:
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "kms",
        endpoint_url="http://127.0.0.1:9",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )
    vault = Vault(Store(url), KeyRing([KmsKeys("alias/dif", client)]), actor="tester")
    with pytest.raises(KeyRefusedError, match="could not be asked"):
        vault.put(place, values)
    client.close()


def test_after_a_new_key_everything_is_rewrapped_and_the_old_key_is_of_no_use(
    vault: Vault, key_file: Path, place: SecretName, values: dict[str, str]
) -> None:
    vault.put(place, {"api_key": "former"})
    before = vault.put(place, values).record
    keys = LocalKeys(key_file)
    keys.add_key()
    renewed = Vault(vault.store, KeyRing([keys]), actor="tester")
    assert renewed.rewrap() == 2
    assert renewed.rewrap() == 0
    after = renewed.open(place).record
    assert (after.ciphertext, after.mac) == (before.ciphertext, before.mac)
    assert after.key_id != before.key_id
    with pytest.raises(KeyRefusedError):
        vault.open(place)
    assert renewed.open(place, 1).values == {"api_key": "former"}
    assert not renewed.verify().faults


def test_rewrapping_to_another_kms_key_never_shows_a_data_key(
    *, kms_vault: Vault, kms: Any, aws: Any, url: str, place: SecretName, values: dict[str, str]
) -> None:
    record = kms_vault.put(place, values).record
    new = kms.create_key()["KeyMetadata"]["Arn"]
    both = Vault(Store(url), KeyRing([KmsKeys(new, kms), KmsKeys(record.key_id, kms)]), actor="tester")
    assert both.open(place).values == values
    assert both.rewrap() == 1
    only_new = Vault(Store(url), KeyRing([KmsKeys(new, kms)]), actor="tester")
    assert only_new.open(place).values == values


def test_a_laptops_vault_moves_to_kms(
    *, vault: Vault, key_file: Path, kms: Any, aws: Any, place: SecretName, values: dict[str, str]
) -> None:
    vault.put(place, values)
    both = Vault(vault.store, KeyRing([KmsKeys("alias/dif", kms), LocalKeys(key_file)]), actor="tester")
    assert both.rewrap() == 1
    only_kms = Vault(vault.store, KeyRing([KmsKeys("alias/dif", kms)]), actor="tester")
    assert only_kms.open(place).values == values


def test_a_key_file_that_others_may_read_is_refused(key_file: Path) -> None:
    key_file.chmod(0o640)
    with pytest.raises(KeyRefusedError, match="chmod 600"):
        LocalKeys(key_file)


def test_nothing_that_holds_a_secret_shows_it(vault: Vault, place: SecretName, values: dict[str, str]) -> None:
    opened = vault.put(place, values)
    shown = f"{opened!r} {opened.record!r} {vault!r} {vault.keys!r}"
    assert "canary" not in shown
    assert opened.data_key.hex() not in shown
    assert repr(opened.data_key) not in shown


@pytest.mark.parametrize("text", ["", "acme", "vault://acme", "vault://a/b/c/d", "vault://../b", "vault://a b/c"])
def test_a_reference_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CredentialError, match="no place in the vault"):
        SecretName.parse(text)
