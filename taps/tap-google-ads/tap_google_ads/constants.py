"""What is the same for every customer: long lists, read once, by whoever logs in."""

from __future__ import annotations

from tap_google_ads._facts import select
from tap_google_ads._stream import PagedStream, pages, schema

__all__ = ["Constants", "GeoTargets", "UserInterests"]

_GEO_TARGET = (
    "geo_target_constant.id",
    "geo_target_constant.resource_name",
    "geo_target_constant.name",
    "geo_target_constant.country_code",
    "geo_target_constant.target_type",
    "geo_target_constant.status",
    "geo_target_constant.canonical_name",
    "geo_target_constant.parent_geo_target",
)
_USER_INTEREST = (
    "user_interest.user_interest_id",
    "user_interest.resource_name",
    "user_interest.name",
    "user_interest.taxonomy_type",
    "user_interest.user_interest_parent",
    "user_interest.launched_to_all",
)


class Constants(PagedStream):
    """What they share: they hang from no customer, but have to be asked for through one."""

    path = "/customers/{config.login_customer_id}/googleAds:search"


class GeoTargets(Constants):
    """Places: what the criterion ids of locations mean."""

    name = "geo_target_constant"
    primary_keys = ("geo_target_constant_id",)
    schema = schema(_GEO_TARGET, _GEO_TARGET[:1])
    records = pages(_GEO_TARGET)
    body = select(_GEO_TARGET, "geo_target_constant")


class UserInterests(Constants):
    """Interests that criteria may target."""

    name = "user_interest"
    primary_keys = ("user_interest_user_interest_id",)
    schema = schema(_USER_INTEREST, _USER_INTEREST[:1])
    records = pages(_USER_INTEREST)
    body = select(_USER_INTEREST, "user_interest")
