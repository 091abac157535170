"""A new client is one file that Meltano can run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from dif_kit.contribute.__main__ import main


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for tap in ("tap-one", "tap-two", "tap-three"):
        (tmp_path / "taps" / tap).mkdir(parents=True)
    jobs = "jobs:\n  - name: one-to-redshift\n    tasks: [x]\n  - name: two-to-redshift\n    tasks: [x]\n"
    (tmp_path / "meltano.yml").write_text(jobs)
    return tmp_path


def new_client(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["new-client", *arguments, "--root", str(root)])


def test_a_client_has_its_channels_and_a_schedule_for_each_job(root: Path) -> None:
    taps = [word for tap in ("tap-one", "tap-two", "tap-three") for word in ("--tap", tap)]
    done = new_client(root, "acme_uk", *taps, "--start-date", "2026-09-01")
    assert done.exit_code == 0, done.output
    assert [line for line in done.output.splitlines() if "vault put" in line] == [
        f"  vault put acme_uk/{secret}" for secret in ("one", "two", "three", "redshift")
    ]
    assert "meltano --environment=acme_uk run tap-one target-redshift" in done.output
    written = yaml.safe_load((root / "clients" / "acme_uk.meltano.yml").read_text())
    (environment,) = written["environments"]
    assert environment["name"] == "acme_uk"
    assert environment["config"]["plugins"]["extractors"] == [
        {"name": tap, "config": {"start_date": "2026-09-01"}} for tap in ("tap-one", "tap-two", "tap-three")
    ]
    assert [(plan["job"], plan["interval"]) for plan in written["schedules"]] == [
        ("one-to-redshift", "0 4 * * *"),
        ("two-to-redshift", "10 4 * * *"),
    ]
    assert {plan["env"]["MELTANO_ENVIRONMENT"] for plan in written["schedules"]} == {"acme_uk"}


def needing(root: Path, *settings: str) -> None:
    """A tap that cannot do without these settings, and has a default for its region."""
    plugin = {
        "name": "tap-one",
        "settings_group_validation": [["credential_ref", "start_date", "region", *settings]],
        "settings": [{"name": each, "description": f"The {each}"} for each in ("start_date", "region", *settings)],
        "config": {"region": "EU"},
    }
    file = root / "taps" / "tap-one" / "tap-one.meltano.yml"
    file.write_text(yaml.safe_dump({"plugins": {"extractors": [plugin]}}))


def test_what_a_tap_cannot_do_without_is_asked_for_and_written(root: Path) -> None:
    needing(root, "shop")
    arguments = ("acme", "--tap", "tap-one", "--tap", "tap-two", "--start-date", "2026-09-01")
    refused = new_client(root, *arguments)
    assert (refused.exit_code, refused.output.count("\n")) == (2, 1)
    assert "tap-one needs shop (The shop): add --set tap-one.shop=" in refused.output
    assert (
        "no setting 'shap'" in new_client(root, *arguments, "--set", "tap-one.shop=a", "--set", "tap-one.shap=b").output
    )
    assert (
        "begins with one of the taps" in new_client(root, *arguments, "--set", "tap-one.shop=a", "--set", "x=b").output
    )
    assert new_client(root, *arguments, "--set", "tap-one.shop=007 & sons: 'x'").exit_code == 0
    written = yaml.safe_load((root / "clients" / "acme.meltano.yml").read_text())
    one, two = written["environments"][0]["config"]["plugins"]["extractors"]
    assert one["config"] == {"start_date": "2026-09-01", "shop": "007 & sons: 'x'"}
    assert two["config"] == {"start_date": "2026-09-01"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Acme UK", "--tap", "tap-one", "--start-date", "2026-09-01"), "is no name for a client"),
        (("acme", "--tap", "tap-four", "--start-date", "2026-09-01"), "there are tap-one, tap-three, tap-two"),
        (("acme", "--tap", "tap-one", "--start-date", "yesterday"), "write it as 2026-01-31"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(root: Path, arguments: tuple[str, ...], words: str) -> None:
    done = new_client(root, *arguments)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert words in done.output
    assert not (root / "clients").exists()


def test_a_client_is_never_overwritten(root: Path) -> None:
    arguments = ("acme", "--tap", "tap-one", "--start-date", "2026-09-01")
    assert new_client(root, *arguments).exit_code == 0
    done = new_client(root, *arguments)
    assert done.exit_code == 2
    assert "is there already" in done.output
