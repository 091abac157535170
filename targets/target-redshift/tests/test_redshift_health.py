"""What `make doctor` says of the warehouse: who may do what there, and what is dead or refused."""

from __future__ import annotations

import gc
import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.doctor import Finding, Project, Verdict
from dif_kit.errors import ConfigError
from target_redshift._health import checkup

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Shop


def look(folder: Path, shop: Shop, **changes: Any) -> list[Finding]:
    """The warehouse of one client whose plugin has the shop's settings."""
    (folder / "clients").mkdir(exist_ok=True)
    plugin = folder / "targets" / "target-redshift" / "target-redshift.meltano.yml"
    plugin.parent.mkdir(parents=True, exist_ok=True)
    settings = {name: value for name, value in {**shop.config(), **changes}.items() if value is not None}
    facts = {"name": "target-redshift", "config": settings}
    plugin.write_text(json.dumps({"plugins": {"loaders": [facts]}}))
    client = {"name": "acme", "config": {"plugins": {"loaders": [{"name": "target-redshift"}]}}}
    (folder / "clients" / "acme.meltano.yml").write_text(json.dumps({"environments": [client]}))
    found = list(checkup(Project(folder, {})))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the driver leaves a socket that failed to the collector
        gc.collect()
    return found


def test_a_schema_that_the_user_may_fill_is_good_and_clocks_are_compared(shop: Shop, tmp_path: Path) -> None:
    shop.execute(f'CREATE SCHEMA IF NOT EXISTS "{shop.schema}"')
    warehouse, time = look(tmp_path, shop)
    assert warehouse.verdict is Verdict.GOOD, warehouse
    assert "may be filled" in warehouse.found
    assert (time.what, time.verdict) == ("clock, redshift", Verdict.GOOD)


def test_a_schema_that_is_missing_is_made_by_the_first_run(shop: Shop, tmp_path: Path) -> None:
    assert "is made by the first run" in look(tmp_path, shop, schema="not_there_yet")[0].found


def test_a_wrong_password_is_named_without_it(shop: Shop, tmp_path: Path) -> None:
    credential = tmp_path / "wrong"
    credential.write_text(json.dumps({"user": shop.world.user, "password": "canary-word"}))
    credential.chmod(0o600)
    (found,) = look(tmp_path, shop, credential_ref=f"file://{credential}")
    assert found.verdict is Verdict.BROKEN
    assert "may not log in" in found.found
    assert "vault put" in found.advice
    assert "canary-word" not in repr(found)


@pytest.mark.parametrize(("changes", "says"), [({"port": 9}, "127.0.0.1:9"), ({"database": "nowhere"}, "nowhere")])
def test_what_is_dead_or_unknown_has_advice(shop: Shop, tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    (found,) = look(tmp_path, shop, **changes)
    assert found.verdict is Verdict.BROKEN
    assert says in found.found
    assert found.advice


def test_without_a_host_nothing_is_set_up(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TARGET_REDSHIFT_HOST"):
        look(tmp_path, shop, host=None)
