"""How channels come to be: found by name, answered through the control, written as the guide says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from dif_sandbox import sim
from dif_sandbox.sim import ChannelConfig, Config, ConfigError, Simulators, channels
from dif_sandbox.sim.channel import Channel, Stage
from dif_sandbox.sim.faults import KINDS
from dif_sandbox.sim.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import MosaicApi

FOLDER = Path(sim.__file__).parent
GUIDE = (FOLDER / "README.md").read_text()


@pytest.fixture
def tiles() -> Iterator[tuple[str, str]]:
    """The guide's channel: its address and a key."""
    names: dict[str, Any] = {}
    exec(re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)[1], names)
    stage = Stage()
    provider = names["PROVIDER"](stage, ("demo",), 1, 1, {"budgets": {"read": "20/100000"}})
    server = Server(Channel(stage, provider).handle)
    yield server.url, provider.credentials()["demo"]["key"]
    server.close()
    provider.close()


def test_the_guides_channel_serves_its_truth_under_its_limit(tiles: tuple[str, str]) -> None:
    url, key = tiles
    found: list[dict[str, str]] = []
    query: dict[str, str] = {}
    for _ in range(2):
        page = requests.get(f"{url}/campaigns", params=query, headers={"x-key": key}, timeout=30).json()
        found += page["campaigns"]
        query["after"] = page["after"]
    truth = requests.get(f"{url}/_sim/truth/demo/campaigns", timeout=30).content.splitlines()
    assert found == [json.loads(line) for line in truth]
    assert len(found) == 50
    answers = [requests.get(f"{url}/campaigns", headers={"x-key": key}, timeout=30) for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) > 0
    statuses = [requests.get(f"{url}/{path}", timeout=30).status_code for path in ("campaigns", "ads")]
    assert statuses == [401, 404]


def test_the_guide_names_every_block_fault_and_channel() -> None:
    blocks = {file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_")}
    for name in {*blocks, *KINDS, *channels()}:
        assert f"`{name}`" in GUIDE or f'"{name}"' in GUIDE, name


def test_channels_are_found_by_their_names() -> None:
    assert {"mosaic", "pinterest"} <= set(channels())
    for wrong in ("clock", "nobody", "."):
        with pytest.raises(ConfigError, match=r"there are: .*mosaic"):
            Simulators(Config({wrong: ChannelConfig()}))


@pytest.mark.parametrize(
    "options", [{"budget": {}}, {"budgets": {"week": "1"}}, {"budgets": {"day": "much"}}, {"queue_seconds": "soon"}]
)
def test_an_option_that_is_wrong_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="channel mosaic"):
        Simulators(Config({"mosaic": ChannelConfig(options=options)}))


def test_several_channels_start_from_a_file_with_a_credential_file_for_each_client(tmp_path: Path) -> None:
    config, ready = tmp_path / "sim.json", tmp_path / "ready.json"
    names = {name: {"clients": ["demo"], "now": "2026-11-01T00:00:00Z"} for name in ("mosaic", "pinterest")}
    given = {"channels": names, "credentials_dir": str(tmp_path / "credentials"), "ready_file": str(ready)}
    config.write_text(json.dumps(given))
    command = [sys.executable, "-m", "dif_sandbox.sim", "--config", str(config)]
    with subprocess.Popen(command) as process:
        try:
            while not ready.exists():
                assert process.poll() is None
                time.sleep(0.02)
            url = json.loads(ready.read_text())["mosaic"]["url"]
            secrets = json.loads((tmp_path / "credentials/demo/mosaic").read_text())
            headers = {"authorization": f"Bearer {secrets['api_key']}"}
            assert requests.get(f"{url}/v1/accounts", headers=headers, timeout=30).status_code == 200
        finally:
            process.terminate()
    assert process.returncode == 0


def test_the_log_tells_who_asked_what(mosaic: MosaicApi) -> None:
    mosaic.get("offset", start=3)
    requests.get(f"{mosaic.url}/v1/accounts", timeout=30)
    entries = mosaic.control("GET", "requests").json()["requests"]
    assert [(entry["client"], entry["status"]) for entry in entries] == [("demo", 200), (None, 401)]
    assert entries[0]["query"] == {"start": ["3"]}


def test_paths_methods_and_accounts_that_are_not_are_refused(mosaic: MosaicApi) -> None:
    assert mosaic.get("nothing").status_code == 404
    assert mosaic.get("token").status_code == 405
    mosaic.account = "1"
    assert mosaic.get("offset").status_code == 403
    mosaic.session.headers["authorization"] = "Bearer nobody"
    assert mosaic.get("offset").status_code == 401
