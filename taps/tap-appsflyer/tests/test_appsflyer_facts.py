"""What a refusal means, by its words; which reports of its own a client may define."""

from __future__ import annotations

from typing import Any

import pytest
from dif_kit.errors import ConfigError
from dif_kit.http import Answer, Verdict
from tap_appsflyer._facts import VERDICTS
from tap_appsflyer.aggregate import OF_FACEBOOK
from tap_appsflyer.custom import CustomReport

MIDNIGHT = 86_400
RAW_QUOTA = "Your API calls limit has been reached for report type"
RAW_QUOTA_OF_THE_SPEC = '{"message": "Your API call limit has been reached for the given report type"}'


def answer(status: int, body: str) -> Answer:
    return Answer(url="", status=status, headers={}, content=body.encode())


@pytest.mark.parametrize("body", [RAW_QUOTA, RAW_QUOTA_OF_THE_SPEC])
def test_a_quota_of_raw_data_lasts_until_midnight(body: str) -> None:
    refused = answer(400, body)
    assert VERDICTS.judge(refused) is Verdict.THROTTLED
    assert 0 < (VERDICTS.wait(refused) or 0) <= MIDNIGHT


def test_a_refused_aggregate_report_waits_a_minute_and_then_until_midnight() -> None:
    refused = answer(403, "Limit reached for partners_by_date_report")
    assert VERDICTS.judge(refused) is Verdict.THROTTLED
    assert VERDICTS.wait(refused) == 61
    later = VERDICTS.wait(refused, before=1)
    assert later is not None
    assert later != 61
    assert later <= MIDNIGHT


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, '{"message": "Raw reports historical lookback is limited to 90 days"}', Verdict.PERMANENT),
        (400, '{"message": "Invalid limit type"}', Verdict.PERMANENT),
        (401, '{"message": "Supplied API token is invalid"}', Verdict.REAUTHENTICATE),
        (402, "the report is not part of your package", Verdict.SKIP_PARTITION),
        (403, "App traffic blocked due to Zero package limit", Verdict.SKIP_PARTITION),
        (404, "<html>not found</html>", Verdict.SKIP_PARTITION),
        (416, "The requested range is not kept", Verdict.SKIP_PARTITION),
        (429, "Too many requests", Verdict.THROTTLED),
        (504, "", Verdict.RETRY),
    ],
)
def test_other_refusals_say_what_they_say(status: int, body: str, verdict: Verdict) -> None:
    assert VERDICTS.judge(answer(status, body)) is verdict


def defined(**said: Any) -> Any:
    return CustomReport(name="own", **said).define()


def test_a_report_of_ones_own_is_like_another_and_says_what_of_it() -> None:
    events = defined(report="in_app_events", event_names=("af_purchase", "signup"), geo="DE")
    assert events.params["event_name"] == "af_purchase,signup"
    assert events.params["geo"] == "DE"
    assert events.primary_keys == ("app_id", "row_id", "row_number")
    again = defined(report="retargeting_partners_report", media_source="abc_int", attribution_touch_type="impression")
    assert again.params["reattr"] == "true"
    assert again.params["media_source"] == "abc_int"
    assert "conversion_type" in again.primary_keys


def test_facebook_alone_has_ads_and_they_are_in_the_key() -> None:
    report = defined(report="partners_report", category="facebook")
    assert set(OF_FACEBOOK) <= set(report.primary_keys)
    assert set(OF_FACEBOOK) <= set(report.schema["properties"])


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"report": "instals"}, "instals"),
        ({"report": "partners_report", "geo": "DE"}, "geo"),
        ({"report": "partners_report", "category": "twitter"}, "twitter"),
        ({"report": "installs", "category": "organic"}, "organic"),
        ({"report": "installs", "attribution_touch_type": "impression"}, "attribution_touch_type"),
        ({"report": "installs", "event_names": ("a",)}, "no events"),
    ],
)
def test_what_does_not_go_together_is_refused_with_its_name(said: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        defined(**said)
