"""The templates of every stage, put together once, and what moto makes of them."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DEPLOY = Path(__file__).parents[1]
sys.path[:0] = [str(DEPLOY), str(DEPLOY / "tests")]  # what needs no CDK of it can be had here
BIN = DEPLOY.parent / ".venv-deploy" / "bin"
IMAGE = "sha256:" + "0a" * 32
_NO_WORD = re.compile(r"\W")


@dataclass(frozen=True)
class Stage:
    """The templates of one stage, by stack."""

    name: str
    templates: dict[str, dict[str, Any]]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of every resource of a type, by its logical name."""
        return {
            name: resource["Properties"]
            for template in self.templates.values()
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def one(self, kind: str) -> dict[str, Any]:
        """Properties of the only resource of a type."""
        (found,) = self.of(kind).values()
        return found

    @property
    def machine(self) -> dict[str, Any]:
        """The state machine; what refers to other resources is named by their logical names."""
        parts = self.one("AWS::StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"][1]
        return json.loads(
            "".join(each if isinstance(each, str) else _NO_WORD.sub("", json.dumps(each)) for each in parts)
        )


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app has written all stages; cdk-nag accepts them, or this fails. Once for all processes of xdist."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, written = base / "cdk.out", base / "cdk.out.written"
    with (base / "cdk.out.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not written.exists():
            _synth(folder)
            written.touch()
    return folder


def _synth(folder: Path) -> None:
    done = subprocess.run(
        [BIN / "python", DEPLOY / "app.py", folder],
        env={**os.environ, "DIF_IMAGE": IMAGE, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="session")
def stages(assembly: Path) -> dict[str, Stage]:
    found = {}
    for folder in sorted(assembly.glob("assembly-*")):
        name = folder.name.removeprefix("assembly-")
        paths = sorted(folder.glob("*.template.json"))
        found[name] = Stage(name, {path.name: json.loads(path.read_text()) for path in paths})
    return found


@pytest.fixture(scope="session")
def registry(assembly: Path) -> dict[str, Any]:
    """The template of the stack that all stages share."""
    (file,) = assembly.glob("registry-*.template.json")
    return json.loads(file.read_text())


@pytest.fixture(params=["staging", "production"])
def stage(stages: dict[str, Stage], request: pytest.FixtureRequest) -> Stage:
    return stages[request.param]


class Account:
    """An account in moto with the stacks of one stage in it, whose state machine can be carried out."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.stacks: dict[str, dict[str, Any]] = self._answer()

    def carry_out(
        self,
        planned: Sequence[Any],
        jobs: Mapping[str, Sequence[Any]] | None = None,
        tasks: Mapping[str, Sequence[Any]] | None = None,
    ) -> dict[str, Any]:
        """What becomes of a plan if each client's job answers so in Lambda and its tasks end so, one after another."""
        return self._ask({"planner": {"jobs": planned, "waiting": 0}, "jobs": jobs or {}, "tasks": tasks or {}})

    def borrow(self, client: str, keys: Sequence[str]) -> dict[str, Any]:
        """Who a job of the client is after it has borrowed its role, and which objects it may put."""
        return self._ask({"borrow": client, "keys": keys})

    def _ask(self, told: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self._process.args} ended with {self._process.wait()}: see its standard error"
        return json.loads(line)


@contextmanager
def brought_up(assembly: Path, stage: str) -> Iterator[Account]:
    command = [BIN / "python", DEPLOY / "tests" / "carry_out.py", assembly, stage]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Account(process)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def staging(assembly: Path) -> Iterator[Account]:
    with brought_up(assembly, "staging") as account:
        yield account
