"""The pipelines, carried out: what runs after what, what does not run, and what is taken back."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from declarative import NotReadError, Run, parse, shell_steps

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "Jenkinsfile", *sorted((ROOT / "ci" / "jenkins").glob("*.Jenkinsfile"))]
REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
OLD, NEW = "sha256:" + "0a" * 32, "sha256:" + "0b" * 32
VERBS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@dataclass
class World:
    """What the pipeline's commands meet: AWS, a registry and Docker, played by `actor.py`."""

    folder: Path
    settings: dict[str, str]

    def shell(self, script: str, environment: Mapping[str, str]) -> int:
        told = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        path = f"{self.folder / 'bin'}:{told['PATH']}"
        done = subprocess.run(
            ["sh", "-e", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False,
            env={**told, **environment, **self.settings, "PATH": path, "ACTOR": str(self.folder)},
        )  # fmt: skip
        with (self.folder / "said").open("a") as said:
            said.write(done.stdout + done.stderr)
        return done.returncode

    def has(self, stage: str) -> str | None:
        file = self.folder / stage
        return json.loads(file.read_text())["Image"] if file.exists() else None

    def deployed(self, stage: str, image: str, before: str = "none") -> None:
        (self.folder / stage).write_text(json.dumps({"Image": image, "ImageBefore": before}))

    def calls(self, *commands: str) -> list[list[str]]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [call for call in map(json.loads, lines) if call[0] in commands]

    def verbs(self) -> list[str]:
        """What make was asked for by the pipeline, in order."""
        return [" ".join(call[1:]) for call in self.calls("make") if "--no-print-directory" not in call]

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "bin").mkdir()
    actor = f"#!{sys.executable}\n" + (ROOT / "ci" / "tests" / "actor.py").read_text()
    for name in ("make", "docker", "aws", "npx"):
        (tmp_path / "bin" / name).write_text(actor)
        (tmp_path / "bin" / name).chmod(0o755)
    make = shutil.which("make")
    assert make
    settings = {"REAL_MAKE": make, "DIF_REGISTRY": REGISTRY, "PYTHON": sys.executable, "commit": "abc"}
    settings["DIF_IMAGE_FILE"] = str(tmp_path / "image")
    settings["MAKEFLAGS"] = "-e"  # a commit is what the environment says, not what this checkout has
    return World(tmp_path, settings)


def jenkins(world: World, file: str = "Jenkinsfile", branch: str = "main", **facts: Any) -> Run:
    run = Run(branch, world.shell, **facts)
    run.carry_out(parse((ROOT / file).read_text()))
    return run


CHECKED = ["make lint", *[f"make test-changed area={area}" for area in ("plugins", "taps", "targets", "project")],
           "make image-test required=1", "make audit"]  # fmt: skip


def short(verbs: list[str]) -> list[str]:
    return [re.sub(r" (reports|since|registry)=\S*", "", f"make {verb}") for verb in verbs]


def test_a_change_is_checked_against_its_base_and_not_published(world: World) -> None:
    world.settings["REHEARSE"] = "yes"  # make -n: every verb and its arguments are there
    run = jenkins(world, branch="PR-7", environment={"CHANGE_TARGET": "main"})
    assert run.result == "SUCCESS", world.said
    assert short(world.verbs()) == CHECKED
    assert {verb.partition("since=")[2] for verb in world.verbs() if "test-changed" in verb} == {"origin/main"}
    assert world.calls("docker", "aws", "npx") == []


