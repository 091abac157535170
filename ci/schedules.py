"""A Jenkins job of each schedule in clients/, as a script of the plugin Job DSL (1.9x, reference read from memory)."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

__all__ = ["Schedule", "read", "script"]

ROOT: Final = Path(__file__).parents[1]
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_CRON: Final = re.compile(r"[0-9*/,\-]+(?: [0-9*/,\-]+){4}")
_RETRY: Final = "H/15 * * * *"
_JOB: Final = """\
pipelineJob('dif/{name}') {{
    description('{description}')
    parameters {{
        stringParam('CLIENT', '{client}', '')
        stringParam('TAP', '{tap}', '')
        stringParam('TARGET', '{target}', '')
    }}
    properties {{
        disableConcurrentBuilds()
        pipelineTriggers {{ triggers {{ cron {{ spec('TZ=UTC\\n{cron}') }} }} }}
    }}
    definition {{
        cpsScm {{
            scm {{ git {{ remote {{ url(GIT_URL) }}; branch(GIT_BRANCH) }} }}
            scriptPath('ci/jenkins/due.Jenkinsfile')
        }}
    }}
}}
"""


class Schedule(NamedTuple):
    """When what of whom is to run; without a client, whatever is due of anybody."""

    name: str
    cron: str
    client: str = ""
    tap: str = ""
    target: str = ""


def read(project: Path) -> list[Schedule]:
    """Every schedule of every client, a job of several pairs once a pair; ValueError for what no job can be made of."""
    jobs = {job["name"]: job["tasks"] for job in msgspec.yaml.decode((project / "meltano.yml").read_bytes())["jobs"]}
    found = []
    for file in sorted(project.glob("clients/*.meltano.yml")):
        client = file.name.removesuffix(".meltano.yml")
        for told in msgspec.yaml.decode(file.read_bytes()).get("schedules", ()):
            pairs = [task.split() for task in jobs.get(told["job"], ())]
            for tap, target in (pair for pair in pairs if len(pair) == 2):  # noqa: PLR2004 - what follows is no pair
                name = told["name"] if len(pairs) == 1 else f"{told['name']}-{tap}"
                found.append(_checked(Schedule(name, str(told["interval"]), client, tap, target), file))
    return found


def _checked(schedule: Schedule, file: Path) -> Schedule:
    """As it is: what goes into a script has to be a plain word."""
    if not _CRON.fullmatch(schedule.cron):
        raise ValueError(
            f"{file.name}: {schedule.name} has the interval {schedule.cron!r}, which is no cron of Jenkins'"
        )
    if wrong := [each for each in (*schedule[:1], *schedule[2:]) if not _NAME.fullmatch(each)]:
        raise ValueError(f"{file.name}: {', '.join(map(json.dumps, wrong))} cannot be part of a job")
    return schedule


def script(schedules: list[Schedule]) -> str:
    """The jobs, and one for what slots have missed: what was deferred, failed or stopped."""
    again = Schedule("again", _RETRY)
    jobs = [
        _JOB.format(
            **each._asdict(), description=f"{each.client or 'everybody'}: {each.tap or 'what has to come again'}"
        )
        for each in (*schedules, again)
    ]
    return "folder('dif')\n" + "\n".join(jobs)


if __name__ == "__main__":
    try:
        print(script(read(ROOT)), end="")
    except ValueError as wrong:
        sys.exit(f"schedules: {wrong}")
