"""The generated parts of a plugin's documents."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from dif_kit.testing.readme import documents

TAP = """
from datetime import date

from dif_kit.support import Support
from dif_kit.tap import Property, Stream, Tap, Window
from singer_sdk import typing as th

class Days(Stream):
    name = "days"
    path = "/days"
    primary_keys = ("day",)
    replication_key = "day"
    window = Window(days=7, lookback_days=3, retention_days=90)
    schema = th.PropertiesList(th.Property("day", th.DateType)).to_dict()

class TapDays(Tap):
    name = "tap-days"
    support = Support.BETA
    api_url = "http://127.0.0.1:9"
    api_version = "v3"
    api_sunset = date(2031, 2, 3)
    settings = (Property("zones", th.ArrayType(th.StringType), description="Which zones"),)
    stream_types = (Days,)
"""
README = """# tap-days

<!-- begin support -->
<!-- end support -->

<!-- begin settings -->
what was true once
<!-- end settings -->
In between.
<!-- begin streams -->
<!-- end streams -->
The end.
"""
MELTANO = """plugins:
  extractors:
    - name: tap-days
      # begin settings
      # end settings
      executable: tap-days
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tap's folder, its package importable."""
    package = tmp_path / "tap_days"
    package.mkdir()
    (package / "__init__.py").write_text(TAP)
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "tap-days.meltano.yml").write_text(MELTANO)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "tap_days", raising=False)
    return tmp_path


def wanted(folder: Path) -> tuple[str, str]:
    from tap_days import TapDays  # type: ignore[import-not-found]

    found = documents(TapDays)
    return found[folder / "README.md"], found[folder / "tap-days.meltano.yml"]


def test_a_readme_tells_settings_and_streams_between_its_own_words(folder: Path) -> None:
    readme, _ = wanted(folder)
    assert "what was true once" not in readme
    assert "| `start_date` | date | **required** |" in readme
    assert "| `zones` | array |  | Which zones. |" in readme
    assert "| `days` | `day` | by `day` | figures by day | 3 days, of at most 90 days |" in readme
    assert readme.startswith("# tap-days\n")
    assert "**Beta.** It was tested whole" in readme
    assert "API version v3, which the provider keeps until 2031-02-03." in readme
    assert "\nIn between.\n" in readme
    assert readme.endswith("<!-- end streams -->\nThe end.\n")


def test_meltano_gets_every_setting_of_ours_with_its_kind(folder: Path) -> None:
    _, meltano = wanted(folder)
    (extractor,) = yaml.safe_load(meltano)["plugins"]["extractors"]
    kinds = {setting["name"]: setting["kind"] for setting in extractor["settings"]}
    assert kinds["zones"] == "array"
    assert kinds["start_date"] == "date_iso8601"
    assert not {"stream_maps", "flattening_enabled"} & set(kinds)
    assert [setting["name"] for setting in extractor["settings"] if setting.get("sensitive")] == ["redis_url"]
    assert extractor["executable"] == "tap-days"


def test_what_is_written_is_current(folder: Path) -> None:
    readme, meltano = wanted(folder)
    (folder / "README.md").write_text(readme)
    (folder / "tap-days.meltano.yml").write_text(meltano)
    assert wanted(folder) == (readme, meltano)
