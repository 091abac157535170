"""A reference becomes a secret that does not show itself."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest
from dif_kit.credentials import Credential, redact, resolve
from dif_kit.errors import CredentialError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "value-that-nobody-should-see"


def write(path: Path, content: str, mode: int = 0o600) -> str:
    path.write_text(content)
    path.chmod(mode)
    return path.as_uri()


def test_a_variable_holds_a_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME", json.dumps({"user": "ann", "password": SECRET}))
    assert dict(resolve("env://SOME")) == {"user": "ann", "password": SECRET}


def test_a_file_of_the_owner_holds_a_credential(tmp_path: Path) -> None:
    ref = write(tmp_path / "with a space", json.dumps({"token": SECRET}))
    assert resolve(ref)["token"] == SECRET


def test_where_a_token_comes_from_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"token_uri": "https://oauth.example.com/token", "login_customer_id": "1065075148", "refresh_token": SECRET}
    monkeypatch.setenv("SOME", json.dumps(given))
    resolve("env://SOME")
    assert redact(f"POST {given['token_uri']} {given['login_customer_id']} {SECRET}") == (
        "POST https://oauth.example.com/token 1065075148 ***"
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "open"
    with pytest.raises(CredentialError, match=f"run: chmod 600 {path}"):
        resolve(write(path, "{}", mode))


@pytest.mark.parametrize(
    "content", ["", "[]", SECRET, json.dumps({"a": 1, "b": SECRET}), json.dumps({"a": {"b": SECRET}})]
)
def test_a_malformed_credential_is_refused_without_being_shown(tmp_path: Path, content: str) -> None:
    with pytest.raises(CredentialError, match="expected a JSON object") as told:
        resolve(write(tmp_path / "odd", content))
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    ("ref", "complaint"),
    [
        ("secret", "must look like"),
        ("nowhere://x", r"unknown scheme nowhere://; installed are env://, file://"),
        ("env://NOT_SET", "no variable NOT_SET"),
        ("file:///no/such/file", "No such file"),
        ("file://relative/path", "absolute path"),
    ],
)
def test_a_reference_that_leads_nowhere_says_what_to_do(ref: str, complaint: str) -> None:
    with pytest.raises(CredentialError, match=complaint):
        resolve(ref)


def test_a_credential_shows_its_names_only() -> None:
    credential = Credential({"token": SECRET, "user": "ann"})
    assert repr(credential) == str(credential) == f"{credential}" == "Credential(token, user)"
    with pytest.raises(TypeError):
        pickle.dumps(credential)
    with pytest.raises(CredentialError, match="no 'password', it holds token, user"):
        credential["password"]
