"""A reader of the Declarative Pipelines that this repository has: their syntax in full or an error, and their order.

What Jenkins does with a directive is from its handbook, "Pipeline Syntax" (read from memory, 2026-11). What is not used
here is not read: a directive that this does not know is an error, so that none is silently without effect in a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|//[^\n]*|/\*.*?\*/)|(?P<line>\n)|(?P<text>'(?:\\.|[^'\\\n])*')"""
    r"""|(?P<number>\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[{}()\[\]:,=])""",
    re.DOTALL,
)


class NotReadError(Exception):
    """It is no pipeline that this can read; the message says in which line."""


@dataclass
class Node:
    """A directive or step: its name, its arguments, what stands in its braces."""

    name: str
    line: int
    arguments: list[Any] = field(default_factory=list)
    named: dict[str, Any] = field(default_factory=dict)
    inside: list[Node] | None = None

    def children(self, name: str) -> list[Node]:
        return [node for node in self.inside or () if node.name == name]

    def child(self, name: str) -> Node | None:
        return next(iter(self.children(name)), None)


def parse(text: str) -> Node:
    """The one `pipeline` of a file."""
    reader = _Reader(list(_tokens(text)))
    (pipeline,) = reader.statements(end=None)
    if pipeline.name != "pipeline":
        raise NotReadError(f"line {pipeline.line}: {pipeline.name} where `pipeline` should be")
    _check(pipeline)
    return pipeline


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    place, line = 0, 1
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise NotReadError(f"line {line}: {text[place : place + 20]!r} is not read here")
        if found.lastgroup != "space":
            yield str(found.lastgroup), found.group(), line
        line += found.group().count("\n")
        place = found.end()
    yield "end", "", line


class _Reader:
    def __init__(self, tokens: list[tuple[str, str, int]]) -> None:
        self._tokens, self._place = tokens, 0

    def statements(self, end: str | None) -> list[Node]:
        found = []
        while True:
            kind, text, line = self._take()
            if kind == "line":
                continue
            if text == end or (kind == "end" and end is None):
                return found
            if kind != "name":
                raise NotReadError(f"line {line}: {text or 'the end of the file'!r} where a directive should be")
            found.append(self._statement(Node(text, line)))

    def _statement(self, node: Node) -> Node:
        if self._next() == "=":
            self._take()
            node.arguments.append(self._value())
        elif self._next() == "(":
            self._take()
            self._arguments(node, ")")
            self._take()
        elif self._next() not in {"{", "\n", "}"}:
            self._arguments(node, "\n")
        if self._next() == "{":
            self._take()
            node.inside = self.statements(end="}")
        if self._next() not in {"\n", "}", ""}:
            raise NotReadError(f"line {node.line}: {self._next()!r} behind {node.name}")
        return node

    def _arguments(self, node: Node, end: str) -> None:
        while self._next() not in {end, "{", "}"}:
            kind, text, _ = self._tokens[self._place]
            if kind == "name" and self._tokens[self._place + 1][1] == ":":
                self._place += 2
                node.named[text] = self._value()
            else:
                node.arguments.append(self._value())
            if self._next() != ",":
                return
            self._take()

    def _value(self) -> Any:
        kind, text, line = self._take()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "number":
            return int(text)
        if text == "[":
            inside = Node("", line)
            self._arguments(inside, "]")
            self._take()
            return inside.arguments
        if text in {"true", "false"}:
            return text == "true"
        if kind == "name":
            if self._next() != "(":
                return text
            self._take()
            call = Node(text, line)
            self._arguments(call, ")")
            self._take()
            return call
        raise NotReadError(f"line {line}: {text!r} where a value should be")

    def _next(self) -> str:
        return self._tokens[self._place][1]

    def _take(self) -> tuple[str, str, int]:
        self._place += 1
        return self._tokens[self._place - 1]


