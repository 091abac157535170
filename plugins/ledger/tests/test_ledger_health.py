"""What `make doctor` says of the ledger's database."""

from __future__ import annotations

from pathlib import Path

import pytest
from dif_kit.doctor import Project, Verdict
from dif_kit.errors import ConfigError
from dif_ledger._health import checkup


def test_a_dead_database_is_broken_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://dif:canary-word@127.0.0.1:9/dif"
    monkeypatch.setenv("DIF_LEDGER_URL", url)
    (found,) = checkup(Project(Path(), {"DIF_LEDGER_URL": url}))
    assert found.verdict is Verdict.BROKEN
    assert "DIF_LEDGER_URL" in found.advice
    assert "canary-word" not in repr(found)


def test_without_an_address_nothing_is_set_up() -> None:
    with pytest.raises(ConfigError, match="DIF_LEDGER_URL"):
        next(checkup(Project(Path(), {})))
