"""The two ways in which AWS's services are asked and answer.

Source: botocore's service models: query protocol (`redshift` 2012-12-01, `sts` 2011-06-15), JSON 1.1 (`kms` 2014-11-01,
`secretsmanager` 2017-10-17, `redshift-serverless` 2021-04-21).
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from dif_sandbox.aws._errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.aws._signature import Signer

__all__ = ["JsonProtocol", "QueryProtocol", "Service", "WireProtocol"]


class Service(Protocol):
    """One AWS service. ``namespace`` is that of its XML, for those that speak the query protocol."""

    namespace: ClassVar[str]

    async def call(self, action: str, asked: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
        """Do what is asked; raises AwsError."""


class WireProtocol(Protocol):
    """How one request is read and answered."""

    kind: ClassVar[str]
    action: str

    def asked(self) -> Mapping[str, Any]:
        """The parameters; raises AwsError."""

    def result(self, content: dict[str, Any], namespace: str) -> bytes:
        """The body of an answer."""

    def fault(self, fault: AwsError) -> bytes:
        """The body of a refusal."""


class QueryProtocol:
    """Parameters in a form, answers in XML."""

    kind: ClassVar[str] = "text/xml"

    def __init__(self, body: bytes) -> None:
        self._asked = dict(parse_qsl(body.decode("utf8", "replace")))
        self.action = self._asked.get("Action", "")

    def asked(self) -> Mapping[str, Any]:
        """The form."""
        return self._asked

    def result(self, content: dict[str, Any], namespace: str) -> bytes:
        """The result in its envelope."""
        request = {"RequestId": str(uuid.uuid4())}
        parts = {f"{self.action}Result": content, "ResponseMetadata": request}
        return _xml(f"{self.action}Response", parts, namespace)

    def fault(self, fault: AwsError) -> bytes:
        """An ErrorResponse."""
        error = {"Type": "Sender", "Code": fault.code, "Message": fault.message}
        return _xml("ErrorResponse", {"Error": error, "RequestId": str(uuid.uuid4())}, "")


class JsonProtocol:
    """JSON both ways; the action is in a header."""

    kind: ClassVar[str] = "application/x-amz-json-1.1"

    def __init__(self, target: str, body: bytes) -> None:
        self.action = target.rpartition(".")[2]
        self._body = body

    def asked(self) -> Mapping[str, Any]:
        """The object in the body."""
        try:
            asked = json.loads(self._body)
        except ValueError as error:
            raise AwsError("SerializationException", "the body is no JSON") from error
        if not isinstance(asked, dict):
            raise AwsError("SerializationException", "the body is no JSON object")
        return asked

    def result(self, content: dict[str, Any], namespace: str) -> bytes:  # noqa: ARG002 - JSON has none
        """The object."""
        return json.dumps(content).encode()

    def fault(self, fault: AwsError) -> bytes:
        """An object with the code in ``__type``."""
        return json.dumps({"__type": fault.code, "message": fault.message}).encode()


def _xml(name: str, content: Mapping[str, Any], namespace: str) -> bytes:
    root = ET.Element(name, {"xmlns": namespace} if namespace else {})
    _fill(root, content)
    return ET.tostring(root)


def _fill(element: ET.Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        child = ET.SubElement(element, name)
        if isinstance(value, dict):
            _fill(child, value)
        else:
            child.text = str(value)
