"""The HTTP end of both APIs: the query protocol of Redshift, the JSON protocol of Redshift Serverless.

Source: botocore's service models `redshift` (2012-12-01, query) and `redshift-serverless` (2021-04-21, json 1.1).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from dif_sandbox.redshift.api._actions import Actions
from dif_sandbox.redshift.api._errors import ApiError
from dif_sandbox.redshift.api._signature import signer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.redshift._config import Config, Identity
    from dif_sandbox.redshift._store import Store
    from dif_sandbox.redshift.wire import Accounts

__all__ = ["Api"]

log = logging.getLogger(__name__)
NAMESPACE = "http://redshift.amazonaws.com/doc/2012-12-01/"
MOST_BYTES = 1 << 16


class Api:
    """Answers on 127.0.0.1, one request a connection."""

    def __init__(self, config: Config, store: Store, accounts: Accounts, port: int) -> None:
        self._config = config
        self._actions = Actions(config, store, accounts, port)

    async def start(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._config.api_port, limit=MOST_BYTES)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            headers, body = await _read(reader)
            status, kind, answer = await self._answer(headers, body)
            phrase = HTTPStatus(status).phrase
            head = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + answer)
            await writer.drain()
        writer.close()

    async def _answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        target = headers.get("x-amz-target", "")
        protocol = _Json(target) if target else _Query(body)
        try:
            identity = signer_of(headers, body, self._config.identities)
            return 200, protocol.kind, protocol.result(await protocol.call(self._actions, identity, body))
        except ApiError as fault:
            return fault.status, protocol.kind, protocol.fault(fault)
        except Exception:
            log.exception("a request to the Redshift API failed")
            failure = ApiError("InternalFailure", "the sandbox itself failed: its log says why")
            return 500, protocol.kind, protocol.fault(failure)


class _Query:
    """Parameters in a form, answers in XML."""

    kind = "text/xml"

    def __init__(self, body: bytes) -> None:
        self._asked = dict(parse_qsl(body.decode("utf8", "replace")))
        self._action = self._asked.get("Action", "")

    async def call(self, actions: Actions, identity: Identity, _body: bytes) -> dict[str, Any]:
        asked = self._asked
        if self._action not in ("DescribeClusters", "GetClusterCredentials", "GetClusterCredentialsWithIAM"):
            raise ApiError("InvalidAction", f"the sandbox has no action {self._action}")
        identifier = actions.find(asked.get("ClusterIdentifier"), "ClusterNotFound")
        if self._action == "DescribeClusters":
            endpoint = {"Address": "localhost", "Port": actions.port}
            facts = {"ClusterIdentifier": identifier, "ClusterStatus": "available", "Endpoint": endpoint}
            return {"Clusters": {"Cluster": {**facts, "DBName": actions.config.postgres.database}}}
        if self._action == "GetClusterCredentials":
            make = asked.get("AutoCreate") == "true"
            lent = await actions.lend("IAMA:" if make else "IAM:", asked.get("DbUser", "").lower(), asked, make=make)
        else:
            lent = await actions.lend_own(identity, asked)
        return {"DbUser": lent.user, "DbPassword": lent.password, "Expiration": lent.expires_at.isoformat()}

    def result(self, content: dict[str, Any]) -> bytes:
        request = {"RequestId": str(uuid.uuid4())}
        return _xml(f"{self._action}Response", {f"{self._action}Result": content, "ResponseMetadata": request})

    def fault(self, fault: ApiError) -> bytes:
        error = {"Type": "Sender", "Code": fault.code, "Message": fault.message}
        return _xml("ErrorResponse", {"Error": error, "RequestId": str(uuid.uuid4())})


class _Json:
    """JSON both ways; the action is in a header."""

    kind = "application/x-amz-json-1.1"

    def __init__(self, target: str) -> None:
        self._action = target.rpartition(".")[2]

    async def call(self, actions: Actions, identity: Identity, body: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(body)
        except ValueError as error:
            raise ApiError("SerializationException", "the body is no JSON") from error
        if self._action not in ("GetCredentials", "GetWorkgroup"):
            raise ApiError("UnknownOperationException", f"the sandbox has no action {self._action}")
        identifier = actions.find(asked.get("workgroupName"), "ResourceNotFoundException")
        if self._action == "GetWorkgroup":
            endpoint = {"address": "localhost", "port": actions.port}
            return {"workgroup": {"workgroupName": identifier, "status": "AVAILABLE", "endpoint": endpoint}}
        given = {"DurationSeconds": str(asked["durationSeconds"])} if "durationSeconds" in asked else {}
        lent = await actions.lend_own(identity, given)
        ends = lent.expires_at.timestamp()
        return {"dbUser": lent.user, "dbPassword": lent.password, "expiration": ends, "nextRefreshTime": ends}

    def result(self, content: dict[str, Any]) -> bytes:
        return json.dumps(content).encode()

    def fault(self, fault: ApiError) -> bytes:
        return json.dumps({"__type": fault.code, "message": fault.message}).encode()


async def _read(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    """The headers, names in lower case, and the body of a request."""
    _, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if length > MOST_BYTES:
        raise ValueError(length)
    return headers, await reader.readexactly(length)


def _xml(name: str, content: Mapping[str, Any]) -> bytes:
    root = ET.Element(name, xmlns=NAMESPACE)
    _fill(root, content)
    return ET.tostring(root)


def _fill(element: ET.Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        child = ET.SubElement(element, name)
        if isinstance(value, dict):
            _fill(child, value)
        else:
            child.text = str(value)