def test_a_commit_of_main_goes_through_staging_to_production(world: World) -> None:
    world.deployed("staging", OLD)
    run = jenkins(world)
    assert run.result == "SUCCESS", world.said
    stages = [f"make {verb} stage={stage}" for stage in ("staging", "production") for verb in ("deploy", "smoke")]
    assert short(world.verbs()) == [*CHECKED, "make publish", "make scan", *stages]
    assert {verb.partition("since=")[2] for verb in world.verbs() if "test-changed" in verb} == {""}
    assert run.asked == ["Production"]
    assert world.has("staging") == world.has("production") == NEW
    assert json.loads((world.folder / "staging").read_text())["ImageBefore"] == OLD
    pushes = [call[1:] for call in world.calls("docker") if call[1] in {"tag", "push"}]
    assert pushes == [["tag", "dif:abc", f"{REGISTRY}/dif:abc"], ["push", f"{REGISTRY}/dif:abc"]]
    tasks = [json.loads(call[-1].partition("=")[2]) for call in world.calls("aws") if call[1:3] == ["ecs", "run-task"]]
    commands = [" ".join(task["containerOverrides"][0]["command"]) for task in tasks]
    assert commands == ["dif-deploy exec ledger init", "dif-deploy exec vault init", "dif-deploy plan"] * 2
    assert tasks[0]["taskRoleArn"] == "arn:role/dif-staging-client-acme"
    assert "plan: 0 to start" in world.said


def test_nobody_approves_and_production_stays_as_it_is(world: World) -> None:
    world.deployed("production", OLD)
    run = jenkins(world, approves=False)
    assert (run.result, world.has("staging"), world.has("production")) == ("ABORTED", NEW, OLD)


def test_a_stage_that_does_not_work_gets_its_image_back_and_nothing_goes_on(world: World) -> None:
    world.deployed("staging", OLD)
    world.settings["BROKEN"] = "staging"
    run = jenkins(world)
    assert run.result == "FAILURE"
    assert short(world.verbs())[-2:] == ["make smoke stage=staging", "make rollback stage=staging"]
    assert (world.has("staging"), world.has("production"), run.asked) == (OLD, None, [])
    assert "the planner of staging fails" in world.said
    back = world.calls("npx")[-1]
    assert "staging/jobs" in back
    assert "--exclusively" in back


def test_tables_that_cannot_be_made_take_the_image_back_at_once(world: World) -> None:
    world.deployed("staging", OLD)
    world.settings["TASK_CODE"] = "1"
    assert jenkins(world).result == "FAILURE"
    assert short(world.verbs())[-1] == "make deploy stage=staging"
    assert world.has("staging") == OLD


@pytest.mark.parametrize("verb", ["lint", "test-changed", "image-test", "audit"])
def test_what_fails_before_the_release_ends_it(world: World, verb: str) -> None:
    world.settings["FAILS"] = verb
    assert jenkins(world).result == "FAILURE"
    assert world.calls("docker", "aws", "npx") == []
    last = [each.split()[1] for each in short(world.verbs())][-1]
    assert last == verb


def test_a_critical_finding_is_published_but_deployed_nowhere(world: World) -> None:
    world.settings["CRITICAL"] = "2"
    assert jenkins(world).result == "FAILURE"
    assert "scan: dif:abc has 2 critical findings" in world.said
    assert (world.has("staging"), world.calls("npx")) == (None, [])


def test_an_image_on_a_stand_in_and_changes_without_a_commit_are_not_published(world: World) -> None:
    world.settings["LABELS"] = '{"dif.stand-in": "yes"}'
    assert jenkins(world).result == "FAILURE"
    world.settings |= {"LABELS": "{}", "commit": "abc-dirty"}
    assert jenkins(world).result == "FAILURE"
    assert "is built on the stand-in of a base" in world.said
    assert "changes that are not committed" in world.said
    assert not (world.folder / "pushed").exists()


def test_a_stage_can_be_rolled_back_by_hand_to_any_image(world: World) -> None:
    world.deployed("production", NEW, before=OLD)
    facts = {"STAGE": "production"}
    assert jenkins(world, "ci/jenkins/rollback.Jenkinsfile", environment=facts).result == "SUCCESS", world.said
    assert world.has("production") == OLD
    third = "sha256:" + "0c" * 32
    jenkins(world, "ci/jenkins/rollback.Jenkinsfile", environment={**facts, "TO": third})
    assert world.has("production") == third
    world.deployed("production", NEW)
    assert jenkins(world, "ci/jenkins/rollback.Jenkinsfile", environment=facts).result == "FAILURE"
    assert "nobody knows what production had before: name it, to=sha256:" in world.said


