"""Customers and what there is in them, read whole."""

from __future__ import annotations

from dif_kit.decode import Distinct

from tap_google_ads._facts import OF_CUSTOMER, OPERATIONS, select
from tap_google_ads._stream import GoogleAdsStream, batches, schema

__all__ = [
    "Accounts",
    "AdGroups",
    "Ads",
    "BiddingStrategies",
    "CampaignBudgets",
    "Campaigns",
    "ConversionActions",
    "CustomerClients",
    "Customers",
    "Entity",
]

_CLIENT = (
    "customer_client.id",
    "customer_client.level",
    "customer_client.resource_name",
    "customer_client.client_customer",
    "customer_client.descriptive_name",
    "customer_client.currency_code",
    "customer_client.time_zone",
    "customer_client.status",
    "customer_client.manager",
    "customer_client.test_account",
    "customer_client.hidden",
    "customer_client.applied_labels",
)
_CUSTOMER = (
    "customer.id",
    "customer.resource_name",
    "customer.descriptive_name",
    "customer.currency_code",
    "customer.time_zone",
    "customer.status",
    "customer.tracking_url_template",
    "customer.final_url_suffix",
    "customer.auto_tagging_enabled",
    "customer.manager",
    "customer.test_account",
    "customer.has_partners_badge",
    "customer.optimization_score",
)
_CAMPAIGN = (
    "campaign.id",
    "customer.id",
    "campaign.resource_name",
    "campaign.name",
    "campaign.status",
    "campaign.serving_status",
    "campaign.primary_status",
    "campaign.advertising_channel_type",
    "campaign.advertising_channel_sub_type",
    "campaign.bidding_strategy_type",
    "campaign.bidding_strategy",
    "campaign.campaign_budget",
    "campaign.base_campaign",
    "campaign.experiment_type",
    "campaign.ad_serving_optimization_status",
    "campaign.payment_mode",
    "campaign.tracking_url_template",
    "campaign.final_url_suffix",
    "campaign.labels",
    "campaign.optimization_score",
)
_BIDDING_STRATEGY = (
    "bidding_strategy.id",
    "customer.id",
    "bidding_strategy.campaign_count",
    "bidding_strategy.non_removed_campaign_count",
    "bidding_strategy.aligned_campaign_budget_id",
    "bidding_strategy.target_cpa.target_cpa_micros",
    "bidding_strategy.target_roas.target_roas",
    "bidding_strategy.resource_name",
    "bidding_strategy.name",
    "bidding_strategy.status",
    "bidding_strategy.type",
    "bidding_strategy.currency_code",
    "bidding_strategy.effective_currency_code",
)
_CAMPAIGN_BUDGET = (
    "campaign_budget.id",
    "customer.id",
    "campaign_budget.amount_micros",
    "campaign_budget.total_amount_micros",
    "campaign_budget.recommended_budget_amount_micros",
    "campaign_budget.reference_count",
    "campaign_budget.resource_name",
    "campaign_budget.name",
    "campaign_budget.status",
    "campaign_budget.period",
    "campaign_budget.type",
    "campaign_budget.delivery_method",
    "campaign_budget.explicitly_shared",
    "campaign_budget.has_recommended_budget",
)
_AD_GROUP = (
    "ad_group.id",
    "customer.id",
    "ad_group.cpc_bid_micros",
    "ad_group.cpm_bid_micros",
    "ad_group.cpv_bid_micros",
    "ad_group.target_cpa_micros",
    "ad_group.effective_target_cpa_micros",
    "ad_group.target_roas",
    "ad_group.effective_target_roas",
    "ad_group.resource_name",
    "ad_group.name",
    "ad_group.status",
    "ad_group.type",
    "ad_group.campaign",
    "ad_group.base_ad_group",
    "ad_group.ad_rotation_mode",
    "ad_group.tracking_url_template",
    "ad_group.final_url_suffix",
    "ad_group.labels",
)
_AD_GROUP_AD = (
    "ad_group.id",
    "ad_group_ad.ad.id",
    "customer.id",
    "ad_group_ad.resource_name",
    "ad_group_ad.ad_group",
    "ad_group_ad.status",
    "ad_group_ad.ad_strength",
    "ad_group_ad.ad.resource_name",
    "ad_group_ad.ad.name",
    "ad_group_ad.ad.type",
    "ad_group_ad.ad.display_url",
    "ad_group_ad.ad.device_preference",
    "ad_group_ad.ad.tracking_url_template",
    "ad_group_ad.ad.final_url_suffix",
    "ad_group_ad.policy_summary.approval_status",
    "ad_group_ad.policy_summary.review_status",
    "ad_group_ad.ad.added_by_google_ads",
    "ad_group_ad.labels",
    "ad_group_ad.ad.final_urls",
    "ad_group_ad.ad.final_mobile_urls",
)
_CONVERSION_ACTION = (
    "conversion_action.resource_name",
    "customer.id",
    "conversion_action.id",
    "conversion_action.click_through_lookback_window_days",
    "conversion_action.view_through_lookback_window_days",
    "conversion_action.name",
    "conversion_action.status",
    "conversion_action.type",
    "conversion_action.category",
    "conversion_action.origin",
    "conversion_action.counting_type",
    "conversion_action.owner_customer",
    "conversion_action.attribution_model_settings.attribution_model",
    "conversion_action.primary_for_goal",
    "conversion_action.include_in_conversions_metric",
    "conversion_action.value_settings.default_value",
)


