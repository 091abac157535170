"""Reach the Redis or Valkey that a fleet shares."""

from __future__ import annotations

from typing import Any, Final, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dif_kit.budget._failover import FailoverStore
from dif_kit.budget._keys import PREFIX
from dif_kit.budget._redis import RedisStore
from dif_kit.errors import BudgetError, ConfigError

__all__ = ["open_driver", "open_store"]

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
    driver, place = open_driver(redis_url)
    return FailoverStore(RedisStore(driver), place), place


def open_driver(redis_url: str) -> tuple[redis.Redis, str]:
    """A client of the Redis or of the cluster behind a URL, which has answered, and where it is.

    Raises:
        BudgetError: as `open_store`.
        ConfigError: as `open_store`.
    """
    try:
        driver = redis.Redis.from_url(redis_url, **_settings())
    except ValueError:
        message = "redis_url is malformed: write it like redis://host:6379/0 or rediss://user:password@host:6379/0"
        raise ConfigError(message) from None
    settings = driver.connection_pool.connection_kwargs
    place = settings.get("path") or f"{settings.get('host', 'localhost')}:{settings.get('port', 6379)}"
    try:
        if _is_cluster(driver):
            driver.close()
            driver = _cluster(redis_url)
        # A script that writes: what answers a ping may still be a read-only replica.
        driver.eval(PROBE, 1, f"{PREFIX}probe")
    except redis.RedisError as error:
        driver.close()
        raise BudgetError(_why(place, error)) from None
    return driver, place


def _settings() -> dict[str, Any]:
    return {
        # One more try at once: a pooled connection may have been closed by the server while it was idle.
        "retry": Retry(NoBackoff(), 1),
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "health_check_interval": HEALTH_CHECK_SECONDS,
        "decode_responses": False,
    }


def _is_cluster(driver: redis.Redis) -> bool:
    """Whether keys may lie on other nodes. Who may not ask is taken at their word, which the probe then tries."""
    try:
        return bool(driver.info("cluster").get("cluster_enabled"))
    except redis.exceptions.NoPermissionError:
        return False


def _cluster(redis_url: str) -> redis.Redis:
    """A client that follows budgets to the node that has them: all have one hash tag, so it is one node at a time."""
    cluster: object = redis.RedisCluster.from_url(redis_url, **_settings())
    # It speaks the same commands; only its type is another.
    return cast("redis.Redis", cluster)


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
                f"Redis at {place} cannot keep budgets ({reason}): redis_url (DIF_REDIS_URL) must name a primary, "
                "with memory left and a user who may write and run scripts"
            )
