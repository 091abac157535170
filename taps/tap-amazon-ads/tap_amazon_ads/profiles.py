"""Which profiles the user may see, and what the lists of each share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from dif_kit.decode import Cells, JsonRecords, Words
from dif_kit.paging import Cursor
from dif_kit.tap import Choices, Stream

from tap_amazon_ads._facts import CALLS, HOSTS, OF_PROFILE, REGIONS, VERDICTS, listed

if TYPE_CHECKING:
    from dif_kit.budget import Budget

__all__ = ["STATES", "AmazonAdsStream", "ListedByPost", "OfProfile", "Portfolios", "Profiles", "listed_by_post"]

#: All of them: what is archived has figures, and without a word it is left out.
STATES: Final = ("ENABLED", "PAUSED", "ARCHIVED")


class AmazonAdsStream(Stream):
    """What every stream shares: the host is that of the profile's region."""

    service = "{region}"
    hosts = HOSTS
    budgets: ClassVar[tuple[Budget, ...]] = (CALLS,)
    verdicts = VERDICTS


class Profiles(AmazonAdsStream):
    """Profiles of sellers and vendors: an advertiser in a marketplace, with its currency and time zone.

    Agencies' profiles are for the DSP, and refuse all that is read here. `region` is where the marketplace is.
    """

    name = "profiles"
    path = "/v2/profiles"
    params = {"profileTypeFilter": "seller,vendor"}
    ids = Choices(setting="regions", size=1, hole="region", joined_by="")
    records = Cells(JsonRecords(), words=(Words("countryCode", REGIONS, "region"),))
    primary_keys = ("profileId",)
    schema = listed("profiles", "profileId")
    context_keys = {"profile_id": "profileId", "region": "region", "zone": "timezone", "currency": "currencyCode"}
    restricted_by = "profile_ids"


class OfProfile(AmazonAdsStream):
    """What the lists of one profile share: the header that says which."""

    budgets: ClassVar[tuple[Budget, ...]] = (CALLS, OF_PROFILE)
    headers: ClassVar[dict[str, str]] = {"Amazon-Advertising-API-Scope": "{profile_id}"}
    parent_stream_type: type[Stream] = Profiles
    context_columns = {"profileId": "profile_id"}


class ListedByPost(OfProfile):
    """Lists that are asked for in a body, page by page.

    100 rows a page: more are taken by some lists and refused by others. Extended data are left out, for such requests
    count five times: https://advertising.amazon.com/API/docs/en-us/reference/concepts/rate-limiting (read 2026-11).
    """

    method = "POST"
    body: ClassVar[Any] = {"stateFilter": {"include": list(STATES)}}
    paging = Cursor("nextToken", "nextToken", ("maxResults", 100), place="body")


def listed_by_post(
    name: str,
    said: tuple[str, str, str, str, str],
    place: str,
    *,
    version: int,
    is_optional: bool = False,
    has_states: bool = True,
) -> type[ListedByPost]:
    """A list with a media type of its own.

    ``said`` are its meaning, its path below ``place``, the word in its media type, where its rows are, the id in them.
    An answer may lack the rows of one that ``is_optional``; one without states is asked for whole.
    """
    meaning, path, kind, records, key = said
    media = f"application/vnd.{kind}.v{version}+json"
    keys = ("profileId", key)
    facts: dict[str, Any] = {
        "name": name,
        "__module__": __name__,
        "__doc__": meaning,
        "path": f"{place}/{path}/list",
        "headers": {**ListedByPost.headers, "Content-Type": media, "Accept": media},
        "records": JsonRecords(records, optional=is_optional),
        "primary_keys": keys,
        "schema": listed(name, *keys),
        "body": ListedByPost.body if has_states else {},
    }
    return type(name.title().replace("_", ""), (ListedByPost,), facts)


class Portfolios(ListedByPost):
    """Portfolios of a profile: groups of campaigns, with a budget perhaps."""

    name = "portfolios"
    path = "/portfolios/list"
    body = {"stateFilter": {"include": list(STATES)}, "includeExtendedDataFields": True}
    paging = Cursor("nextToken", "nextToken", place="body")
    records = JsonRecords("portfolios")
    primary_keys = ("profileId", "portfolioId")
    schema = listed("portfolios", *primary_keys)
