"""Every pipeline can be read, each step is one verb of make, and the reader does as Jenkins does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest
from declarative import NotReadError, Run, parse, shell_steps

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "Jenkinsfile", *sorted((ROOT / "ci" / "jenkins").glob("*.Jenkinsfile"))]
VERBS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


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
