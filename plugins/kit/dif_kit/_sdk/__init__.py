"""Every private name of singer-sdk that dif touches, behind names of our own.

singer-sdk is pinned exactly; `tests/test_sdk_contract.py` fails where a new version moves one of these.
"""

from dif_kit._sdk._stream import SdkStream
from dif_kit._sdk._tap import SdkTap
from dif_kit._sdk._writer import Writer

__all__ = ["SdkStream", "SdkTap", "Writer"]
