"""``python -m dif_sandbox.sim --config sim.json``: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from dif_sandbox.sim import Config, ConfigError, Simulators


def main(arguments: list[str] | None = None) -> int:
    """Start the simulators and wait for a signal; the answer is the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dif_sandbox.sim", description="Simulated marketing APIs")
    parser.add_argument("--config", required=True, type=Path, help="a JSON file: channels, credentials_dir, ready_file")
    given = parser.parse_args(arguments)
    stop = {signal.SIGTERM, signal.SIGINT}
    # Blocked before any thread begins, so that every thread inherits it and the wait below gets the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    try:
        Simulators(Config.read(given.config))
    except (ConfigError, OSError) as wrong:
        sys.stderr.write(f"simulators: {wrong}\n")
        return 2
    signal.sigwait(stop)
    return 0  # every thread is a daemon: connections end with the process


if __name__ == "__main__":
    sys.exit(main())
