"""Ad accounts and what there is in them, read whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.decode import Digested, JsonRecords, Picked
from dif_kit.tap import Choices, Stream, schema_of

from tap_meta._facts import ADS_MANAGEMENT, APP, FIELDS, PAGES, STATUSES, VERDICTS, fields_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.budget import Budget

__all__ = [
    "Activities",
    "AdAccounts",
    "AdCreatives",
    "AdLabels",
    "AdSets",
    "Ads",
    "Campaigns",
    "CustomAudiences",
    "CustomConversions",
    "Images",
    "Pixels",
    "SavedAudiences",
    "Videos",
]


def _rows(node: str) -> Picked:
    """The objects below `data`. Amounts, in the currency's smallest unit, come as text."""
    known = FIELDS[node]
    whole = frozenset(name for name, column in known.items() if "integer" in column["type"])
    return Picked(JsonRecords("data"), {name: name for name in known}, whole)


def _schema(node: str, keys: Sequence[str] = ("id",)) -> dict[str, Any]:
    account = {} if node == "ad_accounts" else {"account_id": {"type": ["string", "null"]}}
    digest = {"event_digest": {"type": ["string", "null"]}} if node == "activities" else {}
    known = {**digest, **account, **FIELDS[node]}
    return schema_of(known, known, keys=keys)


def _asked(node: str, **more: str) -> dict[str, str]:
    return {"fields": fields_of(FIELDS[node]), **more}


class MetaStream(Stream):
    """What every list shares: objects below `data`, a cursor that leads to the next page."""

    paging = PAGES
    budgets: ClassVar[tuple[Budget, ...]] = (APP, ADS_MANAGEMENT)
    verdicts = VERDICTS
    primary_keys: Sequence[str] = ("id",)


class AdAccounts(MetaStream):
    """Ad accounts: those that the signing user was given, or those that businesses own or work for."""

    name = "ad_accounts"
    path = "/{account_list:path}"
    ids = Choices(setting="account_lists", size=1, hole="account_list", joined_by=",")
    is_distinct = True
    budgets = (APP,)
    primary_keys = ("account_id",)
    schema = _schema(name, primary_keys)
    records = _rows(name)
    params = _asked(name)
    context_keys = {"account_id": "account_id", "timezone_name": "timezone_name"}
    restricted_by = "account_ids"


class Entity(MetaStream):
    """What the lists of one ad account share.

    They are read whole in every run: an effective status, or what is left of a budget, changes without touching
    `updated_time`.
    """

    parent_stream_type = AdAccounts
    context_columns = {"account_id": "account_id"}


class Campaigns(Entity):
    """Campaigns, deleted and archived ones included."""

    name = "campaigns"
    path = "/act_{account_id}/campaigns"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name, effective_status=json.dumps(STATUSES["campaign"]))


class AdSets(Entity):
    """Ad sets, deleted and archived ones included."""

    name = "ad_sets"
    path = "/act_{account_id}/adsets"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name, effective_status=json.dumps(STATUSES["adset"]))


class Ads(Entity):
    """Ads, deleted and archived ones included."""

    name = "ads"
    path = "/act_{account_id}/ads"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name, effective_status=json.dumps(STATUSES["ad"]))


class AdCreatives(Entity):
    """Creatives of an ad account."""

    name = "ad_creatives"
    path = "/act_{account_id}/adcreatives"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class AdLabels(Entity):
    """Labels of an ad account; what bears them says so itself."""

    name = "ad_labels"
    path = "/act_{account_id}/adlabels"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class Images(Entity):
    """Images of an ad account."""

    name = "images"
    path = "/act_{account_id}/adimages"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class Videos(Entity):
    """Videos of an ad account."""

    name = "videos"
    path = "/act_{account_id}/advideos"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class CustomAudiences(Entity):
    """Custom audiences of an ad account, lookalikes among them."""

    name = "custom_audiences"
    path = "/act_{account_id}/customaudiences"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class SavedAudiences(Entity):
    """Audiences that were saved as a targeting."""

    name = "saved_audiences"
    path = "/act_{account_id}/saved_audiences"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class CustomConversions(Entity):
    """Custom conversions of an ad account; the reports name them `offsite_conversion.custom.<id>`."""

    name = "custom_conversions"
    path = "/act_{account_id}/customconversions"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class Pixels(Entity):
    """Pixels of an ad account."""

    name = "pixels"
    path = "/act_{account_id}/adspixels"
    schema = _schema(name)
    records = _rows(name)
    params = _asked(name)


class Activities(Entity):
    """Who changed what in an ad account. An event has no id of its own: `event_digest` is made of what it says.

    The same may happen in two accounts at once, as where a business takes a user away from both.
    Without `since` Meta tells of the last week only.
    """

    name = "activities"
    path = "/act_{account_id}/activities"
    primary_keys = ("account_id", "event_digest")
    schema = _schema(name, primary_keys)
    records = Digested(_rows(name), "event_digest", ("event_time", "event_type", "actor_id", "object_id", "extra_data"))
    replication_key = "event_time"
    since = True
    first_since = "{config.start_date}"
    params = _asked(name, since="{since}")
