"""Labels, and what bears them."""

from __future__ import annotations

from tap_google_ads._facts import select
from tap_google_ads._stream import batches, schema
from tap_google_ads.lists import Entity

__all__ = ["AdGroupLabels", "AdLabels", "CampaignLabels", "CriterionLabels", "CustomerLabels", "Labels"]

_LABEL = (
    "label.resource_name",
    "customer.id",
    "label.id",
    "label.name",
    "label.status",
    "label.text_label.background_color",
    "label.text_label.description",
)
_CUSTOMER_LABEL = (
    "customer_label.resource_name",
    "customer.id",
    "customer_label.customer",
    "customer_label.label",
)
_CAMPAIGN_LABEL = (
    "campaign_label.resource_name",
    "customer.id",
    "campaign_label.campaign",
    "campaign_label.label",
)
_AD_GROUP_LABEL = (
    "ad_group_label.resource_name",
    "customer.id",
    "ad_group_label.ad_group",
    "ad_group_label.label",
)
_AD_GROUP_AD_LABEL = (
    "ad_group_ad_label.resource_name",
    "customer.id",
    "ad_group_ad_label.ad_group_ad",
    "ad_group_ad_label.label",
)
_AD_GROUP_CRITERION_LABEL = (
    "ad_group_criterion_label.resource_name",
    "customer.id",
    "ad_group_criterion_label.ad_group_criterion",
    "ad_group_criterion_label.label",
)


class Labels(Entity):
    """Labels of a customer."""

    name = "label"
    primary_keys = ("label_resource_name",)
    schema = schema(_LABEL, _LABEL[:1])
    records = batches(_LABEL)
    body = select(_LABEL, "label")


class CustomerLabels(Entity):
    """Which labels the customer has."""

    name = "customer_label"
    primary_keys = ("customer_label_resource_name",)
    schema = schema(_CUSTOMER_LABEL, _CUSTOMER_LABEL[:1])
    records = batches(_CUSTOMER_LABEL)
    body = select(_CUSTOMER_LABEL, "customer_label")


class CampaignLabels(Entity):
    """Which campaigns have which labels."""

    name = "campaign_label"
    primary_keys = ("campaign_label_resource_name",)
    schema = schema(_CAMPAIGN_LABEL, _CAMPAIGN_LABEL[:1])
    records = batches(_CAMPAIGN_LABEL)
    body = select(_CAMPAIGN_LABEL, "campaign_label")


class AdGroupLabels(Entity):
    """Which ad groups have which labels."""

    name = "ad_group_label"
    primary_keys = ("ad_group_label_resource_name",)
    schema = schema(_AD_GROUP_LABEL, _AD_GROUP_LABEL[:1])
    records = batches(_AD_GROUP_LABEL)
    body = select(_AD_GROUP_LABEL, "ad_group_label")


class AdLabels(Entity):
    """Which ads have which labels."""

    name = "ad_group_ad_label"
    primary_keys = ("ad_group_ad_label_resource_name",)
    schema = schema(_AD_GROUP_AD_LABEL, _AD_GROUP_AD_LABEL[:1])
    records = batches(_AD_GROUP_AD_LABEL)
    body = select(_AD_GROUP_AD_LABEL, "ad_group_ad_label")


class CriterionLabels(Entity):
    """Which criteria of ad groups have which labels."""

    name = "ad_group_criterion_label"
    primary_keys = ("ad_group_criterion_label_resource_name",)
    schema = schema(_AD_GROUP_CRITERION_LABEL, _AD_GROUP_CRITERION_LABEL[:1])
    records = batches(_AD_GROUP_CRITERION_LABEL)
    body = select(_AD_GROUP_CRITERION_LABEL, "ad_group_criterion_label")
