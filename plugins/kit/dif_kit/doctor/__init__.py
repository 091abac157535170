"""Whether all that dif needs is there and answers: versions, services, credentials, clocks, rights, disk."""

from dif_kit.doctor._clock import clock
from dif_kit.doctor._examine import examine
from dif_kit.doctor._finding import Checkup, Finding, Verdict
from dif_kit.doctor._project import Plugin, Project

__all__ = ["Checkup", "Finding", "Plugin", "Project", "Verdict", "clock", "examine"]
