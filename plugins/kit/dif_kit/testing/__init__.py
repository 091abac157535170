"""What tests of plugins stand on: an API on the loopback, a run as the shell sees it, the promises all must keep."""

import pytest

_PROMISES = ("_subject", "_promises_facts", "_promises_rows", "_promises_faults", "_promises_target")
pytest.register_assert_rewrite(*(f"dif_kit.testing.{name}" for name in _PROMISES))

from dif_kit.testing._api import ApiAnswer, ApiRequest, FakeApi  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._conformance import conformance  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._example import example_row  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._held import held  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._patience import impatient  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._promises_target import target_conformance  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._replay import replay  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._run import TapRun, run_tap  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._run_target import TargetRun, run_target  # noqa: E402 - pytest must know before it is imported
from dif_kit.testing._singer import singer_tests  # noqa: E402 - pytest must know before it is imported

__all__ = [
    "ApiAnswer",
    "ApiRequest",
    "FakeApi",
    "TapRun",
    "TargetRun",
    "conformance",
    "example_row",
    "held",
    "impatient",
    "replay",
    "run_tap",
    "run_target",
    "singer_tests",
    "target_conformance",
]
