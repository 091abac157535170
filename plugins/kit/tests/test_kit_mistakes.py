"""Each classic mistake of a tap fails the conformance suite, and the message names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
# Mistake -> the test that must find it, and words of its message.
MISTAKES = {
    "UnstableKey": (
        "test_the_same_row_has_the_same_key_in_every_run",
        "a second run of the same data has other primary",
    ),
    "CollapsingKey": ("test_no_two_rows_have_the_same_key", "campaign_days: two rows have the primary key"),
    "KeyMissing": (
        "test_a_run_is_complete_and_its_rows_fit_their_schemas",
        "a row has no value for ['CAMPAIGN_ID'] of its primary",
    ),
    "KeyNotInSchema": ("test_every_key_is_a_column", "its primary key has ['DAY'], which are no columns"),
    "Swallowed403": (
        "test_a_forbidden_partition_does_not_stop_the_others",
        "was refused with 403, so the run is partial",
    ),
    "NaiveTime": ("test_moments_that_bookmarks_are_made_of_say_their_zone", "a time without a zone"),
    "FloatMoney": (
        "test_numbers_keep_every_digit",
        "campaigns.budget: digits are lost, so a number went through a float",
    ),
    "EndlessPages": (
        "test_a_run_is_complete_and_its_rows_fit_their_schemas",
        "the provider sent the same 2 records 2 times",
    ),
    "EmptyPageEnds": ("test_an_empty_page_in_the_middle_does_not_end_a_list", "the list ended at an empty page"),
    "SecretInTheLog": ("test_no_secret_shows", "the secret 'access_token' of the credential stands in the log"),
    "UnflaggedSecret": ("test_settings_that_hold_secrets_are_flagged", "app_secret is not flagged as secret"),
    "SettingWithoutAWord": ("test_about_tells_all_there_is_to_know", "the setting mode has no description"),
    "DropsUnknown": (
        "test_a_column_that_no_schema_knows_is_sent",
        "campaigns: a column that the schema does not know is",
    ),
    "IgnoresRetryAfter": ("test_retry_after_is_obeyed", "a 429 with Retry-After: 86000 must end the run as deferred"),
    "WindowNotCovered": ("test_a_window_asks_for_all_its_days", "its requests do not name ['end']"),
    "BookmarkAhead": ("test_a_signal_in_the_middle_loses_nothing", "a bookmark is ahead of the data"),
    "NoBudget": ("test_every_stream_names_its_budgets", "campaigns names no budget"),
    "OrderByChance": (
        "test_the_output_is_the_same_however_many_requests_are_under_way",
        "something is kept from one answer to the next",
    ),
    "HtmlIsEmpty": ("test_a_page_of_html_is_never_an_empty_list", "answered with a page of HTML"),
    "WrongAddress": (
        "test_a_run_is_complete_and_its_rows_fit_their_schemas",
        "the tap asks for what no route answers: GET /accounts/1/campaings",
    ),
    "Ageing": (
        "test_the_runs_have_a_day_of_their_own_where_the_provider_forgets",
        "the provider keeps campaign_days for a while only",
    ),
    "WrongType": ("test_a_run_is_complete_and_its_rows_fit_their_schemas", "campaigns: a row does not fit its schema"),
}


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What the suite says of each: mistake -> test -> message, from one run of all."""
    report = tmp_path_factory.mktemp("mistakes") / "report.xml"
    wanted = " or ".join(f"(Test{mistake} and {test})" for mistake, (test, _) in MISTAKES.items())
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", "-k", f"TestNothingWrong or {wanted}"]
    run = [sys.executable, "-m", "pytest", *options, str(HERE / "wrong_taps.py")]
    environment = {**os.environ, "GOLDEN": "update"}
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
    assert report.exists(), done.stdout + done.stderr
    found: dict[str, dict[str, str]] = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        told = found.setdefault(case.get("classname", "").rpartition(".Test")[2], {})
        for failure in (*case.iter("failure"), *case.iter("error")):
            told[case.get("name", "")] = f"{failure.get('message')}\n{failure.text}"
    return found


def test_a_right_tap_passes(failures: dict[str, dict[str, str]]) -> None:
    assert failures["NothingWrong"] == {}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_named(failures: dict[str, dict[str, str]], mistake: str) -> None:
    test, words = MISTAKES[mistake]
    assert test in failures[mistake], f"only these failed: {sorted(failures[mistake])}"
    assert words in failures[mistake][test]
