"""GitHub runs what Jenkins runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from declarative import parse, shell_steps

ROOT = Path(__file__).parents[2]


def workflow(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())


def steps_of(told: dict[str, Any], *, of_main: bool) -> list[str]:
    """The verbs of a workflow in the order of its jobs' needs, with a matrix written out."""
    found, done = [], set()
    while waiting := [name for name in told["jobs"] if name not in done]:
        name = next(n for n in waiting if set(several(told["jobs"][n].get("needs", []))) <= done)
        job = told["jobs"][name]
        done.add(name)
        for area in job.get("strategy", {}).get("matrix", {}).get("area", [""]):
            for step in job["steps"]:
                main_only = "refs/heads/main" in str(job.get("if", "")) + str(step.get("if", ""))
                if "run" in step and "failure()" not in str(step.get("if", "")) and (of_main or not main_only):
                    found.append(step["run"].replace("${{ matrix.area }}", area))
    return found


def several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def verbs(scripts: list[str]) -> list[str]:
    """Verb and, where it has one, area or stage; what follows from the machinery is left out."""
    found = []
    for script in scripts:
        words = shlex.split(re.sub(r"\$\{\{.*?\}\}", "x", script))
        if words[0] == "make":
            found.append(
                " ".join(word for word in words if re.fullmatch(r"[\w-]+|(?:area|stage|required)=[\w-]+", word))
            )
    return found


NIGHTLY, ROLLBACK = (f"ci/jenkins/{name}.Jenkinsfile" for name in ("nightly", "rollback"))


@pytest.mark.parametrize(
    ("jenkinsfile", "name"), [("Jenkinsfile", "release"), (NIGHTLY, "nightly"), (ROLLBACK, "rollback")]
)
def test_github_runs_the_same_verbs_in_the_same_order(jenkinsfile: str, name: str) -> None:
    ours = [
        script
        for script in shell_steps(parse((ROOT / jenkinsfile).read_text()))
        if name == "rollback" or "rollback" not in script
    ]
    assert verbs(steps_of(workflow(name), of_main=True)) == verbs(ours)


def test_github_takes_a_stage_back_that_does_not_work_and_asks_for_each() -> None:
    jobs = workflow("release")["jobs"]
    for stage in ("staging", "production"):
        assert jobs[stage]["environment"] == stage
        *_, smoke, back = jobs[stage]["steps"]
        assert (smoke["id"], smoke["run"]) == ("smoke", f"make smoke stage={stage}")
        assert back == {"if": "failure() && steps.smoke.outcome == 'failure'", "run": f"make rollback stage={stage}"}
    of_a_change = [verb.split()[1] for verb in verbs(steps_of(workflow("release"), of_main=False))]
    assert of_a_change == ["lint", *["test-changed"] * 4, "image-test", "audit"]


def test_workflows_have_no_more_rights_than_they_need() -> None:
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert yaml.safe_load(file.read_text())["permissions"]["contents"] == "read"
        assert "secrets." not in file.read_text()


def test_actions_are_named_by_commit_with_their_version_beside_it_and_each_by_one() -> None:
    """A tag may be moved by whoever owns the action, or has taken it over; a commit may not."""
    commits: dict[str, set[tuple[str, str]]] = {}
    for file in sorted((ROOT / ".github").rglob("*.yml")):
        told = yaml.safe_load(file.read_text())
        used = [step["uses"] for job in told["jobs"].values() for step in job["steps"] if "uses" in step]
        lines = re.findall(r"^\s*(?:- )?uses: (.*)$", file.read_text(), flags=re.MULTILINE)
        assert len(lines) == len(used)
        for line in lines:
            named = re.fullmatch(r"([\w.-]+/[\w./-]+)@([0-9a-f]{40})  # (v\d+\.\d+\.\d+)", line)
            assert named, f"{file.name}: {line}"
            commits.setdefault(named[1], set()).add((named[2], named[3]))
    assert {name: len(known) for name, known in commits.items()} == dict.fromkeys(commits, 1)
