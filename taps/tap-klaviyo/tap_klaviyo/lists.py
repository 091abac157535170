"""The account and what there is in it, as resources of JSON:API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from dif_kit.decode import JsonApi
from dif_kit.paging import NextUrl, SinglePage
from dif_kit.tap import COLUMN_TYPES, Choices, Stream, schema_of

from tap_klaviyo._facts import FIELDS, HEADERS, VERDICTS, tier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_kit.decode import Decoder
    from dif_kit.paging import Paging

__all__ = ["LISTS", "AccountStream", "Accounts", "Metrics"]

_OF_ACCOUNT: Final = ("account_id", "id")
# A filter by channel is mandatory, and archived campaigns are asked for by themselves.
# https://developers.klaviyo.com/en/reference/get_campaigns (2026-07-15)
_CHANNELS: Final = Choices(
    setting="campaign_channels",
    size=1,
    hole="campaigns",
    joined_by="",
    forms=(
        "and(equals(messages.channel,'{}'),equals(archived,false))",
        "and(equals(messages.channel,'{}'),equals(archived,true))",
    ),
)


def _schema(name: str, keys: Sequence[str] = _OF_ACCOUNT) -> dict[str, Any]:
    known = {**dict.fromkeys((*keys, "id"), COLUMN_TYPES["string"]), **FIELDS[name]}
    return schema_of(known, known, keys=keys)


def _pages(size: int) -> NextUrl:
    """Pages of so many resources, the most that an endpoint takes; pages in the middle may be empty."""
    return NextUrl("links.next", ("page[size]", size))


class KlaviyoStream(Stream):
    """What every list shares: resources, and the address of the next page beside them."""

    headers = HEADERS
    verdicts = VERDICTS
    records: ClassVar[str | Decoder] = JsonApi()
    paging: ClassVar[Paging] = NextUrl("links.next")
    primary_keys: Sequence[str] = _OF_ACCOUNT


class Accounts(KlaviyoStream):
    """The account that the key belongs to: one row."""

    name = "accounts"
    path = "/accounts"
    budgets = tier("accounts", "XS")
    paging = SinglePage()
    primary_keys = ("id",)
    schema = _schema(name, primary_keys)
    context_keys = {"account_id": "id", "timezone": "timezone"}


class AccountStream(KlaviyoStream):
    """What the lists of the account share: read whole in every run, where nothing else is said."""

    parent_stream_type: type[Stream] = Accounts
    context_columns: ClassVar[Mapping[str, str]] = {"account_id": "account_id"}


class Campaigns(AccountStream):
    """Campaigns of the channels that are set, archived ones included."""

    name = "campaigns"
    path = "/campaigns"
    budgets = tier("campaigns", "M")
    ids = _CHANNELS
    params = {"filter": "{campaigns}", "sort": "id"}
    paging = _pages(100)
    records = JsonApi({"campaign-messages": "campaign_message_ids", "tags": "tag_ids"})
    schema = _schema(name)


class CampaignMessages(AccountStream):
    """Messages of the campaigns, which a hundred campaigns bring with them in one document."""

    name = "campaign_messages"
    path = "/campaigns"
    budgets = tier("campaigns", "M")
    ids = _CHANNELS
    params = {"filter": "{campaigns}", "sort": "id", "include": "campaign-messages"}
    paging = _pages(100)
    records = JsonApi(
        {"template": "template_id", "image": "image_id"}, through="campaign-messages", owner="campaign_id"
    )
    schema = _schema(name)


class Flows(AccountStream):
    """Flows, archived ones included."""

    name = "flows"
    path = "/flows"
    budgets = tier("flows", "S")
    params = {"sort": "id"}
    paging = _pages(50)
    records = JsonApi({"flow-actions": "flow_action_ids", "tags": "tag_ids"})
    schema = _schema(name)
    context_keys = {"flow_id": "id"}


class FlowActions(AccountStream):
    """Actions of a flow."""

    name = "flow_actions"
    path = "/flows/{flow_id}/flow-actions"
    parent_stream_type = Flows
    context_columns = {"account_id": "account_id", "flow_id": "flow_id"}
    budgets = tier("flow-actions", "S")
    paging = _pages(50)
    records = JsonApi({"flow-messages": "flow_message_ids"})
    schema = _schema(name)
    context_keys = {"flow_action_id": "id"}


class FlowMessages(AccountStream):
    """Messages of an action of a flow; actions that send nothing have none."""

    name = "flow_messages"
    path = "/flow-actions/{flow_action_id}/flow-messages"
    parent_stream_type = FlowActions
    context_columns = {"account_id": "account_id", "flow_id": "flow_id", "flow_action_id": "flow_action_id"}
    budgets = tier("flow-messages", "S")
    paging = _pages(50)
    records = JsonApi({"template": "template_id"})
    schema = _schema(name)


class Lists(AccountStream):
    """Lists of profiles."""

    name = "lists"
    path = "/lists"
    budgets = tier("lists", "L")
    paging = _pages(10)
    records = JsonApi({"tags": "tag_ids"})
    schema = _schema(name)
    context_keys = {"list_id": "id"}


class ListSizes(AccountStream):
    """How many profiles are in a list now: a request each, of which there may be fifteen a minute."""

    name = "list_sizes"
    path = "/lists/{list_id}"
    parent_stream_type = Lists
    params = {"additional-fields[list]": "profile_count", "fields[list]": "name,profile_count"}
    budgets = tier("list", "XS")  # L, but for the count
    paging = SinglePage()
    schema = _schema(name)


class ListMembers(AccountStream):
    """Who is in a list, by the id of the profile, and since when."""

    name = "list_members"
    path = "/lists/{list_id}/profiles"
    parent_stream_type = Lists
    context_columns = {"account_id": "account_id", "list_id": "list_id"}
    params = {"fields[profile]": "joined_group_at"}
    budgets = tier("list-profiles", "L")
    paging = _pages(100)
    primary_keys = ("account_id", "list_id", "id")
    schema = _schema(name, primary_keys)


class Segments(AccountStream):
    """Segments of profiles."""

    name = "segments"
    path = "/segments"
    budgets = tier("segments", "L")
    paging = _pages(10)
    records = JsonApi({"tags": "tag_ids"})
    schema = _schema(name)
    context_keys = {"segment_id": "id"}


class SegmentSizes(AccountStream):
    """How many profiles are in a segment now: a request each, of which there may be fifteen a minute."""

    name = "segment_sizes"
    path = "/segments/{segment_id}"
    parent_stream_type = Segments
    params = {"additional-fields[segment]": "profile_count", "fields[segment]": "name,profile_count"}
    budgets = tier("segment", "XS")  # L, but for the count
    paging = SinglePage()
    schema = _schema(name)


class SegmentMembers(AccountStream):
    """Who is in a segment, by the id of the profile, and since when."""

    name = "segment_members"
    path = "/segments/{segment_id}/profiles"
    parent_stream_type = Segments
    context_columns = {"account_id": "account_id", "segment_id": "segment_id"}
    params = {"fields[profile]": "joined_group_at"}
    budgets = tier("segment-profiles", "L")
    paging = _pages(100)
    primary_keys = ("account_id", "segment_id", "id")
    schema = _schema(name, primary_keys)


class Metrics(AccountStream):
    """Metrics: the kinds of events. Their ids are what `conversion_metric_ids` and metric aggregates take."""

    name = "metrics"
    path = "/metrics"
    budgets = tier("metrics", "M")
    schema = _schema(name)


class Templates(AccountStream):
    """Templates of emails."""

    name = "templates"
    path = "/templates"
    budgets = tier("templates", "L")
    paging = _pages(10)
    schema = _schema(name)


class Tags(AccountStream):
    """Tags of campaigns, flows, lists and segments."""

    name = "tags"
    path = "/tags"
    budgets = tier("tags", "S")
    paging = _pages(50)
    records = JsonApi({"tag-group": "tag_group_id"})
    schema = _schema(name)


class Forms(AccountStream):
    """Sign-up forms."""

    name = "forms"
    path = "/forms"
    budgets = tier("forms", "S")
    paging = _pages(100)
    schema = _schema(name)


class Profiles(AccountStream):
    """Profiles with subscriptions and predictions, suppressed ones included: those that changed since the last run.

    Klaviyo filters by "later than" only, so the bookmark moves at the end, when no profile of its second is to come.
    """

    name = "profiles"
    path = "/profiles"
    budgets = tier("profiles", "M")  # L, but for predictions
    params = {
        "filter": "greater-than(updated,{since})",
        "sort": "updated",
        "additional-fields[profile]": "subscriptions,predictive_analytics",
    }
    paging = _pages(100)
    replication_key = "updated"
    since = True
    schema = _schema(name)


class Events(AccountStream):
    """Events by their time, from `start_date` on: opens, clicks, orders and whatever else is a metric.

    One that is told of later than it happened is not seen by the runs that follow.
    """

    name = "events"
    path = "/events"
    budgets = tier("events", "XL")
    params = {"filter": "greater-or-equal(datetime,{since})", "sort": "datetime"}
    paging = _pages(1000)
    records = JsonApi({"profile": "profile_id", "metric": "metric_id"})
    replication_key = "datetime"
    since = True
    first_since = "{config.start_date:.10}T00:00:00Z"
    is_sorted = True
    schema = _schema(name)


LISTS = (
    Accounts, Campaigns, CampaignMessages, Flows, FlowActions, FlowMessages, Lists, ListSizes, ListMembers, Segments,
    SegmentSizes, SegmentMembers, Metrics, Templates, Tags, Forms, Profiles, Events,
)  # fmt: skip