class CustomerClients(GoogleAdsStream):
    """The manager itself and every customer below it, other managers and closed ones included.

    A customer is one row, however many managers lead to it.
    """

    name = "customer_client"
    primary_keys = ("customer_client_id",)
    schema = schema(_CLIENT, _CLIENT[:1])
    records = Distinct(batches(_CLIENT), ("customer_client_id",))
    body = select(_CLIENT, "customer_client")
    path = "/customers/{config.login_customer_id}/googleAds:searchStream"


class Accounts(GoogleAdsStream):
    """The customers that are read: enabled, and no managers, which have no metrics."""

    name = "account"
    primary_keys = ("customer_client_id",)
    schema = schema(_CLIENT, _CLIENT[:1])
    records = Distinct(batches(_CLIENT), ("customer_client_id",))
    body = select(_CLIENT, "customer_client", "customer_client.manager = FALSE", "customer_client.status = 'ENABLED'")
    path = "/customers/{config.login_customer_id}/googleAds:searchStream"
    context_keys = {"customer_id": "customer_client_id", "time_zone": "customer_client_time_zone"}
    restricted_by = "customer_ids"


class Entity(GoogleAdsStream):
    """What the lists of one customer share. They are read whole in every run: no field tells of each change."""

    parent_stream_type = Accounts
    budgets = (OPERATIONS, OF_CUSTOMER)


class Customers(Entity):
    """The customer itself, with its currency and its time zone."""

    name = "customer"
    primary_keys = ("customer_id",)
    schema = schema(_CUSTOMER, _CUSTOMER[:1])
    records = batches(_CUSTOMER)
    body = select(_CUSTOMER, "customer")


class Campaigns(Entity):
    """Campaigns, removed ones included."""

    name = "campaign"
    primary_keys = ("campaign_id",)
    schema = schema(_CAMPAIGN, _CAMPAIGN[:1])
    records = batches(_CAMPAIGN)
    body = select(_CAMPAIGN, "campaign")


class CampaignBudgets(Entity):
    """Budgets that campaigns have or share."""

    name = "campaign_budget"
    primary_keys = ("campaign_budget_id",)
    schema = schema(_CAMPAIGN_BUDGET, _CAMPAIGN_BUDGET[:1])
    records = batches(_CAMPAIGN_BUDGET)
    body = select(_CAMPAIGN_BUDGET, "campaign_budget")


class BiddingStrategies(Entity):
    """Bidding strategies that campaigns share."""

    name = "bidding_strategy"
    primary_keys = ("bidding_strategy_id",)
    schema = schema(_BIDDING_STRATEGY, _BIDDING_STRATEGY[:1])
    records = batches(_BIDDING_STRATEGY)
    body = select(_BIDDING_STRATEGY, "bidding_strategy")


class AdGroups(Entity):
    """Ad groups, removed ones included."""

    name = "ad_group"
    primary_keys = ("ad_group_id",)
    schema = schema(_AD_GROUP, _AD_GROUP[:1])
    records = batches(_AD_GROUP)
    body = select(_AD_GROUP, "ad_group")


class Ads(Entity):
    """Ads in their ad groups, removed ones included."""

    name = "ad_group_ad"
    primary_keys = ("ad_group_id", "ad_group_ad_ad_id")
    schema = schema(_AD_GROUP_AD, _AD_GROUP_AD[:2])
    records = batches(_AD_GROUP_AD)
    body = select(_AD_GROUP_AD, "ad_group_ad")


class ConversionActions(Entity):
    """What counts as a conversion."""

    name = "conversion_action"
    primary_keys = ("conversion_action_resource_name",)
    schema = schema(_CONVERSION_ACTION, _CONVERSION_ACTION[:1])
    records = batches(_CONVERSION_ACTION)
    body = select(_CONVERSION_ACTION, "conversion_action")
