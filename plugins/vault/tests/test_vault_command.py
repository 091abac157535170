"""The command `vault`, as a shell runs it."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from dif_kit.doctor import Finding, Project, Verdict, examine
from dif_sandbox.services import Postgres
from dif_vault import SecretName, Vault
from dif_vault._health import checkup
from dif_vault._store import Store
from dif_vault.cli import main

VAULT = Path(sys.executable).with_name("vault")
SECRETS = ("canary-secret", "canary-refresh-1", "canary-new")


@pytest.fixture
def run(url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in this process against a vault with a key file."""
    monkeypatch.setenv("DIF_VAULT_URL", url)
    monkeypatch.setenv("DIF_VAULT_KEY", f"local:{key_file}")
    monkeypatch.setenv("DIF_VAULT_ACTOR", "operator")
    runner = CliRunner()

    def run(*arguments: str, given: object = None, code: int = 0) -> Result:
        result = runner.invoke(main, list(arguments), input=None if given is None else json.dumps(given))
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def filled(run: Callable[..., Result], values: dict[str, str]) -> Callable[..., Result]:
    run("put", "acme/pinterest", given=values)
    return run


def test_a_secret_that_is_piped_in_is_shown_masked_unless_asked_for(filled: Callable[..., Result]) -> None:
    masked = filled("get", "vault://acme/pinterest")
    assert json.loads(masked.output) == dict.fromkeys(("client_id", "client_secret", "refresh_token"), "***")
    assert filled("get", "acme/pinterest", "refresh_token", "--reveal").output == "canary-refresh-1\n"


def test_a_secret_may_be_typed_and_is_not_echoed(run: Callable[..., Result], vault: Vault, place: SecretName) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [VAULT, "put", "acme/pinterest", "--kind", "basic"],
        stdin=child,
        stdout=child,
        stderr=child,
        env=os.environ.copy(),
    )
    os.close(child)
    shown = b""
    for prompt, answer in ((b"user:", b"someone\n"), (b"password:", b"canary-secret\n")):
        while prompt not in shown:
            shown += os.read(parent, 1024)
        os.write(parent, answer)
    assert process.wait(60) == 0
    shown += os.read(parent, 4096)
    os.close(parent)
    assert b"canary" not in shown
    assert b"version 1 is in force (basic: password, user)" in shown
    assert vault.open(place).values == {"user": "someone", "password": "canary-secret"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("canary-secret", "expected a JSON object"),
        ({}, "empty"),
        ({"api_key": 7, "other": "canary-secret"}, "no texts, or empty: api_key"),
        ({"api_key": ""}, "no texts, or empty: api_key"),
    ],
)
def test_what_is_no_credential_is_refused_without_showing_it(
    run: Callable[..., Result], given: object, words: str
) -> None:
    result = run("put", "acme/pinterest", given=given, code=2)
    assert words in result.output
    assert "canary" not in result.output


def test_rotate_replaces_what_is_named_and_keeps_the_rest(filled: Callable[..., Result]) -> None:
    filled("rotate", "acme/pinterest", given={"client_secret": "canary-new"})
    shown = json.loads(filled("get", "acme/pinterest", "--reveal").output)
    assert shown == {"client_id": "app", "client_secret": "canary-new", "refresh_token": "canary-refresh-1"}
    assert "has no colour" in filled("rotate", "acme/pinterest", given={"colour": "x"}, code=2).output


def test_rollback_brings_an_earlier_version_back(filled: Callable[..., Result]) -> None:
    filled("rotate", "acme/pinterest", given={"client_secret": "canary-new"})
    filled("rollback", "acme/pinterest", "--to", "1")
    assert filled("get", "acme/pinterest", "client_secret", "--reveal").output == "canary-secret\n"
    assert [one["version"] for one in json.loads(filled("history", "acme/pinterest", "--json").output)] == [1, 2, 3]


def test_list_tells_age_end_last_use_and_status(filled: Callable[..., Result]) -> None:
    filled("put", "globex/tiktok", "--expires", "2026-01-01", given={"access_token": "canary-new"})
    filled("get", "acme/pinterest")
    told = {one["place"]: one for one in json.loads(filled("list", "--json").output)}
    assert told["vault://acme/pinterest"]["status"] == "active"
    assert told["vault://acme/pinterest"]["last_used_at"]
    assert (told["vault://globex/tiktok"]["status"], told["vault://globex/tiktok"]["last_used_at"]) == ("expired", None)
    table = filled("list").output
    assert "vault://globex/tiktok" in table
    assert "2 credentials, 1 to look after" in table


def test_new_refuses_to_overwrite(filled: Callable[..., Result], values: dict[str, str]) -> None:
    assert "is in force, not 0" in filled("put", "acme/pinterest", "--new", given=values, code=1).output


def test_a_revoked_credential_does_not_open(filled: Callable[..., Result]) -> None:
    filled("revoke", "acme/pinterest", "--reason", "client left")
    assert "was revoked" in filled("get", "acme/pinterest", code=1).output


def test_the_audit_is_proven_and_tampering_ends_with_1(
    filled: Callable[..., Result], attack: Callable[..., Any]
) -> None:
    told = json.loads(filled("audit", "--json").output)
    assert (told["faults"], told["entries"][0]["actor"]) == ([], "operator")
    assert "nothing was tampered with" in filled("audit", "--anchor", told["end"]).output
    attack("UPDATE dif_vault.audit SET actor = 'nobody'")
    assert "entry 1 was changed" in filled("audit", code=1).output
    assert "entry 1 was changed" in filled("audit", "--without-keys", code=1).output


def test_rewrap_with_a_new_key_touches_no_secret(filled: Callable[..., Result]) -> None:
    assert "1 data keys wrapped anew" in filled("rewrap", "--new-key").output
    assert filled("get", "acme/pinterest", "client_secret", "--reveal").output == "canary-secret\n"


