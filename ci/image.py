"""The release's image on this machine: an engine that can start it, a stand-in for its base, the build, its tests."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["STAND_IN_LABEL", "CannotError", "Engine", "find_engine"]

ROOT: Final = Path(__file__).parents[1]
BASE: Final = "public.ecr.aws/docker/library/python:3.11-slim-bookworm"
#: What the stand-in for the base takes from Debian: what `python:slim` has of what the Dockerfile uses.
STAND_IN: Final = ("bookworm", "ca-certificates,python3,python3-venv")
#: What is built on the stand-in bears it, too, and is not published.
STAND_IN_LABEL: Final = "dif.stand-in"
# Ways to start containers, the plain one first; the others are for machines whose kernel or control groups allow less.
_LIMITS: Final = ("--ulimit=nofile=1024:4096", "--ulimit=nproc=1024:4096")
_RUN_WAYS: Final = ((), ("--runtime=runc",), _LIMITS, ("--runtime=runc", *_LIMITS))
_BUILD_WAYS: Final = ((), ("--isolation=chroot",))
_PULL_SECONDS: Final = 300


class CannotError(Exception):
    """This machine cannot do it; the message says why and what would help."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Docker or Podman, and what it needs to be told here."""

    program: str

    @property
    def is_podman(self) -> bool:
        """Whether it takes what only Podman and Buildah take."""
        return Path(self.program).name == "podman"

    def call(self, *arguments: str, patience: float | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of its commands to the end, whatever that is."""
        return subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, timeout=patience, check=False
        )  # fmt: skip

    def has(self, image: str) -> bool:
        """Whether an image is here."""
        return self.call("image", "inspect", image).returncode == 0

    def way_to_run(self, image: str) -> list[str]:
        """``podman run`` with the options with which a container starts here; raises CannotError if none does."""
        last = ""
        for way in _RUN_WAYS if self.is_podman else _RUN_WAYS[:1]:
            command = ("run", "--rm", "--no-healthcheck", *way)
            tried = self.call(*command, "--network=host", image, "python3", "-c", "pass")
            if tried.returncode == 0:
                return [self.program, *command]
            last = _last_line(tried.stderr)
        raise CannotError(f"{self.program} cannot start a container here: {last}")

    def way_to_build(self, base: str) -> list[str]:
        """``podman build`` with the options with which RUN works here; raises CannotError if it does not."""
        command = [self.program, "build", *(("--format=docker",) if self.is_podman else ())]  # OCI has no HEALTHCHECK
        last = ""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "Dockerfile").write_text(f"FROM {base}\nRUN true\n")
            for way in _BUILD_WAYS if self.is_podman else _BUILD_WAYS[:1]:
                tried = subprocess.run(
                    [*command, *way, "--no-cache", folder], capture_output=True, text=True, check=False
                )  # fmt: skip
                if tried.returncode == 0:
                    return [*command, *way]
                last = _last_line(tried.stderr)
        raise CannotError(f"{self.program} cannot build here: {last}")

    def get_base(self, base: str, *, or_stand_in: bool) -> str:
        """Have the base here; says what it is. Raises CannotError if it cannot be had."""
        if self.has(base):
            return "here"
        try:
            pulled = self.call("pull", base, patience=_PULL_SECONDS)
            last = _last_line(pulled.stderr)
        except subprocess.TimeoutExpired:
            last = f"the registry did not answer for {_PULL_SECONDS} seconds"
        else:
            if pulled.returncode == 0:
                return "pulled"
        if not or_stand_in:
            raise CannotError(f"{base} cannot be pulled: {last}")
        return self._stand_in(base, last)

    def _stand_in(self, base: str, why: str) -> str:
        if shutil.which("mmdebstrap") is None:
            raise CannotError(f"{base} cannot be pulled ({why}), and mmdebstrap, which makes a stand-in, is not here")
        suite, packages = STAND_IN
        with tempfile.TemporaryDirectory() as folder:
            packed = str(Path(folder) / "base.tar")
            made = subprocess.run(
                ["mmdebstrap", "--variant=minbase", f"--include={packages}", suite, packed],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if made.returncode:
                raise CannotError(
                    f"{base} cannot be pulled ({why}), nor does mmdebstrap work: {_last_line(made.stderr)}"
                )
            if (taken := self.call("import", f"--change=LABEL {STAND_IN_LABEL}=yes", packed, base)).returncode:
                raise CannotError(f"the stand-in for {base} is not taken: {_last_line(taken.stderr)}")
        return f"a stand-in of Debian {suite}, for it cannot be pulled"

    def build(self, way: list[str], name: str, base: str, given: list[str]) -> None:
        """Build the Dockerfile; what the engine says is shown. Raises CannotError if it fails."""
        revision = _told("git", "rev-parse", "HEAD")
        arguments = {"BASE": base, "REVISION": revision, "UV_VERSION": os.environ["UV_VERSION"]}
        told = [f"--build-arg={key}={value}" for key, value in arguments.items()]
        # Lambda takes no image that has an attestation beside it.
        environment = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        command = [*way, "--platform=linux/amd64", "--tag", name, *told, *given, str(ROOT)]
        if subprocess.run(command, env=environment, check=False).returncode:
            raise CannotError(f"the build failed: {' '.join(command)}")


def find_engine() -> Engine:
    """Docker where its daemon answers, else Podman; raises CannotError if neither is here."""
    if shutil.which("docker") and Engine("docker").call("info").returncode == 0:
        return Engine("docker")
    if shutil.which("podman"):
        return Engine("podman")
    raise CannotError("neither a Docker daemon nor Podman is here: on Debian, `apt install podman`")


@dataclass(frozen=True, slots=True)
class Means:
    """What an image is built with here, found once: looking starts a container and a build."""

    engine: Engine
    base: str
    build: list[str]


def find_means(base: str, *, or_stand_in: bool) -> Means:
    """An engine that can build here, and the base; raises CannotError if there is none."""
    engine = find_engine()
    return Means(engine, engine.get_base(base, or_stand_in=or_stand_in), engine.way_to_build(base))


def build(options: argparse.Namespace, means: Means) -> None:
    """Build the image, and say how large it is."""
    engine = means.engine
    print(f"image: {options.name} by {' '.join(means.build)}; its base is {means.base}", flush=True)
    began = time.monotonic()
    engine.build(means.build, options.name, options.base, options.given)
    size = int(engine.call("image", "inspect", "--format={{.Size}}", options.name).stdout)
    print(f"image: {options.name} is {size / 1e6:.0f} MB, built in {time.monotonic() - began:.0f} s", flush=True)


def test(options: argparse.Namespace) -> int:
    """Build it, then run jobs in it; 0 with a message where this machine cannot, if it need not."""
    try:
        means = find_means(options.base, or_stand_in=not options.required)
        run = means.engine.way_to_run(options.base)
    except CannotError as cannot:
        if options.required:
            raise
        print(f"image-test: skipped, nothing was tested: {cannot}")
        return 0
    build(options, means)
    environment = {**os.environ, "DIF_IMAGE": options.name, "DIF_IMAGE_RUN": json.dumps(run)}
    tests = [sys.executable, "-m", "pytest", "-q", "ci/tests/test_image.py"]
    return subprocess.run(tests, cwd=ROOT, env=environment, check=False).returncode


def _told(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def main() -> int:
    """Parse, do, and turn what cannot be done into one line."""
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument("verb", choices=("build", "test"))
    parser.add_argument("name")
    parser.add_argument("--base", default=BASE)
    parser.add_argument("--required", action="store_true", help="a machine that cannot, or has no registry, fails")
    parser.add_argument("given", nargs="*", help="further options of the engine's `build`")
    options = parser.parse_args()
    try:
        if options.verb == "test":
            return test(options)
        build(options, find_means(options.base, or_stand_in=False))
    except CannotError as cannot:
        print(f"image: {cannot}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
