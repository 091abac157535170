"""Whom the user is, which accounts that opens, and what is in them: lists, read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dif_kit.decode import Cells, JsonObject, JsonRecords, Picked, Words
from dif_kit.paging import PageNumber
from dif_kit.tap import IdBatches, Stream, schema_of

from tap_microsoft_ads._facts import CALLS, OF_CUSTOMER, VERDICTS, VERSION, listed
from tap_microsoft_ads._zones import IANA, OF_REPORTS

if TYPE_CHECKING:
    from dif_kit.budget import Budget

__all__ = ["Accounts", "AdGroups", "Ads", "Campaigns", "MicrosoftAdsStream", "OfAccount", "Users"]

_USER = {
    "Id": "User.Id",
    "UserName": "User.UserName",
    "CustomerId": "User.CustomerId",
    "JobTitle": "User.JobTitle",
    "Lcid": "User.Lcid",
    "UserLifeCycleStatus": "User.UserLifeCycleStatus",
    "LastModifiedTime": "User.LastModifiedTime",
}


class MicrosoftAdsStream(Stream):
    """What every list shares: an operation that is asked by POST, of a service with a host of its own."""

    method = "POST"
    budgets: ClassVar[tuple[Budget, ...]] = (CALLS,)
    verdicts = VERDICTS
    primary_keys = ("Id",)


class Users(MicrosoftAdsStream):
    """The user who signs: one row, without names and addresses."""

    name = "users"
    service = "clientcenter"
    path = f"/CustomerManagement/{VERSION}/User/Query"
    body = {"UserId": None}
    records = Picked(JsonObject(), _USER)
    schema = schema_of({column: {"type": ["string", "null"]} for column in _USER}, _USER, keys=("Id",))


class Accounts(MicrosoftAdsStream):
    """Advertiser accounts that the user may see, whichever customer owns them.

    `IanaTimeZone` and `ReportTimeZone` say `TimeZone` as the world and as the Reporting service do.
    """

    name = "accounts"
    service = "clientcenter"
    path = f"/CustomerManagement/{VERSION}/Accounts/Search"
    ids = IdBatches(stream=Users, key="Id", size=1, joined_by="", hole="user_id")
    body = {
        "Predicates": [{"Field": "UserId", "Operator": "Equals", "Value": "{user_id}"}],
        "ReturnAdditionalFields": "TaxCertificate,AccountMode,ParentCustomerNumber",
    }
    paging = PageNumber("PageInfo.Index", ("PageInfo.Size", 1000), start=0, place="body")
    records = Cells(
        JsonRecords("Accounts"),
        words=(Words("TimeZone", IANA, "IanaTimeZone"), Words("TimeZone", OF_REPORTS, "ReportTimeZone")),
    )
    schema = listed("accounts")
    context_keys = {
        "account_id": "Id",
        "customer_id": "ParentCustomerId",
        "zone": "IanaTimeZone",
        "report_zone": "ReportTimeZone",
    }
    restricted_by = "account_ids"


class OfAccount(MicrosoftAdsStream):
    """What the lists of one account share: headers that say which, and whose."""

    service = "campaign"
    budgets: ClassVar[tuple[Budget, ...]] = (CALLS, OF_CUSTOMER)
    headers = {"CustomerId": "{customer_id}", "CustomerAccountId": "{account_id}"}
    parent_stream_type: type[Stream] = Accounts
    context_columns = {"AccountId": "account_id", "CustomerId": "customer_id"}


class Campaigns(OfAccount):
    """Campaigns of an account, of every type: without naming them only those of Search are listed."""

    name = "campaigns"
    path = f"/CampaignManagement/{VERSION}/Campaigns/QueryByAccountId"
    body = {
        "AccountId": "{account_id}",
        "CampaignType": "Search,Shopping,DynamicSearchAds,Audience,Hotel,PerformanceMax,App",
        "ReturnAdditionalFields": (
            "AdScheduleUseSearcherTimeZone,BidStrategyId,CpvCpmBiddingScheme,DynamicDescriptionSetting,"
            "DynamicFeedSetting,MaxConversionValueBiddingScheme,MultimediaAdsBidAdjustment,"
            "TargetImpressionShareBiddingScheme,TargetSetting,VerifiedTrackingSetting"
        ),
    }
    records = JsonRecords("Campaigns")
    schema = listed("campaigns", "AccountId", "CustomerId")
    context_keys = {"campaign_id": "Id"}


class AdGroups(OfAccount):
    """Ad groups of a campaign."""

    name = "ad_groups"
    path = f"/CampaignManagement/{VERSION}/AdGroups/QueryByCampaignId"
    body = {
        "CampaignId": "{campaign_id}",
        "ReturnAdditionalFields": (
            "AdScheduleUseSearcherTimeZone,AdGroupType,CpmBid,CpvBid,MultimediaAdsBidAdjustment,UseOptimizedTargeting"
        ),
    }
    records = JsonRecords("AdGroups")
    parent_stream_type = Campaigns
    context_columns = {**OfAccount.context_columns, "CampaignId": "campaign_id"}
    schema = listed("ad_groups", *context_columns)
    context_keys = {"ad_group_id": "Id"}


class Ads(OfAccount):
    """Ads of an ad group, of every type."""

    name = "ads"
    path = f"/CampaignManagement/{VERSION}/Ads/QueryByAdGroupId"
    body = {
        "AdGroupId": "{ad_group_id}",
        "AdTypes": [
            "AppInstall",
            "DynamicSearch",
            "ExpandedText",
            "Hotel",
            "Image",
            "Product",
            "ResponsiveAd",
            "ResponsiveSearch",
            "Text",
        ],
        "ReturnAdditionalFields": "ImpressionTrackingUrls,Videos,LongHeadlines",
    }
    records = JsonRecords("Ads")
    parent_stream_type = AdGroups
    context_columns = {**AdGroups.context_columns, "AdGroupId": "ad_group_id"}
    schema = listed("ads", *context_columns)