_STAGE = {"steps", "stages", "parallel", "when", "input", "post", "options", "environment"}
_KNOWN: dict[str, set[str]] = {
    "pipeline": {"agent", "options", "triggers", "parameters", "environment", "stages", "post"},
    "stages": {"stage"}, "parallel": {"stage"}, "stage": _STAGE,
    "post": {"always", "success", "failure", "cleanup"},
    "when": {"branch", "beforeInput"}, "input": {"message", "ok", "submitter"}, "agent": {"label"},
    "options": {"buildDiscarder", "disableConcurrentBuilds", "timeout", "timestamps"},
    "triggers": {"cron", "pollSCM"}, "parameters": {"choice", "string"},
}  # fmt: skip
_STEPS = {"sh", "echo", "junit", "archiveArtifacts", "jobDsl"}


def _check(node: Node) -> None:
    """Every directive where Jenkins knows it, and a stage with one thing to do."""
    for inner in node.inside or ():
        known = _STEPS if node.name in {"steps", *_KNOWN["post"]} else _KNOWN.get(node.name)
        if node.name != "environment" and (known is None or inner.name not in known):
            raise NotReadError(f"line {inner.line}: {inner.name} in {node.name}")
        _check(inner)
    if node.name == "stage" and sum(node.child(name) is not None for name in ("steps", "stages", "parallel")) != 1:
        raise NotReadError(f"line {node.line}: a stage has steps, stages or parallel, and only one of them")
    if node.name == "pipeline" and not (node.child("agent") and node.child("stages")):
        raise NotReadError(f"line {node.line}: a pipeline has an agent and stages")


@dataclass
class Run:
    """One build: its steps carried out in the order in which Jenkins carries them out."""

    branch: str
    shell: Callable[[str, Mapping[str, str]], int]
    environment: Mapping[str, str] = field(default_factory=dict)
    approves: bool = True
    stages: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    result: str = "SUCCESS"

    def carry_out(self, pipeline: Node) -> str:
        given = {name.named["name"]: name for name in (pipeline.child("parameters") or Node("", 0)).inside or ()}
        defaults = {
            name: str((node.named.get("choices") or [node.named.get("defaultValue", "")])[0])
            for name, node in given.items()
        }
        held = {
            node.name: f"<{node.arguments[0].arguments[0]}>"
            for node in (pipeline.child("environment") or Node("", 0)).inside or ()
        }
        self.environment = {**defaults, **held, **self.environment}
        stages = pipeline.child("stages")
        assert stages
        self.result = self._stages(stages)
        self.result = self._post(pipeline, self.result)
        return self.result

    def _stages(self, node: Node) -> str:
        for stage in node.children("stage"):
            if (result := self._stage(stage)) != "SUCCESS":
                return result
        return "SUCCESS"

    def _stage(self, stage: Node) -> str:
        when = stage.child("when")
        if when and any(self.branch != node.arguments[0] for node in when.children("branch")):
            return "SUCCESS"
        if question := stage.child("input"):
            self.asked.append(str(stage.arguments[0]))
            message = question.child("message")
            assert message
            if not self.approves:
                return "ABORTED"
        self.stages.append(str(stage.arguments[0]))
        if parallel := stage.child("parallel"):  # each to its end, whatever becomes of the others
            results = [self._stage(each) for each in parallel.children("stage")]
            result = next((each for each in results if each != "SUCCESS"), "SUCCESS")
        elif stages := stage.child("stages"):
            result = self._stages(stages)
        else:
            result = self._steps(stage.child("steps"))
        return self._post(stage, result)

    def _post(self, node: Node, result: str) -> str:
        post = node.child("post") or Node("", 0)
        for name in ("always", "success", "failure", "cleanup"):
            fits = name in {"always", "cleanup"} or name.upper() == result
            if fits and self._steps(post.child(name)) != "SUCCESS":
                result = "FAILURE"
        return result

    def _steps(self, node: Node | None) -> str:
        for step in (node.inside or ()) if node else ():
            if step.name == "sh" and self.shell(str(step.arguments[0]), self.environment):
                return "FAILURE"
        return "SUCCESS"


def shell_steps(node: Node) -> Iterator[str]:
    """Every `sh` below a node, in the order of the file."""
    if node.name == "sh":
        yield str(node.arguments[0])
    for inner in node.inside or ():
        yield from shell_steps(inner)
