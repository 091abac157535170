"""Pinterest's ads and content API, version 5 (specification 5.23.0, read 2026-11).

What is simulated: the token endpoint (refresh tokens), the lists of an ad account and of a user's boards, synchronous
analytics and asynchronous reports by day or in total at account, campaign, ad group and ad level, the latter also by
targeting, the signing user with its daily analytics, and the rate limits. What is not answers 501 and says so: other
granularities, targeting in beta, keyword and product reports. Attribution windows are checked but change no figure.
"""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.pinterest._provider import Pinterest

__all__ = ["PROVIDER", "Pinterest"]

PROVIDER: Final[MakeProvider] = Pinterest
