"""A release on its way through the stages, by `docker`, `aws` and the CDK: published, deployed, tried, rolled back."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from image import STAND_IN_LABEL, CannotError, find_engine

__all__ = ["Stage", "prepare_account", "publish", "scan"]

ROOT: Final = Path(__file__).parents[1]
REPOSITORY: Final = "dif"
CDK: Final = "aws-cdk@2.1148.1"
NONE: Final = "none"
_TOLD: Final = ("CRITICAL", "HIGH")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_REGISTRY: Final = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")


def publish(commit: str, registry: str) -> str:
    """Put the image of a commit into the registry, once; the answer is its digest. Raises CannotError if it cannot."""
    region, name = _region(registry), f"{registry}/{REPOSITORY}:{commit}"
    if commit.endswith("-dirty"):
        raise CannotError("there are changes that are not committed: a release is a commit")
    if there := _digest(commit, region):
        print(f"publish: {name} is there already: {there}")
        return there
    engine = find_engine()
    asked = engine.call("image", "inspect", "--format={{json .Config.Labels}}", f"{REPOSITORY}:{commit}")
    if asked.returncode:
        raise CannotError(f"there is no image {REPOSITORY}:{commit} here: run `make image`")
    if STAND_IN_LABEL in (json.loads(asked.stdout) or {}):
        raise CannotError(
            f"{REPOSITORY}:{commit} is built on the stand-in of a base: build it where a registry is reached"
        )
    password = _aws("ecr", "get-login-password", f"--region={region}")
    login = [engine.program, "login", "--username=AWS", "--password-stdin", registry]
    if subprocess.run(login, input=password, text=True, check=False).returncode:
        raise CannotError(f"{engine.program} could not log in to {registry}")
    for command in (("tag", f"{REPOSITORY}:{commit}", name), ("push", name)):
        if (done := engine.call(*command)).returncode:
            raise CannotError(f"{engine.program} {' '.join(command)}: {done.stderr.strip()}")
    if digest := _digest(commit, region):
        print(f"publish: {name} is {digest}")
        return digest
    raise CannotError(f"{name} was pushed, but the registry does not know it")


def scan(commit: str, registry: str) -> None:
    """What the registry's own scanner found in an image; raises CannotError if it is critical."""
    region = _region(registry)
    which = (f"--region={region}", f"--repository-name={REPOSITORY}", f"--image-id=imageTag={commit}")
    _aws("ecr", "wait", "image-scan-complete", *which)
    told = json.loads(_aws("ecr", "describe-image-scan-findings", *which, "--output=json"))["imageScanFindings"]
    counts = told.get("findingSeverityCounts", {})
    for each in told.get("findings", ()):
        if each.get("severity") in _TOLD:
            print(f"scan: {each['severity']} {each['name']} {each.get('uri', '')}")
    if counts.get("CRITICAL"):
        raise CannotError(
            f"{REPOSITORY}:{commit} has {counts['CRITICAL']} critical findings: build it anew, on a newer base"
        )
    print(f"scan: {REPOSITORY}:{commit} has nothing critical; {counts.get('HIGH', 0)} findings are high")


def _region(registry: str) -> str:
    if not (place := _REGISTRY.fullmatch(registry)):
        raise CannotError(f"{registry!r} is no registry of ECR: <account>.dkr.ecr.<region>.amazonaws.com")
    return place["region"]


def _digest(commit: str, region: str) -> str | None:
    """The registry's own word for it, which cannot be moved to another image."""
    asked = ("ecr", "describe-images", f"--region={region}", f"--repository-name={REPOSITORY}")
    try:
        told = json.loads(_aws(*asked, f"--image-ids=imageTag={commit}", "--output=json"))
    except CannotError as cannot:
        if "ImageNotFoundException" in str(cannot):
            return None
        raise
    return str(told["imageDetails"][0]["imageDigest"])


