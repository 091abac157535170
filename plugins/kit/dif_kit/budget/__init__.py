"""Rate budgets and leases, shared in one process or by a fleet through Redis, with one interface.

A stream states a `Budget`; `connect` opens the `Limiter` that enforces it::

    ADS_READ = Budget("pinterest.ads_read", ("1000/min",), headers=RateHeaders(...))

    limiter = connect(redis_url, client="acme")
    with limiter.acquire({ADS_READ: account}):          # sleeps once, until the start that was reserved
        answer = session.get(url)
    limiter.pause(ADS_READ, account, seconds=30)        # a 429: nobody of the fleet starts for 30 s

    with limiter.lease(f"run/{client}/{tap}") as lease: # one at a time over the fleet
        write(fence=lease.fence)

Policies, as texts; all of a budget hold at once:

===================================  ==================================================================================
``20/s``, ``100/10s``, ``1000/min``  at most so many starts in any such span (s, min, h, day), exact up to 2,000; above,
                                     counted in 24ths of the span, never over
``20/s paced``                       the same, evenly spaced instead of in bursts
``20/s guard 100ms``                 the span is taken longer by that much against jitter; 40 ms if not said
``15000/day@America/Los_Angeles``    per calendar day of that zone, days of 23 and 25 hours included
``points 1000 restore 50/s``         a provider's bucket of points; the cost is reserved, then settled
``concurrent 4``                     at most so many under way; freed by leaving the ``with`` block
``shadow``                           count, tell what would have waited, hold nobody up
===================================  ==================================================================================

A wait beyond the horizon raises `dif_kit.errors.Deferred` with the time to come back; nothing is reserved then. Clocks
of clients do not matter, Redis' is the only one.

What a provider's answers tell of a budget stands in its `headers` and `signals`. Settings and operators (`dif-budget`)
may put other policies in the place of a tap's.

If Redis is lost in mid-run, each process goes on with an even share that is safe for the provider, and says so once;
after ten minutes work is `Deferred`.
Leases and concurrent budgets are not given then, and those held end with their time. A Redis that forgets (a restart
without persistence) forgets what was used: the provider's own counts and refusals then correct it.
"""

from dif_kit.budget._connect import connect
from dif_kit.budget._lease import LeaseLostError, LeaseTaken
from dif_kit.budget._ports import Budget, Lease, Limiter, RateHeaders, Reservation
from dif_kit.budget._signals import (
    AnswerView,
    BodyDelay,
    BodyPoints,
    BodyQuota,
    CallLimitHeader,
    Heard,
    Source,
    UsageHeader,
    seconds_until,
)
from dif_kit.budget._terms import check_policies, starts_an_hour

__all__ = [
    "AnswerView",
    "BodyDelay",
    "BodyPoints",
    "BodyQuota",
    "Budget",
    "CallLimitHeader",
    "Heard",
    "Lease",
    "LeaseLostError",
    "LeaseTaken",
    "Limiter",
    "RateHeaders",
    "Reservation",
    "Source",
    "UsageHeader",
    "check_policies",
    "connect",
    "seconds_until",
    "starts_an_hour",
]
