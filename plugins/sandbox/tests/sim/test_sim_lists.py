"""The lists: pages, bookmarks, filters, and data that breaks careless file formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests
    from conftest import Api, Login, Start


ALL = "ACTIVE,PAUSED,ARCHIVED,DRAFT,DELETED_DRAFT"


def code(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def big_board(api: Api) -> dict[str, Any]:
    return max(api.walk("/boards"), key=lambda board: board["pin_count"])


def test_every_page_size_gives_the_same_items(api: Api, big_board: dict[str, Any]) -> None:
    path = f"/boards/{big_board['id']}/pins"
    all_at_once = api.walk(path, page_size=250)
    assert len(all_at_once) == big_board["pin_count"] > 250
    assert api.walk(path, page_size=7) == all_at_once
    assert api.walk(path) == all_at_once


def test_the_default_page_has_25_items(api: Api, big_board: dict[str, Any]) -> None:
    assert len(api.get(f"/boards/{big_board['id']}/pins").json()["items"]) == 25


def test_empty_pages_come_in_the_middle_and_only_a_null_bookmark_ends(api: Api, big_board: dict[str, Any]) -> None:
    pages = list(api.pages(f"/boards/{big_board['id']}/pins", page_size=10))
    sizes = [len(page["items"]) for page in pages]
    assert 0 in sizes[1:-1]
    assert sizes[0] > 0
    assert sizes[-1] > 0
    assert [page["bookmark"] is None for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("size", ["0", "251", "-1", "3e", ""])
def test_a_page_size_out_of_range_is_refused(api: Api, size: str) -> None:
    assert code(api.get("/boards", page_size=size)) == (400, 1)


def test_a_bookmark_belongs_to_its_query(api: Api, big_board: dict[str, Any], other: Login) -> None:
    bookmark = api.get(f"/boards/{big_board['id']}/pins", page_size=1).json()["bookmark"]
    account = api.accounts()[0]
    assert code(api.get(f"/ad_accounts/{account}/ads", bookmark=bookmark)) == (400, 1)
    assert code(api.get(f"/boards/{big_board['id']}/pins", bookmark=bookmark, ad_account_id=account)) == (400, 1)
    assert code(api.get(f"/boards/{big_board['id']}/pins", bookmark=bookmark[:-2])) == (400, 1)
    assert code(api.get(f"/boards/{big_board['id']}/pins", bookmark="made up")) == (400, 1)
    assert api.get(f"/boards/{big_board['id']}/pins", page_size=50, bookmark=bookmark).status_code == 200


def test_the_order_can_be_turned(api: Api) -> None:
    ids = [pin["id"] for pin in api.walk("/ad_accounts")]
    account = ids[0]
    up = [ad["id"] for ad in api.walk(f"/ad_accounts/{account}/ads", page_size=3)]
    down = [ad["id"] for ad in api.walk(f"/ad_accounts/{account}/ads", page_size=3, order="DESCENDING")]
    assert up == sorted(up, key=int)
    assert down == up[::-1]
    assert code(api.get(f"/ad_accounts/{account}/ads", order="RANDOM")) == (400, 1)


def test_archived_entities_come_only_when_asked_for(api: Api) -> None:
    asked = set()
    for account in api.accounts():
        for kind in ("campaigns", "ad_groups", "ads"):
            path = f"/ad_accounts/{account}/{kind}"
            assert "ARCHIVED" not in {item["status"] for item in api.walk(path)}
            every = api.walk(path, entity_statuses=ALL)
            assert api.walk(path, entity_statuses=ALL.split(",")) == every
            asked |= {(kind, item["status"]) for item in every}
    assert {("campaigns", "ACTIVE"), ("campaigns", "ARCHIVED"), ("ads", "PAUSED")} <= asked
    assert code(api.get(path, entity_statuses="DEAD")) == (400, 1)


def test_children_are_filtered_by_their_parents(api: Api) -> None:
    account = api.accounts()[0]
    for group in api.walk(f"/ad_accounts/{account}/ad_groups"):
        ads = api.walk(f"/ad_accounts/{account}/ads", ad_group_ids=group["id"])
        assert all(ad["ad_group_id"] == group["id"] and ad["campaign_id"] == group["campaign_id"] for ad in ads)
    both = {"ad_group_ids": group["id"], "campaign_ids": group["campaign_id"]}
    assert code(api.get(f"/ad_accounts/{account}/ads", **both)) == (400, 400)


def test_keywords_come_by_their_parent_and_without_one_only_the_accounts_own(api: Api) -> None:
    found = {}
    for account in api.accounts():
        path = f"/ad_accounts/{account}/keywords"
        found |= {word["id"]: word for word in api.walk(path)}
        for campaign in api.walk(f"/ad_accounts/{account}/campaigns", entity_statuses=ALL):
            found |= {word["id"]: word for word in api.walk(path, campaign_id=campaign["id"])}
        groups = [group["id"] for group in api.walk(f"/ad_accounts/{account}/ad_groups", entity_statuses=ALL)]
        together = {word["id"]: word for word in api.walk(path, ad_group_ids=",".join(groups))}
        assert together == {word["id"]: word for group in groups for word in api.walk(path, ad_group_id=group)}
        exact = {word["id"] for word in api.walk(path, ad_group_ids=",".join(groups), match_types="EXACT")}
        assert exact == {key for key, word in together.items() if word["match_type"] == "EXACT"}
        found |= together
    assert found.keys() == {row["id"] for row in api.truth("keywords")}
    assert {word["parent_type"] for word in found.values()} == {"ADVERTISER", "CAMPAIGN", "AD_GROUP"}


def test_conversion_tags_come_whole_without_a_bookmark(api: Api) -> None:
    for account in api.accounts():
        assert set(api.get(f"/ad_accounts/{account}/conversion_tags").json()) == {"items"}


def test_unknown_boards_and_sections_are_not_found(api: Api, big_board: dict[str, Any]) -> None:
    assert code(api.get("/boards/1/pins")) == (404, 404)
    assert code(api.get("/boards/1/sections")) == (404, 404)
    assert code(api.get(f"/boards/{big_board['id']}/sections/1/pins")) == (404, 404)
    assert code(api.get("/boards/one/pins")) == (400, 1)


def test_a_list_of_too_many_ids_is_refused(api: Api) -> None:
    account, ids = api.accounts()[0], [str(number) for number in range(251)]
    assert code(api.get(f"/ad_accounts/{account}/campaigns", campaign_ids=",".join(ids))) == (400, 1)
    assert api.get(f"/ad_accounts/{account}/campaigns", campaign_ids=",".join(ids[1:])).status_code == 200
    assert code(api.get(f"/ad_accounts/{account}/campaigns", campaign_ids="1,x")) == (400, 1)


def test_names_hold_every_awkward_character(api: Api) -> None:
    api.clock("2027-06-01T00:00:00Z")  # when everything has been created
    streams = ("campaigns", "ad_groups", "ads", "audiences")
    text = "".join(row["name"] or "" for stream in streams for row in api.truth(stream))
    for awkward in ('"', ",", "\n", "\\N", "'", "\t", "🎁", "節", "ع", ";"):
        assert awkward in text
    assert None in [row["name"] for row in api.truth("ads")]
    assert "" in [row["description"] for row in api.truth("audiences")]


def test_ids_are_text_of_digits_and_money_is_whole_micros(api: Api) -> None:
    account = api.accounts()[0]
    for campaign in api.walk(f"/ad_accounts/{account}/campaigns"):
        assert campaign["id"].isdigit()
        assert campaign["ad_account_id"] == account
        assert isinstance(campaign["daily_spend_cap"], int)
    assert isinstance(api.walk(f"/ad_accounts/{account}/ad_groups")[0]["targeting_spec"]["GENDER"], list)


def test_an_entity_changes_only_together_with_its_updated_time(api: Api) -> None:
    before, changed = {}, 0
    for day in range(1, 15):
        api.clock(f"2026-11-{day:02}T12:00:00Z")
        for row in api.truth("ads") + api.truth("campaigns") + api.truth("ad_groups"):
            old = before.get(row["id"])
            if old and row != old:
                assert row["updated_time"] > old["updated_time"]
                changed += 1
            before[row["id"]] = row
    assert changed > 5


def test_scale_multiplies_the_data(start: Start) -> None:
    small, large = start(), start(scale=4)
    assert len(large.truth("ads")) > 2 * len(small.truth("ads"))
    assert len(large.truth("ad_accounts")) == len(small.truth("ad_accounts"))
