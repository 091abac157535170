"""Plays docker, aws, npx and make for a pipeline under test: notes each call, and answers as the real one would.

What is deployed where stands in files below $ACTOR: `images`, and for each stage what it has and what it had before.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(os.environ["ACTOR"])
REAL = {"account", "publish", "scan", "deploy", "smoke", "rollback"}
DIGEST = "sha256:" + "0b" * 32


def main(name: str, words: list[str]) -> int:
    with (HERE / "calls").open("a") as calls:
        calls.write(json.dumps([name, *words]) + "\n")
    return {"make": make, "docker": docker, "npx": npx, "aws": aws}[name](words)


def make(words: list[str]) -> int:
    verb = next(word for word in words if not word.startswith("-") and "=" not in word)
    if verb in os.environ.get("FAILS", "").split():
        return 2
    if verb == "synth":
        image = next(word.partition("=")[2] for word in words if word.startswith("image="))
        told = {"Image": image, "ImageBefore": os.environ.get("DIF_IMAGE_BEFORE")}
        (HERE / "synth").write_text(json.dumps(told))
        return 0
    if verb not in REAL and not os.environ.get("REHEARSE"):
        return 0
    words = ["since=HEAD" if word.startswith("since=o") else word for word in words]  # a checkout may have no origin
    command = [os.environ["REAL_MAKE"], *(() if verb in REAL else ("-n",)), *words]
    done = subprocess.run(command, capture_output=verb not in REAL, text=True, check=False)
    if done.returncode and done.stderr:
        sys.stderr.write(done.stderr)
    return done.returncode


def docker(words: list[str]) -> int:
    if words[0] == "login":
        assert sys.stdin.read() == "a-password"
    if words[:2] == ["image", "inspect"]:
        sys.stdout.write(os.environ.get("LABELS", "{}"))
    if words[0] == "push":
        (HERE / "pushed").write_text(words[1])
    return 0


def npx(words: list[str]) -> int:
    _, is_stage, stage = words[words.index("--app") + 1].rpartition("assembly-") if "--app" in words else ("", "", "")
    if is_stage:
        (HERE / stage).write_text((HERE / "synth").read_text())
    return 0


def aws(words: list[str]) -> int:
    match words[:2]:
        case ["cloudformation", "describe-stacks"]:
            return stack(words[2].partition("=")[2])
        case ["sts", "get-caller-identity"]:
            say({"Account": "123456789012"})
        case ["ecr", "get-login-password"]:
            sys.stdout.write("a-password")
        case ["ecr", "describe-images"]:
            if not (HERE / "pushed").exists():
                return refuse("An error occurred (ImageNotFoundException): it is not there")
            say({"imageDetails": [{"imageDigest": DIGEST}]})
        case ["ecr", "describe-image-scan-findings"]:
            count = int(os.environ.get("CRITICAL", "0"))
            found = [{"name": "CVE-1", "severity": "CRITICAL", "uri": "https://example.com/1"}] * count
            say({"imageScanFindings": {"findingSeverityCounts": {"CRITICAL": count}, "findings": found}})
        case ["lambda", "invoke"]:
            fails = os.environ.get("BROKEN", "nobody") in words[2]
            Path(words[-1]).write_text('{"errorMessage": "no database"}' if fails else '{"jobs": [], "waiting": 0}')
            say({"StatusCode": 200, **({"FunctionError": "Unhandled"} if fails else {})})
        case ["ecs", call]:
            ecs(call)
        case ["logs", "get-log-events"]:
            say(["plan: 0 to start, 0 wait for a place"])
    return 0


def ecs(call: str) -> None:
    if call == "run-task":
        say({"tasks": [{"taskArn": "arn:aws:ecs:eu-central-1:123456789012:task/dif-x-jobs/abc"}], "failures": []})
    if call == "describe-tasks":
        say({"tasks": [{"containers": [{"exitCode": int(os.environ.get("TASK_CODE", "0"))}]}]})


def stack(name: str) -> int:
    _, stage, part = name.split("-")
    if not (HERE / stage).exists():
        return refuse(f"An error occurred (ValidationError): Stack with id {name} does not exist")
    told = {"Network": "subnet-1,subnet-2,sg-1"}
    if part == "jobs":
        told = {
            **json.loads((HERE / stage).read_text()),
            "Task": "task:7",
            "ClientRoles": f"arn:role/dif-{stage}-client-",
        }
    say({"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in told.items()]}]})
    return 0


def say(what: object) -> None:
    sys.stdout.write(json.dumps(what))


def refuse(why: str) -> int:
    sys.stderr.write(why)
    return 254


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:]))
