"""Marketing APIs as their providers document them, for one laptop: each channel is a folder, the rest is shared blocks.

A channel is written from the provider's own pages and specification, and shares no code with the taps it tests.
Start them with ``python -m dif_sandbox.sim --config sim.json`` or, within a process, with `Simulators`.
"""

from dif_sandbox.sim._simulators import ChannelConfig, Config, ConfigError, Simulators, channels

__all__ = ["ChannelConfig", "Config", "ConfigError", "Simulators", "channels"]
