"""The supervisor's entry: ``python -m dif_sandbox.services <folder>``, as `Sandbox` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from dif_sandbox.services._supervisor import supervise

if __name__ == "__main__":
    sys.exit(supervise(Path(sys.argv[1])))
