"""A channel at scale: its simulator at any size, its tap, the warehouse, day after day.

A channel is described once, in a few lines (`Channel`); `at_scale` makes the promises of it that every channel keeps.
"""

import pytest

pytest.register_assert_rewrite("scale.promises")

from scale.channel import Channel, narrow  # noqa: E402 - pytest must know before they are imported
from scale.promises import at_scale  # noqa: E402

__all__ = ["Channel", "at_scale", "narrow"]