def test_the_doctor_finds_what_is_wrong(
    filled: Callable[..., Result], key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "in good health" in filled("doctor").output
    key_file.chmod(0o644)
    monkeypatch.setenv("DIF_VAULT_URL", "postgresql://nobody:canary@127.0.0.1:9/none")
    sick = filled("doctor", code=1).output
    assert "chmod 600" in sick.replace("\n", " ")
    assert "127.0.0.1:9/none" in sick
    assert "canary" not in sick


def test_an_address_that_is_none_is_not_shown(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIF_VAULT_URL", "postgresql//nobody:canary@127.0.0.1/none")
    said = run("list", code=1).output
    assert "DIF_VAULT_URL is malformed" in said
    assert "canary" not in said


def test_without_settings_the_line_says_which(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIF_VAULT_KEY")
    assert "DIF_VAULT_KEY is not set" in run("list", code=2).output
    monkeypatch.delenv("DIF_VAULT_URL")
    assert "DIF_VAULT_URL is not set" in run("init", code=2).output


# From elsewhere and back


def test_an_env_file_of_meltano_is_imported(run: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "TAP_PINTEREST_CLIENT_ID=app\nTAP_PINTEREST_REFRESH_TOKEN='canary-refresh-1'\nTAP_PINTEREST_START_DATE=2026-01-01\n"
        'TAP_GOOGLE_ADS__CREDENTIALS__API_TOKEN="canary-${HOME}"\nexport TARGET_REDSHIFT_PASSWORD=canary-secret\n'
        "PATH_X=1\n"
    )
    said = run("import", str(file), "--client", "acme").output
    assert "left alone: PATH_X, TAP_PINTEREST_START_DATE" in said
    assert "canary" not in said
    opened = json.loads(run("get", "acme/pinterest", "--reveal").output)
    assert opened == {"client_id": "app", "refresh_token": "canary-refresh-1"}
    assert run("get", "acme/google-ads", "api_token", "--reveal").output == "canary-${HOME}\n"
    assert run("get", "acme/redshift", "password", "--reveal").output == "canary-secret\n"


def test_an_airbyte_document_is_imported(run: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "source.json"
    file.write_text(
        json.dumps(
            {
                "sourceName": "Google Ads",
                "connectionConfiguration": {
                    "customer_id": "1",
                    "credentials": {"client_id": "app", "client_secret": "canary-secret", "developer_token": "d"},
                },
            }
        )
    )
    assert "would be put" in run("import", str(file), "--client", "acme", "--dry-run").output
    run("import", str(file), "--client", "acme")
    opened = json.loads(run("get", "acme/google-ads", "--reveal").output)
    assert opened == {"client_id": "app", "client_secret": "canary-secret", "developer_token": "d"}


def test_what_is_exported_is_private_and_can_be_imported_again(filled: Callable[..., Result], tmp_path: Path) -> None:
    filled("export", "acme/pinterest", "--folder", str(tmp_path))
    file = tmp_path / "acme" / "pinterest"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "stands there already" in filled("import", str(tmp_path)).output
    assert "remove it first" in filled("export", "acme/pinterest", "--folder", str(tmp_path), code=2).output


def test_nobody_needs_to_say_a_secret_on_a_command_line() -> None:
    for name, command in main.commands.items():
        taken = {parameter.name for parameter in command.params}
        assert not taken & {"value", "values", "secret", "password", "token"}, name


def test_the_repositorys_doctor_says_what_to_do(
    filled: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert {finding.verdict for finding in checkup(Project(tmp_path, os.environ))} == {Verdict.GOOD}
    monkeypatch.setenv("DIF_VAULT_URL", "postgresql://nobody:canary@127.0.0.1:9/none")
    (found,) = checkup(Project(tmp_path, os.environ))
    assert found.verdict is Verdict.BROKEN
    assert "DIF_VAULT_URL" in found.advice
    assert "canary" not in repr(found)


@pytest.fixture
def before_init(postgres: Postgres, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database of which nobody has made a vault."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE before_init")
        monkeypatch.setenv("DIF_VAULT_URL", psycopg.conninfo.make_conninfo(postgres.dsn(), dbname="before_init"))
        monkeypatch.setenv("DIF_VAULT_KEY", f"local:{key_file}")
        yield
        connection.execute("DROP DATABASE before_init WITH (FORCE)")


def looked_at(root: Path) -> dict[str, Finding]:
    """What `make doctor` says of the vault and of the clients' credentials."""
    checkups = {name: entry_points(group="dif_kit.checkups")[name].load() for name in ("credentials", "vault")}
    return {finding.what: finding for finding in examine(Project(root, os.environ), checkups)}


def test_before_the_vault_is_made_nobody_is_sent_to_put_credentials(before_init: None, tmp_path: Path) -> None:
    client = "environments: [{name: acme, config: {plugins: {extractors: [{name: tap-shop}]}}}]"
    tap = "plugins: {extractors: [{name: tap-shop, config: {credential_ref: vault://$MELTANO_ENVIRONMENT/shop}}]}"
    for name, text in {"clients/acme.meltano.yml": client, "taps/tap-shop/tap-shop.meltano.yml": tap}.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    found = looked_at(tmp_path)
    assert "vault init" in found["vault, database"].advice
    assert "holds no vault" in found["vault://acme/shop"].found
    assert found["vault://acme/shop"].advice.startswith("mend the vault first")
    Store(os.environ["DIF_VAULT_URL"]).migrate()
    found = looked_at(tmp_path)
    assert found["vault, database"].verdict is Verdict.GOOD
    assert found["vault://acme/shop"].advice == "vault put acme/shop"
