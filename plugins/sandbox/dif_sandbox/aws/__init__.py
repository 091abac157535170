"""The part of AWS that stands beside S3 and Redshift: KMS, Secrets Manager, STS, behind one signed endpoint."""

from __future__ import annotations

from dif_sandbox.aws._endpoint import Endpoint
from dif_sandbox.aws._errors import AwsError
from dif_sandbox.aws._identity import Identity
from dif_sandbox.aws._protocols import Service
from dif_sandbox.aws._signature import Signer, signer_of

__all__ = ["AwsError", "Endpoint", "Identity", "Service", "Signer", "signer_of"]
