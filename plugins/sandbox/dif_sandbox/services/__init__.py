"""The sandbox's servers: each alone, or all of them as one `Sandbox` in one folder."""

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._options import ALL_SERVICES
from dif_sandbox.services._processes import ProcessIdentity
from dif_sandbox.services._state import Phase, ServiceRecord, State
from dif_sandbox.services.aws import Aws
from dif_sandbox.services.front import Front
from dif_sandbox.services.postgres import Postgres
from dif_sandbox.services.sandbox import Sandbox
from dif_sandbox.services.seaweed import Identity, Seaweed
from dif_sandbox.services.service import Service
from dif_sandbox.services.simulators import Simulation, Simulators
from dif_sandbox.services.valkey import Valkey

__all__ = [
    "ALL_SERVICES",
    "Aws",
    "Front",
    "Identity",
    "Phase",
    "Postgres",
    "ProcessIdentity",
    "Sandbox",
    "SandboxError",
    "Seaweed",
    "Service",
    "ServiceRecord",
    "Simulation",
    "Simulators",
    "State",
    "Valkey",
]
