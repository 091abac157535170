"""What a machine cannot do is said in a sentence; schedules become jobs, each once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import schedules

ROOT = Path(__file__).parents[2]


def image(verb: str, *options: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "ci" / "image.py", verb, "dif:x", *options], env={**os.environ, "PATH": str(path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_machine_without_an_engine_tests_nothing_and_says_so(tmp_path: Path) -> None:
    done = image("test", path=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("image-test: skipped, nothing was tested: neither a Docker daemon nor Podman is here")
    for required in (image("test", "--required", path=tmp_path), image("build", path=tmp_path)):
        assert (required.returncode, required.stdout) == (1, "")
        assert required.stderr.startswith("image: neither a Docker daemon nor Podman is here")


def test_a_kernel_that_forbids_containers_is_named(tmp_path: Path) -> None:
    podman = tmp_path / "podman"
    podman.write_text('#!/bin/sh\nif [ "$1" = run ]; then echo "operation not permitted" >&2; exit 126; fi\n')
    podman.chmod(0o755)
    done = image("test", path=tmp_path)
    assert (done.returncode, done.stdout) == (
        0, "image-test: skipped, nothing was tested: podman cannot start a container here: operation not permitted\n",
    )  # fmt: skip


def test_every_schedule_of_a_client_is_a_job_and_one_more_takes_what_they_missed() -> None:
    found = schedules.read(ROOT)
    assert ("acme-pinterest", "30 4,16 * * *", "acme", "tap-pinterest", "target-redshift") in found
    written = schedules.script(found)
    assert written.count("pipelineJob('dif/") == len({each.name for each in found}) + 1
    assert r"cron { spec('TZ=UTC\n30 4,16 * * *') }" in written
    assert written.count("{") == written.count("}")


@pytest.mark.parametrize(
    ("name", "interval", "mistake"),
    [("a", "@daily", "no cron"), ("a', url(x) //", "0 4 * * *", "cannot be part of a job")],
)
def test_what_would_not_be_a_job_is_refused(tmp_path: Path, name: str, interval: str, mistake: str) -> None:
    (tmp_path / "clients").mkdir()
    (tmp_path / "meltano.yml").write_text("jobs: [{name: j, tasks: [tap-a target-b]}]\n")
    (tmp_path / "clients" / "acme.meltano.yml").write_text(
        f'schedules: [{{name: "{name}", interval: "{interval}", job: j}}]\n'
    )
    with pytest.raises(ValueError, match=mistake):
        schedules.read(tmp_path)
