"""The templates of every stage, put together once, and what moto makes of them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DEPLOY = Path(__file__).parents[1]
BIN = DEPLOY.parent / ".venv-deploy" / "bin"
IMAGE = "sha256:" + "0a" * 32


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


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app has written all stages; cdk-nag accepts them, or this fails."""
    folder = tmp_path_factory.mktemp("cdk.out")
    done = subprocess.run(
        [BIN / "python", DEPLOY / "app.py", folder],
        env={**os.environ, "DIF_IMAGE": IMAGE, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="session")
def stages(assembly: Path) -> dict[str, Stage]:
    found = {}
    for folder in sorted(assembly.glob("assembly-*")):
        name = folder.name.removeprefix("assembly-")
        paths = {path.name.removeprefix(name)[:5]: path for path in folder.glob("*.template.json")}
        found[name] = Stage(name, {part: json.loads(path.read_text()) for part, path in paths.items()})
    return found


@pytest.fixture(params=["staging", "production"])
def stage(stages: dict[str, Stage], request: pytest.FixtureRequest) -> Stage:
    return stages[request.param]
