"""What `make doctor` says of the ledger's database."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from dif_kit.doctor import Project, Verdict
from dif_kit.errors import ConfigError
from dif_ledger._health import checkup
from dif_ledger.cli import main


def test_a_dead_database_is_broken_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://dif:canary-word@127.0.0.1:9/dif"
    monkeypatch.setenv("DIF_LEDGER_URL", url)
    (found,) = checkup(Project(Path(), {"DIF_LEDGER_URL": url}))
    assert found.verdict is Verdict.BROKEN
    assert "DIF_LEDGER_URL" in found.advice
    assert "canary-word" not in repr(found)


def test_an_address_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIF_LEDGER_URL", "postgresql//dif:canary-word@127.0.0.1/dif")
    ended = CliRunner().invoke(main, ["status"])
    assert (ended.exit_code, "DIF_LEDGER_URL is malformed" in ended.output) == (2, True)
    assert "canary-word" not in ended.output


def test_without_an_address_nothing_is_set_up() -> None:
    with pytest.raises(ConfigError, match="DIF_LEDGER_URL"):
        next(checkup(Project(Path(), {})))