class Stage:
    """One stage on AWS, as its stacks describe it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._assembly = ROOT / "deploy" / "cdk.out" / f"assembly-{name}"
        if not re.search(rf"^{re.escape(name)}:", (ROOT / "deploy" / "stages.yml").read_text(), re.MULTILINE):
            raise CannotError(f"there is no stage {name} in deploy/stages.yml")

    def outputs(self) -> dict[str, str]:
        """What the stacks `foundation` and `jobs` say of themselves; empty before the first deployment."""
        told: dict[str, str] = {}
        for stack in ("foundation", "jobs"):
            asked = ("cloudformation", "describe-stacks", f"--stack-name=dif-{self.name}-{stack}", "--output=json")
            try:
                (found,) = json.loads(_aws(*asked))["Stacks"]
            except CannotError as cannot:
                if "does not exist" in str(cannot):
                    return {}
                raise
            told |= {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
        return told

    def deploy(self, image: str, *stacks: str) -> None:
        """Bring the stacks up with an image, all of them if none is named; then the tables that its code expects."""
        now = self.outputs()
        before = now.get("ImageBefore", NONE) if now.get("Image") == image else now.get("Image", NONE)
        print(f"deploy: {self.name} gets {image}; it had {now.get('Image', 'nothing')}", flush=True)
        _shown(["make", "--no-print-directory", "synth", f"image={image}"], {"DIF_IMAGE_BEFORE": before})
        what = [f"{self.name}/{stack}" for stack in stacks] or ["--all"]
        _shown(["npx", "--yes", CDK, "deploy", "--app", str(self._assembly), "--require-approval=never", *what,
                *(["--exclusively"] if stacks else [])])  # fmt: skip

    def migrate(self) -> None:
        """The tables of ledger and vault, as the deployed image's code expects them."""
        for command in ("ledger", "vault"):
            self.task(["dif-deploy", "exec", command, "init"])

    def roll_back(self, to: str | None) -> None:
        """Deploy the image again that was there before; tables stay, for migrations only add."""
        image = to or self.outputs().get("ImageBefore", NONE)
        if not _DIGEST.fullmatch(image):
            raise CannotError(f"nobody knows what {self.name} had before: name it, to=sha256:…")
        self.deploy(image, "jobs")
        print(f"rollback: {self.name} has {image} again")

    def smoke(self) -> None:
        """The planner answers; a task starts, reaches its stores and asks the ledger. Starts no job."""
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder) / "answer"
            call = ("lambda", "invoke", f"--function-name=dif-{self.name}-planner", "--payload={}")
            told = json.loads(_aws(*call, "--cli-binary-format=raw-in-base64-out", "--output=json", str(answer)))
            said = answer.read_text()
        if "FunctionError" in told or "jobs" not in json.loads(said):
            raise CannotError(f"the planner of {self.name} fails: {said}")
        self.task(["dif-deploy", "plan"])
        print(f"smoke: {self.name} plans, and its tasks reach what they need")

    def task(self, command: list[str], client: str | None = None) -> None:
        """Run a command as a task, with the role of a client; what it says is shown. Raises CannotError if it fails."""
        told = self.outputs()
        if not told:
            raise CannotError(f"{self.name} is not deployed")
        role = f"{told['ClientRoles']}{client or _a_client()}"
        *subnets, workers = told["Network"].split(",")
        network = {"subnets": subnets, "securityGroups": [workers], "assignPublicIp": "DISABLED"}
        overrides = {"taskRoleArn": role, "containerOverrides": [{"name": "job", "command": command}]}
        cluster = f"--cluster=dif-{self.name}-jobs"
        started = json.loads(_aws(
            "ecs", "run-task", cluster, f"--task-definition={told['Task']}", "--launch-type=FARGATE", "--output=json",
            "--network-configuration=" + json.dumps({"awsvpcConfiguration": network}),
            "--overrides=" + json.dumps(overrides),
        ))  # fmt: skip
        if started.get("failures") or not started.get("tasks"):
            raise CannotError(f"ECS starts no task in {self.name}: {started.get('failures')}")
        task = started["tasks"][0]["taskArn"]
        _aws("ecs", "wait", "tasks-stopped", cluster, f"--tasks={task}")
        (ended,) = json.loads(_aws("ecs", "describe-tasks", cluster, f"--tasks={task}", "--output=json"))["tasks"]
        stream = f"job/job/{task.rpartition('/')[2]}"
        group = f"--log-group-name=dif-{self.name}-task"
        read = ("logs", "get-log-events", group, f"--log-stream-name={stream}", "--query=events[].message")
        said = _aws(*read, "--output=json", or_nothing=True)
        print("\n".join(json.loads(said or "[]")), flush=True)
        code = ended["containers"][0].get("exitCode")
        if code != 0:
            why = ended.get("stoppedReason", "")
            raise CannotError(f"`{' '.join(command)}` ended with {code} as a task of {self.name}: {why} ({task})")


