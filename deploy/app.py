"""dif on AWS: the registry, and the stacks of each stage. DIF_IMAGE names the release, as the digest of its image."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from infrastructure.accepted import complaints
from infrastructure.settings import read


def main(outdir: str) -> None:
    """Write the templates; ends with what is wrong with them, if anything is."""
    before = os.environ.get("DIF_IMAGE_BEFORE", "none")
    try:
        wanted = read(Path(__file__).parent, os.environ.get("DIF_IMAGE", ""), before)
    except ValueError as error:
        sys.exit(f"deploy: {error}")
    # The CDK takes seconds to load: what is wrong with the settings is told before.
    from infrastructure.assembly import build  # noqa: PLC0415

    report = Path(outdir) / "validation-report.json"
    report.unlink(missing_ok=True)
    app = build(outdir, wanted)
    try:
        app.synth()
    except RuntimeError as error:  # also where all that was found is accepted; the templates are written by then
        if "ValidationFailed" not in str(error):
            raise
        if wrong := complaints(report):
            sys.exit("\n".join(["deploy: cdk-nag found what nobody accepts:", *wrong]))
    stages = sorted(path.name for path in Path(outdir).glob("assembly-*"))
    print(f"deploy: {len(stages)} stages are in {outdir}: {', '.join(stages)}")  # noqa: T201 - it is a command


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cdk.out")
