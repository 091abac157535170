"""Reach the Redis or Valkey that a fleet shares."""

from __future__ import annotations

from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dif_kit.budget._failover import FailoverStore
from dif_kit.budget._keys import PREFIX
from dif_kit.budget._redis import RedisStore
from dif_kit.errors import BudgetError, ConfigError

__all__ = ["open_store"]

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 5.0
HEALTH_CHECK_SECONDS: Final = 15

PROBE: Final = "return redis.call('SET', KEYS[1], '1', 'PX', 1000)"


def open_store(redis_url: str) -> tuple[FailoverStore, str]:
    """A store whose Redis has answered, and where that is, without the password.

    Raises:
        BudgetError: Redis cannot be reached, refuses the URL's credentials, or cannot keep budgets.
        ConfigError: the URL is malformed.
    """
    try:
        # One more try at once: a pooled connection may have been closed by the server while it was idle.
        driver = redis.Redis.from_url(
            redis_url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1),
            health_check_interval=HEALTH_CHECK_SECONDS,
            decode_responses=False,
        )
    except ValueError:
        message = "redis_url is malformed: write it like redis://host:6379/0 or rediss://user:password@host:6379/0"
        raise ConfigError(message) from None
    settings = driver.connection_pool.connection_kwargs
    place = settings.get("path") or f"{settings.get('host', 'localhost')}:{settings.get('port', 6379)}"
    try:
        # A script that writes: what answers a ping may still be a read-only replica, or a cluster's other node.
        driver.eval(PROBE, 1, f"{PREFIX}probe")
    except redis.RedisError as error:
        driver.close()
        raise BudgetError(_why(place, error)) from None
    return FailoverStore(RedisStore(driver), place), place


def _why(place: str, error: redis.RedisError) -> str:
    """What is wrong and what to do, in one line without the password."""
    reason = " ".join(str(error).split()).removesuffix(".") or type(error).__name__
    match error:
        case redis.AuthenticationError():
            return (
                f"Redis at {place} refuses the credentials: correct the user and password in redis_url (DIF_REDIS_URL)"
            )
        case redis.ConnectionError() | redis.TimeoutError():
            return (
                f"cannot reach Redis at {place} ({reason}): start it, correct redis_url (DIF_REDIS_URL), or leave that "
                "out to keep budgets in this process"
            )
        case _:
            return (
                f"Redis at {place} cannot keep budgets ({reason}): redis_url (DIF_REDIS_URL) must name a primary "
                "without cluster mode, with memory left and a user who may write and run scripts"
            )