def prepare_account() -> None:
    """What an account needs once: the CDK's own stack, and the registry that releases are published to."""
    account = json.loads(_aws("sts", "get-caller-identity", "--output=json"))["Account"]
    _shown(
        ["make", "--no-print-directory", "synth", f"image=sha256:{'0' * 64}"]
    )  # of what is deployed here it is no part
    assembly = ROOT / "deploy" / "cdk.out"
    regions = sorted(
        set(re.findall(r"^ +region: *([a-z0-9-]+)", (ROOT / "deploy" / "stages.yml").read_text(), re.MULTILINE))
    )
    for region in regions:
        _shown(["npx", "--yes", CDK, "bootstrap", f"aws://{account}/{region}"])
        _shown(
            ["npx", "--yes", CDK, "deploy", "--app", str(assembly), "--require-approval=never", f"registry-{region}"]
        )
        print(f"account: publish with registry={account}.dkr.ecr.{region}.amazonaws.com")


def _a_client() -> str:
    """The first one: every client's role may read the logins of the platform database and Valkey."""
    clients = sorted(path.name.removesuffix(".meltano.yml") for path in ROOT.glob("clients/*.meltano.yml"))
    if not clients:
        raise CannotError("there is no client in clients/, and a task runs as one")
    return clients[0]


def _aws(*arguments: str, or_nothing: bool = False) -> str:
    try:
        done = subprocess.run(["aws", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CannotError("the AWS command line (`aws`) is not on PATH") from None
    if done.returncode and not or_nothing:
        raise CannotError(f"aws {arguments[0]} {arguments[1]}: {done.stderr.strip()}")
    return done.stdout


def _shown(command: list[str], environment: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False)
    except FileNotFoundError:
        raise CannotError(f"`{command[0]}` is not on PATH") from None
    if done.returncode:
        raise CannotError(f"`{' '.join(command)}` ended with {done.returncode}")


def _do(options: argparse.Namespace) -> None:
    # The digest of what was published, for the steps after it.
    kept = Path(os.environ.get("DIF_IMAGE_FILE") or ROOT / ".image")
    if options.verb == "publish":
        kept.write_text(publish(options.commit, options.registry) + "\n")
        return
    if options.verb == "account":
        prepare_account()
        return
    if options.verb == "scan":
        scan(options.commit, options.registry)
        return
    stage = Stage(options.stage)
    image: Any = options.image or (kept.read_text().strip() if kept.exists() else "")
    match options.verb:
        case "deploy":
            if not _DIGEST.fullmatch(image):
                raise CannotError("which image? publish one, or name it: image=sha256:…")
            stage.deploy(image)
            try:
                stage.migrate()
            except CannotError:
                stage.roll_back(None)  # an image whose tables are not there would fail at every job
                raise
        case "smoke":
            stage.smoke()
        case "rollback":
            stage.roll_back(options.to)
        case "task":
            stage.task(options.command, options.client)


def main() -> int:
    """Parse, do, and turn what cannot be done into one line."""
    parser = argparse.ArgumentParser(prog="make", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("account")
    for verb in ("publish", "scan"):
        parsed = verbs.add_parser(verb)
        parsed.add_argument("commit")
        parsed.add_argument("registry")
    for verb in ("deploy", "smoke", "rollback", "task"):
        parsed = verbs.add_parser(verb)
        parsed.add_argument("stage")
        parsed.add_argument("--image")
        parsed.add_argument("--to")
        parsed.add_argument("--client")
        parsed.add_argument("command", nargs="*")
    options = parser.parse_args()
    try:
        _do(options)
    except CannotError as cannot:
        print(f"{options.verb}: {cannot}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
