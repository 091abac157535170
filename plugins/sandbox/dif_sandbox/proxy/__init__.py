"""A proxy in front of a real server that breaks what a network, a load balancer or a full server breaks."""

from dif_sandbox.proxy._faults import Fault, Kind
from dif_sandbox.proxy._server import FaultProxy

__all__ = ["Fault", "FaultProxy", "Kind"]