def test_an_empty_account_gets_a_registry_and_says_its_name(world: World) -> None:
    assert world.shell("make account", {}) == 0, world.said
    account, registry = (call[3:] for call in world.calls("npx"))
    assert account == ["bootstrap", "aws://123456789012/eu-central-1"]
    assert (registry[0], registry[-1]) == ("deploy", "registry-eu-central-1")
    assert f"account: publish with registry={REGISTRY}" in world.said


def test_the_other_pipelines_call_verbs_that_are_there(world: World) -> None:
    world.settings |= {
        "REHEARSE": "yes",
        "DIF_IMAGE": f"{REGISTRY}/dif@{NEW}",
        "CLIENT": "acme",
        "TAP": "",
        "TARGET": "",
    }
    for name in ("nightly", "due", "schedules"):
        run = jenkins(world, f"ci/jenkins/{name}.Jenkinsfile")
        assert run.result == "SUCCESS", world.said
    assert [verb.split()[0] for verb in world.verbs()] == ["audit", "conformance", "due", "schedules"]


# The same, by GitHub.


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
    assert verbs(steps_of(workflow("release"), of_main=False)) == verbs(CHECKED)


def test_workflows_have_no_more_rights_than_they_need_and_name_versions() -> None:
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        told = yaml.safe_load(file.read_text())
        assert told["permissions"]["contents"] == "read"
        uses = [step["uses"] for job in told["jobs"].values() for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@(v\d+(\.\d+)*|[0-9a-f]{40})", each) for each in uses)
        assert "secrets." not in file.read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_step_of_jenkins_is_one_verb_of_make(file: Path) -> None:
    for script in shell_steps(parse(file.read_text())):
        words = shlex.split(script)
        assert (words[0], words[1] in VERBS) == ("make", True), script
        assert not re.search(r"[;&|`]|\$\(", script), script


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("pipeline {\n agent { label 'x' }\n tools { sh 'x' } }", "line 3: tools in pipeline"),
        ("pipeline {\n stages { stage('a') { steps { sh 'x' } } } }", "line 1: a pipeline has an agent"),
        ("pipeline {\n agent { label 'x' }\n stages {\n  stage('a') { }\n } }", "line 4: a stage has steps"),
        ("pipeline {\n agent { label 'x' }\n stages { stage('a') { step { sh 'x' } } } }", "line 3: step in stage"),
        ("pipeline {\n agent { label 'x' }\n stages { stage('a') { steps { sh \"x\" } } } }", "line 3: .* is not read"),
        ("pipeline {\n agent { label 'x' }\n stages { stage('a') { steps { shh 'x' } } } }", "line 3: shh in steps"),
        ("pipeline {\n agent { label 'x' }\n", "line 3: 'the end of the file'"),
        ("node('x') { sh 'y' }", "line 1: node where `pipeline`"),
    ],
)
def test_what_jenkins_would_not_read_is_a_mistake_here(text: str, mistake: str) -> None:
    with pytest.raises(NotReadError, match=mistake):
        parse(text)


def test_a_post_runs_by_result_and_parallel_stages_each_to_their_end() -> None:
    said: list[str] = []

    def shell(script: str, _environment: Mapping[str, str]) -> int:
        said.append(script)
        return int(script.startswith("fail"))

    text = """
    pipeline {
        agent { label 'x' }  // a comment with { braces
        stages {
            stage('a') {
                parallel {
                    stage('b') { steps { sh 'fail b' } }
                    stage('c') { steps { sh 'c'
                                         sh 'd' } }
                }
                post {
                    always { sh 'always' }
                    success { sh 'never' }
                    failure { sh 'after b' }
                }
            }
            stage('e') { steps { sh 'never' } }
        }
        post { cleanup { sh 'last' } }
    }
    """
    assert Run("main", shell).carry_out(parse(text)) == "FAILURE"
    assert said == ["fail b", "c", "d", "always", "after b", "last"]
