"""Daily figures by place, person, topic and page: views, whose figures need not add up to those of their campaigns."""

from __future__ import annotations

from tap_google_ads._facts import select
from tap_google_ads._stream import batches, schema
from tap_google_ads.reports import DAYS, METRICS, Performance

__all__ = [
    "AgeRanges",
    "DisplayKeywords",
    "Genders",
    "Geography",
    "LandingPages",
    "ManagedPlacements",
    "Topics",
    "UserLocations",
]

_GEOGRAPHIC = (
    "campaign.id",
    "geographic_view.country_criterion_id",
    "geographic_view.location_type",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "geographic_view.resource_name",
    *METRICS,
)
_AGE_RANGE = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "age_range_view.resource_name",
    "ad_group_criterion.age_range.type",
    *METRICS,
)
_GENDER = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "gender_view.resource_name",
    "ad_group_criterion.gender.type",
    *METRICS,
)
_USER_LOCATION = (
    "campaign.id",
    "user_location_view.resource_name",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "user_location_view.country_criterion_id",
    "user_location_view.targeting_location",
    *METRICS,
)
_DISPLAY_KEYWORD = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "display_keyword_view.resource_name",
    "ad_group_criterion.keyword.text",
    "ad_group_criterion.keyword.match_type",
    *METRICS,
)
_TOPIC = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "topic_view.resource_name",
    "ad_group_criterion.topic.topic_constant",
    "ad_group_criterion.topic.path",
    *METRICS,
)
_PLACEMENT = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "managed_placement_view.resource_name",
    "ad_group_criterion.placement.url",
    *METRICS,
)
_LANDING_PAGE = (
    "ad_group.id",
    "landing_page_view.resource_name",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "landing_page_view.unexpanded_final_url",
    *METRICS,
)


class Geography(Performance):
    """Daily figures by country."""

    name = "geographic_report"
    primary_keys = (
        "campaign_id",
        "geographic_view_country_criterion_id",
        "geographic_view_location_type",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_GEOGRAPHIC, _GEOGRAPHIC[:6])
    records = batches(_GEOGRAPHIC)
    body = select(_GEOGRAPHIC, "geographic_view", DAYS)


class AgeRanges(Performance):
    """Daily figures by age."""

    name = "age_range_report"
    primary_keys = (
        "ad_group_id",
        "ad_group_criterion_criterion_id",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_AGE_RANGE, _AGE_RANGE[:5])
    records = batches(_AGE_RANGE)
    body = select(_AGE_RANGE, "age_range_view", DAYS)


class Genders(Performance):
    """Daily figures by gender."""

    name = "gender_report"
    primary_keys = (
        "ad_group_id",
        "ad_group_criterion_criterion_id",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_GENDER, _GENDER[:5])
    records = batches(_GENDER)
    body = select(_GENDER, "gender_view", DAYS)


class UserLocations(Performance):
    """Daily figures by the country where people were."""

    name = "user_location_report"
    primary_keys = (
        "campaign_id",
        "user_location_view_resource_name",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_USER_LOCATION, _USER_LOCATION[:5])
    records = batches(_USER_LOCATION)
    body = select(_USER_LOCATION, "user_location_view", DAYS)


class DisplayKeywords(Performance):
    """Daily figures of every keyword of the display network."""

    name = "display_keyword_report"
    primary_keys = (
        "ad_group_id",
        "ad_group_criterion_criterion_id",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_DISPLAY_KEYWORD, _DISPLAY_KEYWORD[:5])
    records = batches(_DISPLAY_KEYWORD)
    body = select(_DISPLAY_KEYWORD, "display_keyword_view", DAYS)


class Topics(Performance):
    """Daily figures of every topic that an ad group targets."""

    name = "topic_report"
    primary_keys = (
        "ad_group_id",
        "ad_group_criterion_criterion_id",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_TOPIC, _TOPIC[:5])
    records = batches(_TOPIC)
    body = select(_TOPIC, "topic_view", DAYS)


class ManagedPlacements(Performance):
    """Daily figures of every site, app or channel that an ad group targets."""

    name = "managed_placement_report"
    primary_keys = (
        "ad_group_id",
        "ad_group_criterion_criterion_id",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_PLACEMENT, _PLACEMENT[:5])
    records = batches(_PLACEMENT)
    body = select(_PLACEMENT, "managed_placement_view", DAYS)


class LandingPages(Performance):
    """Daily figures of every page that ads lead to, in each ad group."""

    name = "landing_page_report"
    primary_keys = (
        "ad_group_id",
        "landing_page_view_resource_name",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_LANDING_PAGE, _LANDING_PAGE[:5])
    records = batches(_LANDING_PAGE)
    body = select(_LANDING_PAGE, "landing_page_view", DAYS)
