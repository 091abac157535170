"""A mistake of the one who runs a pipe is one clear line, whichever end finds it."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

#: One mistake of either end in processes that begin as in production: what is said last is theirs until they are gone.
REAL = ("no start date", "unknown bucket")


def refused(name: str, *, tap: dict[str, Any] | None = None, target: dict[str, Any] | None = None, says: str) -> Any:
    return pytest.param(tap or {}, target or {}, says, id=name)


@pytest.mark.parametrize(
    ("tap_config", "target_config", "says"),
    [
        refused("no start date", tap={"start_date": None}, says="start_date"),
        refused("bad start date", tap={"start_date": "soon"}, says="start_date"),
        refused("credential file missing", tap={"credential_ref": "file:///nowhere/at/all"}, says="file:///nowhere"),
        refused("unknown scheme", tap={"credential_ref": "gopher://x"}, says="gopher"),
        refused("unreachable API", tap={"api_url": "http://127.0.0.1:9/v5"}, says="127.0.0.1:9"),
        refused("unreachable Redis", tap={"redis_url": "redis://:hush@127.0.0.1:9/0"}, says="127.0.0.1:9"),
        refused("unreachable S3", target={"endpoint_url": "http://127.0.0.1:9"}, says="127.0.0.1:9"),
        refused("unknown bucket", target={"bucket": "no-such-bucket"}, says="no-such-bucket"),
        refused("unreachable warehouse", target={"port": 9}, says="127.0.0.1:9"),
        refused("unknown database", target={"database": "nowhere"}, says="nowhere"),
    ],
)
def test_a_mistake_is_one_clear_line(
    pipe: Any, tap_config: dict[str, Any], target_config: dict[str, Any], says: str, request: pytest.FixtureRequest
) -> None:
    real = {"popen": subprocess.Popen} if request.node.callspec.id in REAL else {}
    wrong = pipe(streams=("ad_accounts",), target_config=target_config, **real)
    wrong.tap_config = {key: value for key, value in {**wrong.tap_config, **tap_config}.items() if value is not None}
    ended = wrong.run()
    code, error = (ended.tap, ended.tap_error) if tap_config else (ended.target, ended.target_error)
    assert code != 0
    assert "Traceback" not in ended.tap_error + ended.target_error
    assert "hush" not in ended.tap_error + ended.target_error
    last = error.strip().splitlines()[-1]
    assert says in last


def test_a_wrong_client_secret_is_one_clear_line_without_the_secret(pipe: Any, environment: dict[str, str]) -> None:
    environment["WRONG_CREDENTIAL"] = '{"client_id": "1", "client_secret": "hush-hush", "refresh_token": "hush-too"}'
    wrong = pipe(tap_config={"credential_ref": "env://WRONG_CREDENTIAL"})
    ended = wrong.run()
    assert ended.tap != 0
    assert ended.target != 0, "a run without a complete receipt is partial"
    assert "Traceback" not in ended.tap_error
    assert "hush" not in ended.tap_error
    assert "env://WRONG_CREDENTIAL" in ended.tap_error.strip().splitlines()[-1]
