"""Who signed a request.

Source: IAM user guide, "AWS Signature Version 4 for API requests"; botocore's own signer computes it again.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from dif_sandbox.aws._errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.aws._identity import Identity

__all__ = ["Signer", "signer_of"]

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,"
    r"\s*SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]+)"
)
TIME_FORM = "%Y%m%dT%H%M%SZ"
LARGEST_SKEW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed a request, with which key, for which service."""

    identity: Identity
    access_key: str
    service: str


def signer_of(
    headers: Mapping[str, str],
    body: bytes,
    identities: Mapping[str, Identity],
    *,
    method: str = "POST",
    target: str = "/",
) -> Signer:
    """Who signed a request for ``target``, path and query; header names are in lower case.

    Raises:
        AwsError: No signature, an unknown key, a wrong secret, or too old.
    """
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", status=403)
    identity = identities.get(found["key"])
    if identity is None:
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", status=403)
    signed = {name: headers.get(name, "") for name in found["headers"].split(";")}
    try:
        at = datetime.strptime(signed.get("x-amz-date", ""), TIME_FORM).replace(tzinfo=UTC)
    except ValueError as error:
        raise AwsError("IncompleteSignature", "X-Amz-Date is not signed, or no date", status=400) from error
    if abs(datetime.now(UTC) - at) > LARGEST_SKEW:
        raise AwsError("RequestExpired", "Request has expired.", status=400)
    request = AWSRequest(method=method, url=f"http://{signed.get('host', '')}{target}", headers=signed, data=body)
    request.context["timestamp"] = signed["x-amz-date"]
    signer = SigV4Auth(Credentials(found["key"], identity.secret_key), found["service"], found["region"])
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if not hmac.compare_digest(expected, found["signature"]):
        message = "The request signature we calculated does not match the signature you provided."
        raise AwsError("SignatureDoesNotMatch", message, status=403)
    return Signer(identity, found["key"], found["service"])
