"""The Google Ads API over REST, versions 24 to 26 (developers.google.com/google-ads/api, read 2026-11).

What is simulated: the token endpoint of Google's OAuth, `customers:listAccessibleCustomers`,
`googleAds:searchStream` and `googleAds:search` with the Google Ads Query Language over the resources of `_catalog.py`,
managers and their clients, and the quotas. A field that has no value is left out of the answer; a metric that is zero
is there, and a row of which all selected metrics are zero is not, if there is a segment. Summary rows answer 501.

Not published by Google, and made up here: requests a second (`QUERIES_A_SECOND`), the zone of the day in which
operations are counted, the code that refuses clicks from before the last 90 days.
"""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.google_ads._provider import GoogleAds

__all__ = ["PROVIDER", "GoogleAds"]

PROVIDER: Final[MakeProvider] = GoogleAds
